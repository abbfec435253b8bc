-- The list of traces and the waterfall buffer.

return function(t, place)
  ---The lens of that title on the line that holds `text`.
  ---@param text string
  ---@param title string
  local function lens(text, title)
    local line = t.line_of(text) - 1
    return t.wait(('lens `%s` on `%s`'):format(title, text), function()
      return vim.iter(vim.lsp.codelens.get(0)):find(function(each)
        return each.range.start.line == line and each.command and each.command.title:find(title, 1, true)
      end)
    end)
  end

  ---Runs a lens as vim.lsp.codelens.run() does when it is chosen.
  local function run(each)
    local client = vim.lsp.get_clients({ name = 'spanglass' })[1]
    client:exec_cmd(each.command, { bufnr = 0 })
  end

  ---The buffer of the trace that opened.
  local function waterfall()
    return t.wait('waterfall', function()
      return vim.bo.filetype == 'spanglass-trace' and vim.api.nvim_get_current_buf()
    end)
  end

  t.case('a lens lists the traces of its function, and the chosen one opens', function()
    vim.cmd.edit('python/checkout/payments.py')
    t.answer(function(items)
      return vim.iter(items):find(function(trace)
        return trace.errors > 0
      end)
    end)
    run(lens('def charge', 'traces'))
    local bufnr = waterfall()
    t.equal(t.asked.options.prompt, 'Traces of charge')
    t.equal(t.asked.options.kind, 'spanglass.trace')
    t.like(t.asked.options.format_item(t.asked.items[1]), 'storefront')
    local lines = vim.api.nvim_buf_get_lines(bufnr, 0, -1, false)
    t.like(lines[1], '%d+ spans')
    t.like(table.concat(lines, '\n'), 'charge card')
    t.equal(vim.bo[bufnr].modifiable, false)
  end)

  t.case('<CR> goes to the code of a span, K tells more, q closes', function()
    local bufnr = waterfall()
    local window = vim.api.nvim_get_current_win()
    vim.api.nvim_win_set_cursor(window, { t.line_of('charge card'), 0 })
    vim.api.nvim_feedkeys('K', 'x', false)
    local float = t.wait('float', function()
      return vim.iter(vim.api.nvim_list_wins()):find(function(each)
        return vim.api.nvim_win_get_config(each).relative ~= ''
      end)
    end)
    local text = vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(float), 0, -1, false)
    t.like(table.concat(text, '\n'), 'checkout: charge card\n.*charge in .*payments.py:%d+')
    vim.api.nvim_win_close(float, true)
    vim.api.nvim_feedkeys(vim.keycode('<CR>'), 'x', false)
    t.equal(vim.api.nvim_buf_get_name(0), place.shop .. '/python/checkout/payments.py')
    t.like(vim.api.nvim_get_current_line(), 'charge')
    vim.api.nvim_set_current_win(window)
    vim.api.nvim_feedkeys('q', 'x', false)
    t.equal(vim.api.nvim_buf_is_valid(bufnr), false)
  end)

  t.case(':Spanglass traces lists everything, those with errors, those of this function', function()
    local counts = {}
    for _, scope in ipairs({ 'all', 'errors', 'here' }) do
      vim.api.nvim_win_set_cursor(0, { t.line_of('def refund'), 6 })
      t.answer(function() end)
      vim.cmd('Spanglass traces ' .. scope)
      counts[scope] = #t.wait('list', function()
        return t.asked
      end).items
    end
    assert(counts.all > counts.errors and counts.errors > 0, vim.inspect(counts))
    assert(counts.all > counts.here and counts.here > 0, vim.inspect(counts))
  end)

  t.case('an unknown trace is one sentence', function()
    local id = ('f'):rep(32)
    vim.cmd('Spanglass trace ' .. id)
    t.wait('message', function()
      return t.said[1]
    end)
    t.equal(#t.said, 1)
    t.like(t.said[1], id)
    vim.cmd('Spanglass trace nonsense')
    t.like(t.said[2], '`nonsense` is no trace id')
  end)

  t.case('doctor answers in a buffer', function()
    vim.cmd('Spanglass doctor')
    t.wait('report', function()
      return vim.bo.buftype == 'nofile' and vim.fn.search('span', 'cnw') > 0
    end)
    vim.cmd.close()
  end)
end
