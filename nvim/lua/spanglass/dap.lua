-- Replay: through nvim-dap where it is installed, else through the walk that is built in.

local M = {}

---What to replay. `name` is only for the title.
---@class spanglass.Replay
---@field traceId string
---@field spanId? string
---@field uri? string
---@field name? string
---@field function? string

---@param target spanglass.Replay|spanglass.ReplayTarget|spanglass.TraceSummary
function M.replay(target)
  local configuration = M.configuration(target)
  local dap = not require('spanglass.config').get().builtin_walk and M.register()
  if dap then
    dap.run(configuration)
  else
    require('spanglass.walk').start(configuration)
  end
end

---The launch request's arguments, with what nvim-dap wants beside them. A replay of a span stops there at first; one of a
---whole trace runs to its first failure, if it has one.
---@param target spanglass.Replay|spanglass.ReplayTarget|spanglass.TraceSummary
---@return table<string, any>
function M.configuration(target)
  local client = require('spanglass.lsp').client()
  return {
    type = 'spanglass',
    request = 'launch',
    name = 'Replay ' .. (target['function'] or target.name or target.traceId:sub(1, 8)),
    traceId = target.traceId,
    spanId = target.spanId,
    workspace = client and client.root_dir or vim.fn.getcwd(),
  }
end

---Tells nvim-dap how `spanglass` sessions are started; nil when nvim-dap is not installed. A definition that the user
---made is left alone.
---@return any?
function M.register()
  local found, dap = pcall(require, 'dap')
  if not found then
    return nil
  end
  dap.adapters.spanglass = dap.adapters.spanglass or M.adapter
  return dap
end

---An adapter as nvim-dap takes it: the program is looked for when a session starts.
---@param on_adapter fun(adapter: table)
---@param configuration table
function M.adapter(on_adapter, configuration)
  local command, problem = require('spanglass.lsp').command('dap')
  if not command then
    vim.notify(problem or '', vim.log.levels.ERROR)
    return
  end
  on_adapter({
    type = 'executable',
    command = command[1],
    args = vim.list_slice(command, 2),
    options = { cwd = configuration.workspace },
  })
end

return M
