-- The Debug Adapter Protocol over a program's standard streams: requests with answers, and events.

---@class spanglass.Wire
---@field on_event fun(event: string, body: table) Called in the main loop.
---@field on_exit fun(code: integer) Called in the main loop, once, whatever ended the program.
---@field private process vim.SystemObj
---@field private buffer string What came and is not yet a whole message.
---@field private sequence integer
---@field private waiting table<integer, fun(error: string?, body: table)|nil>
local Wire = {}
Wire.__index = Wire

---Starts the program; set `on_event` and `on_exit` before the main loop runs again.
---@param command string[]
---@param cwd string
---@return spanglass.Wire
function Wire.start(command, cwd)
  local function nothing() end
  local fields = { buffer = '', sequence = 0, waiting = {}, on_event = nothing, on_exit = nothing }
  local self = setmetatable(fields, Wire) ---@type spanglass.Wire
  self.process = vim.system(command, {
    cwd = cwd,
    stdin = true,
    stdout = function(_, data)
      if data then
        vim.schedule(function()
          self:receive(data)
        end)
      end
    end,
    stderr = false,
  }, function(result)
    vim.schedule(function()
      self:close('the adapter ended')
      self.on_exit(result.code)
    end)
  end)
  return self
end

---Sends a request; `on_answer` gets the error's message or the answer's body.
---@param command string
---@param arguments? table
---@param on_answer? fun(error: string?, body: table)
function Wire:request(command, arguments, on_answer)
  self.sequence = self.sequence + 1
  self.waiting[self.sequence] = on_answer
  local message = vim.json.encode({
    seq = self.sequence,
    type = 'request',
    command = command,
    arguments = arguments or vim.empty_dict(),
  })
  pcall(self.process.write, self.process, ('Content-Length: %d\r\n\r\n%s'):format(#message, message))
end

---The same inside a coroutine: returns the body, or nil and the error's message.
---@async
---@param command string
---@param arguments? table
---@return table? body
---@return string? error
function Wire:ask(command, arguments)
  local thread = assert(coroutine.running(), 'only in a coroutine')
  self:request(command, arguments, function(error, body)
    local resumed, problem = coroutine.resume(thread, error, body)
    if not resumed then
      vim.notify(debug.traceback(thread, tostring(problem)), vim.log.levels.ERROR)
    end
  end)
  local error, body = coroutine.yield()
  return not error and body or nil, error
end

---Ends the program; whoever waits is told.
---@param why string
function Wire:close(why)
  local waiting = self.waiting
  self.waiting = {}
  for _, on_answer in pairs(waiting) do
    on_answer(why, {})
  end
  if not self.process:is_closing() then
    self.process:kill('sigterm')
  end
end

---@private
---@param data string
function Wire:receive(data)
  self.buffer = self.buffer .. data
  while true do
    local head, rest = self.buffer:match('^(.-)\r\n\r\n(.*)$')
    if not head or not rest then
      return
    end
    local length = vim.fn.str2nr(head:match('[Cc]ontent%-[Ll]ength: *(%d+)') or '0')
    if #rest < length then
      return
    end
    local message = vim.json.decode(rest:sub(1, length), { luanil = { object = true } })
    self.buffer = rest:sub(length + 1)
    self:handle(message)
  end
end

---@private
---@param message table
function Wire:handle(message)
  if message.type == 'event' then
    self.on_event(message.event, message.body or {})
  elseif message.type == 'response' then
    local on_answer = self.waiting[message.request_seq]
    self.waiting[message.request_seq] = nil
    if on_answer then
      local format = vim.tbl_get(message, 'body', 'error', 'format')
      local error = not message.success and (format or message.message or 'refused') or nil
      on_answer(error, message.body or {})
    end
  end
end

return Wire
