-- :Spanglass and its subcommands.

local M = {}

---@class spanglass.Subcommand
---@field about string
---@field arguments? string[] What completion offers.
---@field run fun(argument?: string)

local function status()
  require('spanglass.lsp').request('spanglass/status', {}, function(result)
    vim.notify(table.concat(require('spanglass.status').lines(result), '\n'))
  end)
end

local function doctor()
  local params = { command = 'spanglass.explain', arguments = {} }
  require('spanglass.lsp').request('workspace/executeCommand', params, function(report)
    vim.cmd('botright new')
    vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(tostring(report), '\n'))
    vim.bo.buftype, vim.bo.bufhidden, vim.bo.modifiable = 'nofile', 'wipe', false
    vim.keymap.set('n', 'q', '<Cmd>close<CR>', { buffer = true, nowait = true })
  end)
end

local function page()
  require('spanglass.lsp').request('spanglass/status', {}, function(result)
    if not result.page then
      vim.notify('Spanglass: no trace page is served at the moment', vim.log.levels.WARN)
      return
    end
    local _, problem = vim.ui.open(result.page)
    vim.notify(problem and ('Spanglass: open %s'):format(result.page) or result.page)
  end)
end

---@param scope? string
local function traces(scope)
  local lister = require('spanglass.traces')
  if scope == 'here' then
    lister.here()
  elseif scope == 'errors' then
    lister.choose({ errors = true }, 'Recent traces with errors')
  elseif scope == nil or scope == 'all' then
    lister.choose({}, 'Recent traces')
  else
    lister.choose({ service = scope }, 'Recent traces of ' .. scope)
  end
end

---The trace id in what somebody pasted: the id itself, or a traceparent header around it.
---@param text string
---@return string?
function M.trace_id_in(text)
  for run in text:gmatch('%x+') do
    if #run == 32 then
      return run:lower()
    end
  end
end

---@param text? string
---@param run fun(id: string)
local function with_id(text, run)
  local id = text and M.trace_id_in(text)
  if id then
    run(id)
  elseif text then
    vim.notify(('Spanglass: `%s` is no trace id; one has 32 hexadecimal digits'):format(text), vim.log.levels.WARN)
  end
end

---@param text? string
local function trace(text)
  if not text then
    vim.ui.input({ prompt = 'Trace id: ' }, function(answer)
      trace(answer)
    end)
    return
  end
  with_id(text, function(id)
    require('spanglass.view').open(id)
  end)
end

---@param text? string
local function replay(text)
  local start = require('spanglass.dap').replay
  if text == 'here' then
    require('spanglass.traces').here(start)
  elseif text then
    with_id(text, function(id)
      start({ traceId = id })
    end)
  else
    require('spanglass.traces').choose({}, 'Replay a trace', start)
  end
end

---@type table<string, spanglass.Subcommand>
M.subcommands = {
  traces = { about = 'choose among recent traces', arguments = { 'all', 'errors', 'here' }, run = traces },
  trace = { about = 'show the trace of an id', run = trace },
  replay = { about = 'walk through a trace', arguments = { 'here' }, run = replay },
  status = { about = 'say what is received and placed', run = status },
  doctor = { about = 'say why something is missing', run = doctor },
  page = { about = 'open the trace page in the browser', run = page },
  log = {
    about = "open Neovim's log of language servers",
    run = function()
      vim.cmd.tabnew(vim.lsp.log.get_filename())
    end,
  },
  restart = {
    about = 'end the server and start it again',
    run = function()
      require('spanglass.lsp').restart()
    end,
  },
}

---@param arguments string[]
function M.run(arguments)
  local name = arguments[1] or 'traces'
  local subcommand = M.subcommands[name]
  if not subcommand then
    local known = table.concat(M.names(''), ', ')
    vim.notify(('Spanglass: there is no `%s`; there are %s'):format(name, known), vim.log.levels.WARN)
    return
  end
  subcommand.run(arguments[2])
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  local words = vim.split(line, '%s+', { trimempty = true })
  local complete = #words - (lead == '' and 0 or 1)
  if complete <= 1 then
    return M.names(lead)
  end
  local subcommand = M.subcommands[words[2]]
  return vim.tbl_filter(function(argument)
    return complete == 2 and vim.startswith(argument, lead)
  end, subcommand and subcommand.arguments or {})
end

---@param lead string
---@return string[]
function M.names(lead)
  local names = vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, vim.tbl_keys(M.subcommands))
  table.sort(names)
  return names
end

return M
