-- Recent traces, chosen through vim.ui.select, so that whatever the user has put there does the searching.

local M = {}

local limit = 200

---Lists the traces that `params` ask for; a chosen one opens as a waterfall, or goes to `on_choice`.
---@param params spanglass.TracesParams
---@param prompt string
---@param on_choice? fun(trace: spanglass.TraceSummary)
function M.choose(params, prompt, on_choice)
  params.limit = params.limit or limit
  require('spanglass.lsp').request('spanglass/traces', params, function(result)
    if #result.traces == 0 then
      vim.notify('Spanglass: no traces here; :Spanglass doctor says what was received and where it was placed')
      return
    end
    vim.ui.select(result.traces, {
      prompt = prompt,
      kind = 'spanglass.trace',
      format_item = M.line_of,
    }, function(trace)
      if trace then
        (on_choice or M.open)(trace)
      end
    end)
  end)
end

---Traces that ran the function of a lens.
---@param target spanglass.FunctionTarget
function M.of_function(target)
  M.choose({ uri = target.uri, line = target.line }, 'Traces of ' .. target['function'])
end

---Traces that ran the function at the cursor.
---@param on_choice? fun(trace: spanglass.TraceSummary)
function M.here(on_choice)
  local line = vim.fn.line('.') - 1
  local where = ('%s:%d'):format(vim.fn.expand('%:t'), line + 1)
  M.choose({ uri = vim.uri_from_bufnr(0), line = line }, 'Traces through ' .. where, on_choice)
end

---@param trace { traceId: string }
function M.open(trace)
  require('spanglass.view').open(trace.traceId)
end

---`✗ POST /api/orders    82.4 ms    2 min ago   storefront, checkout · 12 spans · 2 errors`
---@param trace spanglass.TraceSummary
---@return string
function M.line_of(trace)
  local format = require('spanglass.format')
  local services = { trace.service }
  for _, service in ipairs(trace.services) do
    if service ~= trace.service then
      services[#services + 1] = service
    end
  end
  local rest = { table.concat(services, ', '), format.count(trace.spans, 'span') }
  if trace.errors > 0 then
    rest[#rest + 1] = format.count(trace.errors, 'error')
  end
  return format.plain(
    ('%s %s %9s  %10s   %s'):format(
      trace.errors > 0 and '✗' or '✓',
      format.fit(trace.name, 36),
      format.duration(trace.durationMs),
      format.age(trace.startUnixMs, os.time()),
      table.concat(rest, ' · ')
    )
  )
end

return M
