-- Settings: `vim.g.spanglass`, a table or a function that returns one, laid over what stands here.

---What a user may set. Everything may be left out.
---@class spanglass.Config
---@field enabled? boolean Start the server in files of the languages that it reads.
---@field cmd? string[] The server's command line without `lsp`; a single name is looked for in `PATH`.
---@field lenses? boolean Show code lenses and keep them fresh.
---@field hints? boolean Show inlay hints.
---@field settings? table<string, any> The tree of spanglass.toml; what is set here outranks that file.
---@field trace_window? string The command that opens the window of a trace.
---@field builtin_walk? boolean Replay in Neovim itself even where nvim-dap is installed.

---The same with nothing left out.
---@class spanglass.InternalConfig
---@field enabled boolean
---@field cmd string[]
---@field lenses boolean
---@field hints boolean
---@field settings table<string, any>
---@field trace_window string
---@field builtin_walk boolean

local M = {}

---@type spanglass.InternalConfig
local defaults = {
  enabled = true,
  cmd = { 'spanglass' },
  lenses = true,
  hints = true,
  settings = {},
  trace_window = 'botright split',
  builtin_walk = false,
}

---The settings of this moment. An unknown name or a wrong type is said once and the default stands.
---@return spanglass.InternalConfig
function M.get()
  local given = vim.g.spanglass or {}
  if type(given) == 'function' then
    given = given()
  end
  local config = vim.deepcopy(defaults)
  for name, value in pairs(given) do
    local problem = M.problem(name, value)
    if problem then
      vim.notify_once('vim.g.spanglass: ' .. problem, vim.log.levels.WARN)
    else
      config[name] = value
    end
  end
  return config
end

---What is wrong with one setting, in one sentence; nil when nothing is.
---@param name string
---@param value any
---@return string?
function M.problem(name, value)
  local default = defaults[name]
  if default == nil then
    local known = vim.tbl_keys(defaults)
    table.sort(known)
    return ('there is no setting `%s`; there are %s'):format(name, table.concat(known, ', '))
  end
  if type(value) ~= type(default) then
    return ('`%s` must be a %s and is a %s'):format(name, type(default), type(value))
  end
  if name == 'cmd' and #value == 0 then
    return '`cmd` is empty; it names the program and what comes before `lsp`'
  end
end

return M
