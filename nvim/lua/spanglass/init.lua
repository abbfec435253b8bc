-- What other configuration may call. Nothing of it is needed: the plugin works as soon as it is on the runtime path.

local M = {}

---Lays settings over those of `vim.g.spanglass`. Not needed; setting the variable before the plugin is loaded is enough.
---@param config? spanglass.Config
function M.setup(config)
  local given = vim.g.spanglass or {}
  if type(given) == 'function' then
    given = given()
  end
  vim.g.spanglass = vim.tbl_deep_extend('force', given, config or {})
  vim.lsp.enable('spanglass', require('spanglass.config').get().enabled)
end

---For a statusline: `spanglass: 544 spans`.
---@return string
function M.status()
  return require('spanglass.status').line()
end

---Lists recent traces; `'here'` those of the function at the cursor.
---@param scope? 'all'|'here'|'errors'
function M.traces(scope)
  require('spanglass.commands').run({ 'traces', scope })
end

---Replays a trace as a debug session; without an id, one is chosen.
---@param trace_id? string
function M.replay(trace_id)
  require('spanglass.commands').run({ 'replay', trace_id })
end

return M
