-- Lenses, hints and hover of the shop's functions, from spans that arrive while the buffer is open.

return function(t, place)
  t.case('the server attaches to a file of its languages', function()
    vim.cmd.edit('python/checkout/payments.py')
    local client = t.wait('client', function()
      return vim.lsp.get_clients({ bufnr = 0, name = 'spanglass' })[1]
    end)
    t.wait('initialized client', function()
      return client.initialized
    end)
    t.equal(client.root_dir, place.shop)
    t.equal(t.drawn(0, 'calls'), {})
  end)

  t.case('lenses are drawn when spans arrive', function()
    t.send_shop(place.port)
    local line = t.line_of('def charge')
    t.wait('lens on charge', function()
      return vim
        .iter(t.drawn(0, '%d+ calls? · p50 .+ · p95 .+ · %d+ errors? | ▶ replay | traces'))
        :find(function(text)
          return vim.startswith(text, line .. ':')
        end)
    end)
  end)

  t.case('hints at call sites are drawn', function()
    vim.cmd.edit('python/checkout/orders.py')
    local line = t.line_of('payments.charge(')
    t.wait('hint at the call of charge', function()
      return vim.iter(t.drawn(0, '⟶ .*%d')):find(function(text)
        return vim.startswith(text, line .. ':')
      end)
    end)
  end)

  t.case('hover tells the distribution and the evidence', function()
    vim.cmd.edit('python/checkout/payments.py')
    vim.api.nvim_win_set_cursor(0, { t.line_of('def charge'), 6 })
    vim.lsp.buf.hover()
    local text = t.wait('hover window', function()
      for _, window in ipairs(vim.api.nvim_list_wins()) do
        if vim.api.nvim_win_get_config(window).relative ~= '' then
          return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(window), 0, -1, false), '\n')
        end
      end
    end)
    t.like(text, 'p50')
    t.like(text, 'certain')
    t.like(text, 'payments.py:%d+')
    vim.cmd('fclose!')
  end)

  t.case('the statusline component counts what came', function()
    t.wait('count', function()
      return require('spanglass').status():find('%d+ spans')
    end)
    vim.cmd('Spanglass status')
    t.wait('answer', function()
      return t.said[1]
    end)
    t.like(t.said[1], 'spans received, %d+ placed on %d+ functions')
  end)

  t.case('lenses move with their function when lines are put above it', function()
    local before = t.line_of('def charge')
    vim.api.nvim_buf_set_lines(0, 0, 0, false, { '# one', '# two' })
    vim.api.nvim_exec_autocmds('TextChanged', { buffer = 0 })
    t.wait('lens two lines below', function()
      return vim.iter(t.drawn(0, 'replay')):find(function(text)
        return vim.startswith(text, (before + 2) .. ':')
      end)
    end)
    vim.cmd('edit!')
  end)
end
