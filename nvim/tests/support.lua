-- What the tests share: waiting with a deadline, the shop in a folder of its own, and its telemetry sent over the wire.

local ffi = require('ffi')

local M = { passed = 0, failed = 0 }

M.root = vim.fs.dirname(vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2))))
M.fixtures = vim.fs.joinpath(vim.fs.dirname(M.root), 'fixtures')

---What vim.notify said since it was last emptied.
---@type string[]
M.said = {}

---Runs one test; its failure is told and the next one runs.
---@param name string
---@param body fun()
function M.case(name, body)
  M.said = {}
  local started = vim.uv.hrtime()
  local ok, problem = xpcall(body, debug.traceback)
  local took = ('(%d ms)'):format((vim.uv.hrtime() - started) / 1e6)
  if ok then
    M.passed = M.passed + 1
    M.write(('ok    %s %s'):format(name, took))
  else
    M.failed = M.failed + 1
    M.write(('FAIL  %s %s\n%s'):format(name, took, problem))
    if #M.said > 0 then
      M.write('      said: ' .. table.concat(M.said, ' | '))
    end
  end
end

---@param line string
function M.write(line)
  io.stdout:write(line, '\n')
  io.stdout:flush()
end

---Waits until `ask` answers something, and returns that.
---@generic T
---@param what string
---@param ask fun(): T?
---@param ms? integer
---@return T
function M.wait(what, ask, ms)
  local answer
  local ok = vim.wait(ms or 15000, function()
    answer = ask()
    return answer ~= nil and answer ~= false
  end, 20)
  if not ok then
    error(('no %s within %d s'):format(what, (ms or 15000) / 1000), 2)
  end
  return answer
end

---@param actual any
---@param expected any
function M.equal(actual, expected)
  if not vim.deep_equal(actual, expected) then
    error(('expected %s, got %s'):format(vim.inspect(expected), vim.inspect(actual)), 2)
  end
end

---@param text string?
---@param pattern string A Lua pattern.
function M.like(text, pattern)
  if not (text or ''):find(pattern) then
    error(('`%s` is not like `%s`'):format(text or 'nothing', pattern), 2)
  end
end

---A copy of the shop's code in `home`.
---@param home string
---@return string folder
function M.copy_shop(home)
  local shop = home .. '/shop'
  local copy = vim.system({ 'cp', '-R', M.fixtures .. '/apps', shop }):wait()
  assert(copy.code == 0, copy.stderr)
  return shop
end

---A port of loopback that was free a moment ago.
---@return integer
function M.free_port()
  local socket = assert(vim.uv.new_tcp())
  socket:bind('127.0.0.1', 0)
  local port = socket:getsockname().port
  socket:close()
  return port
end

---Sends the shop's recorded OTLP/JSON bodies, with their times moved so that the newest is now and with trace ids of
---their own: the same day sent twice is two days, not one with every span in it twice.
---@param port integer
function M.send_shop(port)
  local folder = M.fixtures .. '/traces/otlp-json/shop'
  local newest, bodies = 0ULL, {}
  for line in io.lines(folder .. '/index.jsonl') do
    local entry = vim.json.decode(line)
    local text = vim.fn.readblob(('%s/%s'):format(folder, entry.file))
    bodies[#bodies + 1] = { path = entry.path, text = text }
    for time in text:gmatch('imeUnixNano"%s*:%s*"?(%d+)') do
      local nanos = M.nanos(time)
      newest = nanos > newest and nanos or newest
    end
  end
  local seconds, micros = vim.uv.gettimeofday()
  local shift = ffi.cast('uint64_t', seconds) * 1000000000ULL + ffi.cast('uint64_t', micros) * 1000ULL - newest
  local day = ('%08x'):format(micros * 4099 % 0x100000000)
  for _, body in ipairs(bodies) do
    local text = body.text:gsub('(imeUnixNano"%s*:%s*)"?(%d+)"?', function(key, time)
      return ('%s"%s"'):format(key, tostring(M.nanos(time) + shift):gsub('ULL$', ''))
    end)
    text = text:gsub('("traceId"%s*:%s*")%x%x%x%x%x%x%x%x', '%1' .. day)
    M.post(port, body.path, text)
  end
end

---@param digits string
---@return integer
function M.nanos(digits)
  local value = 0ULL
  for digit in digits:gmatch('%d') do
    value = value * 10ULL + tonumber(digit)
  end
  return value
end

---Posts JSON and requires a 2xx; tries again while nobody listens yet.
---@param port integer
---@param path string
---@param body string
function M.post(port, path, body)
  local request = table.concat({
    ('POST %s HTTP/1.1'):format(path),
    ('Host: 127.0.0.1:%d'):format(port),
    'Content-Type: application/json',
    'Connection: close',
    ('Content-Length: %d'):format(#body),
    '',
    body,
  }, '\r\n')
  local answer, failed
  local function try()
    local socket = assert(vim.uv.new_tcp())
    failed = nil
    socket:connect('127.0.0.1', port, function(problem)
      if problem then
        failed = problem
        socket:close()
        return
      end
      socket:write(request)
      socket:read_start(function(_, data)
        if data then
          answer = (answer or '') .. data
        elseif not socket:is_closing() then
          socket:close()
        end
      end)
    end)
  end
  try()
  M.wait('answer of the receiver', function()
    if failed then
      try()
    end
    return answer
  end)
  M.like(answer, '^HTTP/1%.1 2%d%d')
end

---Virtual text that is drawn in a buffer and holds `pattern`, with its 1-based line: `12: text`.
---@param bufnr integer
---@param pattern string
---@return string[]
function M.drawn(bufnr, pattern)
  vim.cmd.redraw()
  local found = {}
  for _, namespace in pairs(vim.api.nvim_get_namespaces()) do
    for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(bufnr, namespace, 0, -1, { details = true })) do
      local details = mark[4] or {}
      local chunks = vim.list_extend({}, details.virt_text or {})
      for _, line in ipairs(details.virt_lines or {}) do
        vim.list_extend(chunks, line)
      end
      local text = table.concat(vim.tbl_map(function(chunk)
        return chunk[1]
      end, chunks))
      if text:find(pattern) then
        found[#found + 1] = ('%d: %s'):format(mark[2] + 1, text)
      end
    end
  end
  table.sort(found)
  return found
end

---The 1-based line of the current buffer that holds `text`.
---@param text string
---@return integer
function M.line_of(text)
  for i, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    if line:find(text, 1, true) then
      return i
    end
  end
  error(('%s holds no `%s`'):format(vim.api.nvim_buf_get_name(0), text), 2)
end

---Whether a process runs.
---@param pid integer
---@return boolean
function M.alive(pid)
  return vim.uv.kill(pid, 0) == 0
end

return M
