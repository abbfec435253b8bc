-- One trace as a buffer: the server's waterfall, a line a span. <CR> goes to the code, r replays, K tells more.

local M = {}

local namespace = vim.api.nvim_create_namespace('spanglass.view')

---@type table<integer, spanglass.Trace> What each buffer shows.
local shown = {}

---Asks for a trace and shows it; an unknown one is one sentence.
---@param trace_id string
function M.open(trace_id)
  require('spanglass.lsp').request('spanglass/trace', { traceId = trace_id }, M.show)
end

---@param trace spanglass.Trace
function M.show(trace)
  local bufnr = vim.fn.bufadd('spanglass://trace/' .. trace.traceId)
  vim.fn.bufload(bufnr)
  shown[bufnr] = trace
  M.fill(bufnr, trace)
  M.window(bufnr, #trace.rows + 1)
end

---@param bufnr integer
---@param trace spanglass.Trace
function M.fill(bufnr, trace)
  local options = { buftype = 'nofile', bufhidden = 'wipe', swapfile = false, buflisted = false, modifiable = true }
  for option, value in pairs(options) do
    vim.api.nvim_set_option_value(option, value, { buf = bufnr })
  end
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, vim.split(trace.text, '\n'))
  vim.bo[bufnr].modifiable = false
  vim.bo[bufnr].filetype = 'spanglass-trace'
  M.highlight(bufnr, trace)
  local maps = {
    ['<CR>'] = { M.go, 'go to the code of this span' },
    r = { M.replay, 'replay from this span' },
    K = { M.tell, 'say more about this span' },
    q = { M.close, 'close' },
  }
  for key, map in pairs(maps) do
    vim.keymap.set('n', key, map[1], { buffer = bufnr, nowait = true, desc = 'Spanglass: ' .. map[2] })
  end
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    callback = function()
      shown[bufnr] = nil
    end,
  })
end

---The heading, errors, and spans that have no place in the code.
---@param bufnr integer
---@param trace spanglass.Trace
function M.highlight(bufnr, trace)
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  local function paint(line, group)
    vim.api.nvim_buf_set_extmark(bufnr, namespace, line, 0, { line_hl_group = group })
  end
  paint(0, 'Title')
  for i, row in ipairs(trace.rows) do
    if i >= vim.api.nvim_buf_line_count(bufnr) then
      break
    elseif row.error then
      paint(i, 'DiagnosticError')
    elseif not row.location then
      paint(i, 'Comment')
    end
  end
end

---Shows `bufnr` in its window, or in a new one no higher than it needs.
---@param bufnr integer
---@param lines integer
function M.window(bufnr, lines)
  local window = vim.fn.win_findbuf(bufnr)[1]
  if window then
    vim.api.nvim_set_current_win(window)
  else
    vim.cmd(require('spanglass.config').get().trace_window)
    window = vim.api.nvim_get_current_win()
    vim.api.nvim_win_set_buf(window, bufnr)
    if vim.api.nvim_win_get_width(window) == vim.o.columns then
      vim.api.nvim_win_set_height(window, math.min(lines, math.max(8, math.floor(vim.o.lines * 0.4))))
    end
  end
  local options = { wrap = false, number = false, relativenumber = false, cursorline = true, signcolumn = 'no' }
  for option, value in pairs(options) do
    vim.api.nvim_set_option_value(option, value, { win = window, scope = 'local' })
  end
  if vim.fn.line('.', window) == 1 and lines > 1 then
    vim.api.nvim_win_set_cursor(window, { 2, 0 })
  end
end

---The trace of the current buffer and the row at the cursor.
---@return spanglass.Trace? trace
---@return spanglass.TraceRow? row
function M.at_cursor()
  local trace = shown[vim.api.nvim_get_current_buf()]
  return trace, trace and trace.rows[vim.fn.line('.') - 1]
end

function M.go()
  local _, row = M.at_cursor()
  if not row then
    return
  end
  if not row.location then
    vim.notify('Spanglass: no function was found for this span')
    return
  end
  M.reveal(row.location.uri, row.location.line + 1)
end

---Shows a place in the window that was used before the current one, or in another one with a file, or in a new one.
---@param uri string
---@param line integer 1-based; past the end means the last one.
---@return integer window
function M.reveal(uri, line)
  local window = vim.fn.win_getid(vim.fn.winnr('#'))
  if window == 0 or not M.is_ordinary(window) then
    window = vim.tbl_filter(M.is_ordinary, vim.api.nvim_tabpage_list_wins(0))[1] or 0
  end
  if window == 0 then
    vim.cmd('aboveleft split')
    window = vim.api.nvim_get_current_win()
  end
  vim.api.nvim_set_current_win(window)
  local bufnr = vim.uri_to_bufnr(uri)
  vim.bo[bufnr].buflisted = true
  if vim.api.nvim_get_current_buf() ~= bufnr then
    vim.cmd("normal! m'")
    vim.api.nvim_win_set_buf(0, bufnr)
  end
  vim.api.nvim_win_set_cursor(0, { math.min(line, vim.api.nvim_buf_line_count(bufnr)), 0 })
  vim.cmd('normal! zvzz^')
  return vim.api.nvim_get_current_win()
end

---Whether a window shows a file and is no float.
---@param window integer
---@return boolean
function M.is_ordinary(window)
  local floats = vim.api.nvim_win_get_config(window).relative ~= ''
  return not floats and vim.bo[vim.api.nvim_win_get_buf(window)].buftype == ''
end

function M.replay()
  local trace, row = M.at_cursor()
  if trace then
    local target = { traceId = trace.traceId, spanId = row and row.spanId, name = row and row.name }
    require('spanglass.dap').replay(target)
  end
end

---More about the span at the cursor, in a float.
function M.tell()
  local _, row = M.at_cursor()
  if not row then
    return
  end
  local format = require('spanglass.format')
  local lines = {
    ('%s: %s'):format(row.service, row.name),
    ('%s, from %s to %s'):format(
      format.duration(row.durationMs),
      format.duration(row.startMs),
      format.duration(row.startMs + row.durationMs)
    ),
    ('kind %s, span %s'):format(row.kind, row.spanId),
  }
  if row.location then
    local file = vim.fn.fnamemodify(vim.uri_to_fname(row.location.uri), ':.')
    lines[#lines + 1] = ('%s in %s:%d, %s'):format(
      row.location['function'],
      file,
      row.location.line + 1,
      row.confidence
    )
  end
  if row.message then
    vim.list_extend(lines, { '', row.message })
  end
  M.float(vim.tbl_map(format.plain, lines))
end

---Shows lines beside the cursor until it moves. Neovim's own preview fits into its window, which may be of two lines.
---@param lines string[]
function M.float(lines)
  local bufnr = vim.api.nvim_create_buf(false, true)
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].bufhidden = 'wipe'
  local width = 1
  for _, line in ipairs(lines) do
    width = math.max(width, vim.fn.strdisplaywidth(line)) --[[@as integer]]
  end
  local window = vim.api.nvim_open_win(bufnr, false, {
    relative = 'cursor',
    row = 1,
    col = 0,
    width = math.min(width, vim.o.columns - 4),
    height = math.min(#lines, vim.o.lines - 4),
    style = 'minimal',
    border = 'rounded',
    focusable = false,
  })
  vim.wo[window].wrap = true
  vim.api.nvim_create_autocmd({ 'CursorMoved', 'BufLeave', 'WinLeave' }, {
    buffer = 0,
    once = true,
    callback = function()
      if vim.api.nvim_win_is_valid(window) then
        vim.api.nvim_win_close(window, true)
      end
    end,
  })
end

function M.close()
  vim.api.nvim_win_close(0, false)
end

return M
