-- Replays: what is registered with nvim-dap, spoken to for real, and the walk that is built in.
-- nvim-dap itself is not here: a stand-in has the tables that a plugin fills, so its own behaviour is not proved.

return function(t, place)
  ---Runs the lens `▶ replay` of charge: it replays the call that failed last, a payment that was declined.
  ---@return spanglass.ReplayTarget
  local function replay_declined()
    vim.cmd.edit('python/checkout/payments.py')
    local line = t.line_of('def charge') - 1
    local lens = t.wait('lens `▶ replay` on charge', function()
      return vim.iter(vim.lsp.codelens.get(0)):find(function(each)
        return each.range.start.line == line and each.command.title == '▶ replay'
      end)
    end)
    vim.lsp.get_clients({ name = 'spanglass' })[1]:exec_cmd(lens.command, { bufnr = 0 })
    return lens.command.arguments[1]
  end

  t.case('with nvim-dap, a replay is one of its sessions', function()
    local ran
    package.loaded.dap = {
      adapters = {},
      configurations = {},
      run = function(configuration)
        ran = configuration
      end,
    }
    local target = replay_declined()
    t.equal({ ran.type, ran.request, ran.workspace }, { 'spanglass', 'launch', place.shop })
    t.equal({ ran.traceId, ran.spanId }, { target.traceId, target.spanId })

    local adapter
    package.loaded.dap.adapters.spanglass(function(spec)
      adapter = spec
    end, ran)
    t.equal({ adapter.type, adapter.args }, { 'executable', { 'dap' } })
    local wire =
      require('spanglass.wire').start(vim.list_extend({ adapter.command }, adapter.args), adapter.options.cwd)
    local stops, initialized = {}, false
    wire.on_event = function(event, body)
      initialized = initialized or event == 'initialized'
      if event == 'stopped' then
        table.insert(stops, body)
      end
    end
    local function stop()
      return t.wait('stop', function()
        return table.remove(stops, 1)
      end)
    end
    local function ask(command, arguments)
      local answer
      wire:request(command, arguments, function(error, body)
        answer = error and { error = error } or { body = body }
      end)
      t.wait('answer to ' .. command, function()
        return answer
      end)
      assert(not answer.error, answer.error)
      return answer.body
    end
    local function top(stopped)
      local frames = ask('stackTrace', { threadId = stopped.threadId }).stackFrames
      return { name = frames[1].name, line = frames[1].line, depth = #frames, source = frames[1].source }
    end

    local capabilities = ask('initialize', { adapterID = 'nvim-dap', linesStartAt1 = true, columnsStartAt1 = true })
    t.equal(capabilities.supportsStepBack, true)
    wire:request('launch', ran)
    t.wait('initialized', function()
      return initialized
    end)
    ask('setExceptionBreakpoints', { filters = { 'exception' } })
    ask('configurationDone')
    local entry = stop()
    t.equal(entry.reason, 'entry')
    local first = top(entry)
    ask('next', { threadId = entry.threadId })
    local stepped = stop()
    assert(not vim.deep_equal(top(stepped), first), 'a step moves')
    ask('stepBack', { threadId = stepped.threadId })
    t.equal(top(stop()), first)
    ask('continue', { threadId = entry.threadId })
    local thrown = stop()
    t.equal(thrown.reason, 'exception')
    local frame = top(thrown)
    t.equal({ frame.source.path, frame.line }, {
      place.shop .. '/python/checkout/payments.py',
      t.line_of('raise PaymentDeclined'),
    })
    ask('reverseContinue', { threadId = thrown.threadId })
    assert(top(stop()).depth <= first.depth, 'back at the start')
    wire:request('disconnect')
    wire:close('done')
  end)

  package.loaded.dap = nil
  local walk = require('spanglass.walk')

  ---The lines of the walk's window.
  local function window()
    local bufnr = t.wait('window of the walk', function()
      return vim.iter(vim.api.nvim_list_bufs()):find(function(each)
        return vim.bo[each].filetype == 'spanglass-replay' and each
      end)
    end)
    return vim.api.nvim_buf_get_lines(bufnr, 0, -1, false), bufnr
  end

  ---The line that is marked as current: `payments.py:28`.
  local function marked()
    for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
      local namespace = vim.api.nvim_create_namespace('spanglass.walk')
      for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(bufnr, namespace, 0, -1, { details = true })) do
        if mark[4] and mark[4].line_hl_group then
          return ('%s:%d'):format(vim.fs.basename(vim.api.nvim_buf_get_name(bufnr)), mark[2] + 1)
        end
      end
    end
  end

  t.case('without nvim-dap, the built-in walk stops on entry, runs to the exception and goes back', function()
    replay_declined()
    local line = t.line_of('raise PaymentDeclined')
    t.wait('entry', function()
      return (walk.current() or {}).reason == 'entry' and marked()
    end)
    t.equal(vim.bo.filetype, 'spanglass-replay')
    vim.api.nvim_feedkeys('c', 'x', false)
    t.wait('exception', function()
      return walk.current().reason == 'exception' and marked() == ('payments.py:%d'):format(line)
    end)
    local lines, bufnr = window()
    local text = table.concat(lines, '\n')
    t.like(text, '▶ Gateway%.authorize')
    t.like(text, 'PaymentDeclined: card ending in 0341')
    t.like(text, ' = ')
    assert(#walk.current().frames >= 3, text)
    vim.api.nvim_feedkeys('C', 'x', false)
    t.wait('the start of the trace', function()
      return walk.current().reason ~= 'exception' and #walk.current().frames == 1
    end)
    vim.api.nvim_set_current_win(vim.fn.win_findbuf(bufnr)[1])
    vim.api.nvim_feedkeys('q', 'x', false)
    t.equal({ walk.current(), marked(), vim.api.nvim_buf_is_valid(bufnr) }, { nil, nil, false })
  end)

  t.case('a step over and a step back come to the same moment', function()
    replay_declined()
    t.wait('entry', function()
      return (walk.current() or {}).reason == 'entry' and marked()
    end)
    local before = window()
    vim.api.nvim_feedkeys('n', 'x', false)
    t.wait('step', function()
      return walk.current().reason == 'step' and not vim.deep_equal((window()), before)
    end)
    vim.api.nvim_feedkeys('b', 'x', false)
    t.wait('the moment before', function()
      return vim.deep_equal((window()), before)
    end)
    walk.stop()
  end)

  t.case('a trace that is not there is one sentence', function()
    vim.cmd('Spanglass replay ' .. ('f'):rep(32))
    t.wait('message', function()
      return t.said[1]
    end)
    t.equal(walk.current(), nil)
  end)
end
