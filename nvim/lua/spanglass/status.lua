-- What the server last said of itself, and a component for the statusline.

local M = {}

---@type spanglass.Status?
local last

---@param status spanglass.Status?
function M.set(status)
  last = status
  vim.api.nvim_exec_autocmds('User', { pattern = 'SpanglassStatus', modeline = false })
  vim.cmd.redrawstatus({ bang = true })
end

---@return spanglass.Status?
function M.get()
  return last
end

---For a statusline: `spanglass: 544 spans`, empty when no server runs.
---@return string
function M.line()
  if #vim.lsp.get_clients({ name = 'spanglass' }) == 0 then
    return ''
  elseif not last then
    return 'spanglass'
  elseif last.problem then
    return 'spanglass: !'
  elseif last.spans == 0 then
    return 'spanglass: no spans yet'
  end
  return 'spanglass: ' .. require('spanglass.format').count(last.spans, 'span')
end

---What `:Spanglass status` says.
---@param status spanglass.Status
---@return string[]
function M.lines(status)
  local format = require('spanglass.format')
  local lines = {
    'Spanglass: ' .. status.source,
    ('%s received, %d placed on %s'):format(
      format.count(status.spans, 'span'),
      status.placed,
      format.count(status.functions, 'function')
    ),
    ('%s %s'):format(format.count(status.files, 'source file'), status.ready and 'read' or 'read so far'),
  }
  if status.lastSpanUnixMs then
    lines[#lines + 1] = 'last span ' .. format.age(status.lastSpanUnixMs, os.time())
  end
  if status.page then
    lines[#lines + 1] = 'trace page ' .. status.page
  end
  if status.problem then
    table.insert(lines, 1, status.problem)
  end
  return lines
end

return M
