-- What needs no server: words, settings, ids, completion.

return function(t)
  t.case('durations, ages and counts', function()
    local format = require('spanglass.format')
    t.equal(
      vim.tbl_map(format.duration, { 0, 0.312, 8.236, 9.999, 82.44, 999.6, 1240, 59999, 185000 }),
      { '0 µs', '312 µs', '8.24 ms', '10 ms', '82.4 ms', '1 s', '1.24 s', '1 min 00 s', '3 min 05 s' }
    )
    t.equal({ format.age(1000000, 1000), format.age(1000000, 1300) }, { 'just now', '5 min ago' })
    t.equal({ format.count(1, 'span'), format.count(12, 'span') }, { '1 span', '12 spans' })
  end)

  t.case('text of a width, and without what would move the cursor', function()
    local format = require('spanglass.format')
    t.equal(
      { format.fit('abc', 5), format.fit('abcdef', 5), format.fit('テスト', 5) },
      { 'abc  ', 'abcd…', 'テス…' }
    )
    t.equal(format.wrap('one two three', 8), { 'one two', 'three' })
    t.equal({ format.cut('abc', 3), format.cut('abcd', 3) }, { 'abc', 'ab…' })
    t.equal(format.plain('a\nb\27[31mc'), 'a b [31mc')
  end)

  t.case('a trace is one line of the list', function()
    local now = os.time() * 1000
    t.equal(
      require('spanglass.traces').line_of({
        traceId = ('0'):rep(32),
        spanId = ('0'):rep(16),
        name = 'POST /api/orders',
        service = 'storefront',
        services = { 'storefront', 'checkout' },
        startUnixMs = now - 120000,
        durationMs = 82.4,
        spans = 12,
        errors = 1,
      }),
      '✗ POST /api/orders                       82.4 ms   2 min ago   storefront, checkout · 12 spans · 1 error'
    )
  end)

  t.case('a wrong setting is one sentence', function()
    local problem = require('spanglass.config').problem
    t.equal(problem('lenses', false), nil)
    t.equal(problem('lenses', 'no'), '`lenses` must be a boolean and is a string')
    t.like(problem('lens', true), 'no setting `lens`; there are builtin_walk, cmd, enabled, hints, lenses')
  end)

  t.case('a trace id is found in what people paste', function()
    local find = require('spanglass.commands').trace_id_in
    local id = '0af7651916cd43dd8448eb211c80319c'
    t.equal({ find(id), find(('00-%s-b7ad6b7169203331-01'):format(id:upper())), find(id:sub(2)) }, { id, id })
  end)

  t.case(':Spanglass completes its subcommands and their arguments', function()
    t.equal(vim.fn.getcompletion('Spanglass tr', 'cmdline'), { 'trace', 'traces' })
    t.equal(vim.fn.getcompletion('Spanglass traces ', 'cmdline'), { 'all', 'errors', 'here' })
    t.equal(vim.fn.getcompletion('Spanglass traces here ', 'cmdline'), {})
    vim.cmd('Spanglass nothing')
    t.like(t.said[1], 'no `nothing`; there are doctor, log, page, replay')
  end)

  t.case('there are maps to choose keys for, and none is taken', function()
    for _, name in ipairs({ 'traces', 'here', 'replay' }) do
      t.equal(vim.fn.maparg(('<Plug>(spanglass-%s)'):format(name), 'n') == '', false)
    end
  end)

  t.case('the help has its tags', function()
    vim.cmd('helptags ' .. vim.fs.joinpath(t.root, 'doc'))
    assert(vim.tbl_contains(vim.fn.getcompletion(':Spanglass', 'help'), ':Spanglass'))
    assert(vim.tbl_contains(vim.fn.getcompletion('spanglass-replay', 'help'), 'spanglass-replay'))
    vim.fn.delete(vim.fs.joinpath(t.root, 'doc/tags'))
  end)

  t.case('a command without a server says what to do', function()
    vim.cmd('Spanglass traces')
    t.like(t.said[1], 'the server is not running; open a file')
  end)
end
