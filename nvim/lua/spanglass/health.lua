-- :checkhealth spanglass

local M = {}

function M.check()
  local health = vim.health
  health.start('Spanglass: program')
  local path, problem = require('spanglass.lsp').program()
  if path then
    local result = vim.system({ path, '--version' }, { text = true }):wait(5000)
    if result.code == 0 then
      health.ok(('%s: %s'):format(path, vim.trim(result.stdout or '')))
    else
      health.error(('%s --version ended with %d'):format(path, result.code), vim.trim(result.stderr or ''))
    end
  else
    health.error(
      problem or 'no program',
      { 'put it in PATH', "or set vim.g.spanglass = { cmd = { '/path/to/spanglass' } }" }
    )
  end

  health.start('Spanglass: settings')
  local given = vim.g.spanglass or {}
  if type(given) == 'function' then
    given = given()
  end
  local wrong = 0
  for name, value in pairs(given) do
    local why = require('spanglass.config').problem(name, value)
    if why then
      health.warn(why)
      wrong = wrong + 1
    end
  end
  if wrong == 0 then
    health.ok('vim.g.spanglass has nothing unknown in it')
  end
  M.server(health)

  health.start('Spanglass: replay')
  if pcall(require, 'dap') then
    health.ok('nvim-dap is installed and shows replays')
  else
    health.info('nvim-dap is not installed: replays use the built-in walk, which has no breakpoints of yours')
  end
end

---@param health table
function M.server(health)
  health.start('Spanglass: server')
  local clients = vim.lsp.get_clients({ name = 'spanglass' })
  if #clients == 0 then
    health.info('not running: it starts with the first file of a language that it reads')
    return
  end
  for _, client in ipairs(clients) do
    health.ok(('runs for %s'):format(client.root_dir or 'no folder'))
    local response = client:request_sync('spanglass/status', vim.empty_dict(), 2000)
    local status = response and response.result
    if not status then
      health.warn('does not answer `spanglass/status`', { ':Spanglass restart', ':Spanglass log' })
    else
      for _, line in ipairs(require('spanglass.status').lines(status)) do
        health[status.problem == line and 'warn' or 'info'](line)
      end
      if status.spans == 0 then
        health.info('no spans yet: an app sends them when OTEL_EXPORTER_OTLP_ENDPOINT names the receiver above')
      end
    end
  end
end

return M
