-- The built-in walk of a recorded trace: a window with the moment, the stack and the values, and the line in the code.
-- It is for those without nvim-dap and knows no breakpoints of the user's.

local M = {}

local namespace = vim.api.nvim_create_namespace('spanglass.walk')

---@class spanglass.Walk
---@field wire spanglass.Wire
---@field buffer? integer
---@field title string
---@field filters string[] The exception filters that the adapter has on by default.
---@field thread integer
---@field stop table The last `stopped` event.
---@field frames table[]
---@field frame integer Index into `frames` of the one whose line and values are shown.
---@field marked? integer The buffer that holds the current line's mark.
---@field rows table<integer, integer> Buffer line → index into `frames`.

---@type spanglass.Walk? One at a time.
local walk

---@class spanglass.Key
---@field key string
---@field request string
---@field about string

---@type spanglass.Key[]
local keys = {
  { key = 'n', request = 'next', about = 'over' },
  { key = 'i', request = 'stepIn', about = 'in' },
  { key = 'o', request = 'stepOut', about = 'out' },
  { key = 'b', request = 'stepBack', about = 'back' },
  { key = 'c', request = 'continue', about = 'run' },
  { key = 'C', request = 'reverseContinue', about = 'rewind' },
}

---Deeper values are not asked for, and no more than this many groups of them.
local max_depth, max_groups = 3, 40
---Characters of a value that are shown; a stack trace has thousands.
local max_value = 200

---Runs `body` as a coroutine; an error in it is shown.
---@param body async fun()
local function async(body)
  local thread = coroutine.create(body)
  local resumed, problem = coroutine.resume(thread)
  if not resumed then
    vim.notify(debug.traceback(thread, tostring(problem)), vim.log.levels.ERROR)
  end
end

---@param configuration table<string, any>
function M.start(configuration)
  local command, problem = require('spanglass.lsp').command('dap')
  if not command then
    vim.notify(problem or '', vim.log.levels.ERROR)
    return
  end
  M.stop()
  M.highlights()
  local wire = require('spanglass.wire').start(command, configuration.workspace)
  ---@type spanglass.Walk
  local this = {
    wire = wire,
    title = configuration.name,
    filters = {},
    frames = {},
    frame = 1,
    rows = {},
    stop = {},
    thread = 0,
  }
  wire.on_event = function(event, body)
    M.on_event(this, event, body)
  end
  wire.on_exit = function()
    if walk == this then
      M.stop()
    end
  end
  walk = this
  async(function()
    M.launch(this, configuration)
  end)
end

---@param this spanglass.Walk
---@param configuration table<string, any>
---@async
function M.launch(this, configuration)
  local capabilities = this.wire:ask('initialize', {
    adapterID = 'spanglass',
    clientID = 'neovim',
    clientName = 'Neovim',
    linesStartAt1 = true,
    columnsStartAt1 = true,
    pathFormat = 'path',
  })
  -- The answer to `launch` may come only after `configurationDone`, so nobody waits for it here.
  this.wire:request('launch', configuration, function(error)
    if error and walk == this then
      M.stop()
      vim.notify('Spanglass: ' .. error, vim.log.levels.WARN)
    end
  end)
  for _, filter in ipairs(capabilities and capabilities.exceptionBreakpointFilters or {}) do
    if filter.default then
      table.insert(this.filters, filter.filter)
    end
  end
end

---@param this spanglass.Walk
---@param event string
---@param body table
function M.on_event(this, event, body)
  if walk ~= this then
    return
  elseif event == 'initialized' then
    async(function()
      this.wire:ask('setExceptionBreakpoints', { filters = this.filters })
      this.wire:ask('configurationDone')
    end)
  elseif event == 'stopped' then
    async(function()
      M.stopped(this, body)
    end)
  elseif event == 'terminated' then
    M.stop()
    vim.notify('Spanglass: the replay is at its end')
  end
end

---@param this spanglass.Walk
---@param stop table
---@async
function M.stopped(this, stop)
  this.stop, this.thread = stop, stop.threadId or this.thread
  local body = this.wire:ask('stackTrace', { threadId = this.thread, startFrame = 0, levels = 200 })
  this.frames = body and body.stackFrames or {}
  M.show(this, 1)
end

---Shows a frame: its line in the code, its values in the walk's window.
---@param this spanglass.Walk
---@param frame integer
---@async
function M.show(this, frame)
  local frames = this.frames
  this.frame = frame
  local groups = M.values(this, frames[frame])
  if walk ~= this or this.frames ~= frames then
    return -- ended or stepped on while the values came
  end
  local bufnr = M.window(this)
  M.mark(this, this.frames[frame])
  local lines, marks = M.render(this, groups)
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  vim.api.nvim_buf_clear_namespace(bufnr, namespace, 0, -1)
  for _, mark in ipairs(marks) do
    vim.api.nvim_buf_set_extmark(bufnr, namespace, mark[1], mark[2], { end_col = mark[3], hl_group = mark[4] })
  end
  vim.api.nvim_exec_autocmds('User', { pattern = 'SpanglassWalk', modeline = false })
end

---The values of a frame, scope by scope: `{ name, lines }`.
---@param this spanglass.Walk
---@param frame? table
---@return { name: string, lines: string[] }[]
---@async
function M.values(this, frame)
  local body = frame and this.wire:ask('scopes', { frameId = frame.id })
  local groups, asked = {}, 0
  local format = require('spanglass.format')
  ---@async
  local function read(reference, indent, lines)
    asked = asked + 1
    local answer = asked <= max_groups and this.wire:ask('variables', { variablesReference = reference })
    for _, variable in ipairs(answer and answer.variables or {}) do
      local name, value = format.plain(variable.name), format.plain(variable.value)
      -- What stands in brackets repeats in another form what is shown anyway.
      if variable.variablesReference > 0 and indent < max_depth and not name:find('^%(') then
        lines[#lines + 1] = ('  '):rep(indent) .. name
        read(variable.variablesReference, indent + 1, lines)
      else
        lines[#lines + 1] = ('%s%s = %s'):format(('  '):rep(indent), name, format.cut(value, max_value))
      end
    end
    return lines
  end
  for _, scope in ipairs(body and body.scopes or {}) do
    local lines = scope.expensive and {} or read(scope.variablesReference, 1, {})
    if #lines > 0 then
      groups[#groups + 1] = { name = scope.name, lines = lines }
    end
  end
  return groups
end

---@param this spanglass.Walk
---@param groups { name: string, lines: string[] }[]
---@return string[] lines
---@return { [1]: integer, [2]: integer, [3]: integer, [4]: string }[] marks line, from, to, group
function M.render(this, groups)
  local lines, marks = {}, {}
  local function add(text, group)
    lines[#lines + 1] = text
    if group then
      marks[#marks + 1] = { #lines - 1, 0, #text, group }
    end
  end
  local format = require('spanglass.format')
  local description = format.plain(this.stop.description or this.stop.reason or '')
  local group = this.stop.reason == 'exception' and 'DiagnosticError' or 'Comment'
  add(this.title, 'Title')
  for _, line in ipairs(format.wrap(format.cut(description, max_value), M.width() - 2)) do
    add(line, group)
  end
  add('')
  add('Stack', 'Directory')
  this.rows = {}
  for i, frame in ipairs(this.frames) do
    local path = vim.tbl_get(frame, 'source', 'path')
    local is_file = path
      and not vim.startswith(path, 'dap-src')
      and vim.tbl_get(frame, 'source', 'sourceReference') == nil
    local place = is_file and ('  %s:%d'):format(vim.fs.basename(path), frame.line) or ''
    local text = ('%s %s'):format(i == this.frame and '▶' or ' ', format.plain(frame.name))
    add(text .. place, i == this.frame and 'SpanglassReplayFrame' or not is_file and 'Comment' or nil)
    marks[#marks + 1] = { #lines - 1, #text, #text + #place, 'Comment' }
    this.rows[#lines] = i
  end
  for _, group in ipairs(groups) do
    add('')
    add(group.name, 'Directory')
    for _, line in ipairs(group.lines) do
      add(line)
      local name = line:match('^(.-) = ') or line
      marks[#marks + 1] = { #lines - 1, 0, #name, 'Identifier' }
    end
  end
  return lines, marks
end

---Columns of the walk's window: room for its keys, and most of the screen for the code.
---@return integer
function M.width()
  return math.max(54, math.floor(vim.o.columns * 0.36))
end

---The walk's buffer; its window is opened beside the code, with its keys, when it is not open yet.
---@param this spanglass.Walk
---@return integer bufnr
function M.window(this)
  if this.buffer and #vim.fn.win_findbuf(this.buffer) > 0 then
    return this.buffer
  end
  local bufnr = vim.api.nvim_create_buf(false, true)
  this.buffer = bufnr
  vim.bo[bufnr].bufhidden = 'wipe'
  vim.bo[bufnr].filetype = 'spanglass-replay'
  vim.api.nvim_buf_set_name(bufnr, 'spanglass://replay/' .. bufnr)
  local window = vim.api.nvim_open_win(bufnr, true, { split = 'right', win = -1, width = M.width() })
  local options = { wrap = false, number = false, relativenumber = false, signcolumn = 'no', winfixwidth = true }
  for option, value in pairs(options) do
    vim.api.nvim_set_option_value(option, value, { win = window, scope = 'local' })
  end
  local function map(key, run, about)
    vim.keymap.set('n', key, run, { buffer = bufnr, nowait = true, desc = 'Spanglass: ' .. about })
    return ('%%#SpanglassReplayKey#%s%%* %s'):format(key, about)
  end
  local bar = vim.tbl_map(function(key)
    return map(key.key, function()
      M.step(key.request)
    end, key.about)
  end, keys)
  bar[#bar + 1] = map('q', M.stop, 'end')
  map('<CR>', M.choose_frame, 'show this frame')
  vim.wo[window].winbar = table.concat(bar, '  ')
  vim.api.nvim_create_autocmd('BufWipeout', {
    buffer = bufnr,
    callback = function()
      if walk == this then
        vim.schedule(M.stop)
      end
    end,
  })
  return bufnr
end

---Shows the line of a frame in an ordinary window; a frame without a file leaves the code as it was.
---@param this spanglass.Walk
---@param frame? table
function M.mark(this, frame)
  if this.marked and vim.api.nvim_buf_is_valid(this.marked) then
    vim.api.nvim_buf_clear_namespace(this.marked, namespace, 0, -1)
  end
  local path = vim.tbl_get(frame or {}, 'source', 'path')
  if not frame or not path or vim.fn.filereadable(path) == 0 then
    return
  end
  local own = vim.api.nvim_get_current_win()
  local window = require('spanglass.view').reveal(vim.uri_from_fname(path), frame.line)
  this.marked = vim.api.nvim_win_get_buf(window)
  vim.api.nvim_buf_set_extmark(this.marked, namespace, vim.fn.line('.', window) - 1, 0, {
    line_hl_group = 'SpanglassReplayLine',
    sign_text = '▶',
    sign_hl_group = 'SpanglassReplaySign',
    priority = 200,
  })
  if vim.api.nvim_win_is_valid(own) then
    vim.api.nvim_set_current_win(own)
  end
end

---Sends one of the steps; a refusal is shown and changes nothing.
---@param request string
function M.step(request)
  local this = walk
  if this then
    this.wire:request(request, { threadId = this.thread }, function(error)
      if error then
        vim.notify('Spanglass: ' .. error, vim.log.levels.WARN)
      end
    end)
  end
end

function M.choose_frame()
  local this = walk
  local frame = this and this.rows[vim.fn.line('.')]
  if this and frame then
    async(function()
      M.show(this, frame)
    end)
  end
end

---Ends the walk, if there is one, and takes away what it drew.
function M.stop()
  local this = walk
  if not this then
    return
  end
  walk = nil
  this.wire:request('disconnect', {})
  this.wire:close('the replay was ended')
  if this.marked and vim.api.nvim_buf_is_valid(this.marked) then
    vim.api.nvim_buf_clear_namespace(this.marked, namespace, 0, -1)
  end
  if this.buffer and vim.api.nvim_buf_is_valid(this.buffer) then
    vim.api.nvim_buf_delete(this.buffer, { force = true })
  end
end

---The stop that is shown, for a statusline or a test; nil when nothing is replayed.
---@return { reason: string, description?: string, frames: table[] }?
function M.current()
  return walk and { reason = walk.stop.reason, description = walk.stop.description, frames = walk.frames }
end

function M.highlights()
  local links = {
    SpanglassReplayLine = 'Visual',
    SpanglassReplaySign = 'WarningMsg',
    SpanglassReplayFrame = 'Function',
    SpanglassReplayKey = 'Special',
  }
  for group, link in pairs(links) do
    vim.api.nvim_set_hl(0, group, { link = link, default = true })
  end
end

return M
