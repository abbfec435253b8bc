-- What happens when the server dies, and when there is none.

return function(t, place)
  ---Ids of the servers that this Neovim started.
  local function servers()
    return vim.tbl_filter(function(pid)
      local file = io.open(('/proc/%d/cmdline'):format(pid))
      local command = file and file:read('*a') or ''
      if file then
        file:close()
      end
      return command:find('\0lsp\0', 1, true) ~= nil
    end, vim.api.nvim_get_proc_children(vim.uv.os_getpid()))
  end

  t.case('a server that dies is started again, without a word', function()
    vim.cmd.edit('python/checkout/payments.py')
    local first = assert(servers()[1])
    vim.uv.kill(first, 'sigkill')
    t.wait('new server', function()
      return servers()[1] and servers()[1] ~= first
    end)
    t.wait('new client', function()
      local client = vim.lsp.get_clients({ bufnr = 0, name = 'spanglass' })[1]
      return client and client.initialized
    end)
    t.send_shop(place.port)
    local line = t.line_of('def charge')
    t.wait('lens on charge', function()
      return vim.iter(t.drawn(0, 'replay')):find(function(text)
        return vim.startswith(text, line .. ':')
      end)
    end)
    -- Neovim itself says that the client quit; the plugin has nothing to add to that.
    assert(not table.concat(t.said, '\n'):find('Spanglass:'), vim.inspect(t.said))
  end)

  t.case('checkhealth names the program, the receiver and what came', function()
    vim.cmd('checkhealth spanglass')
    local text = table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n')
    t.like(text, 'spanglass %d+%.%d+%.%d+')
    t.like(text, 'hosting 127%.0%.0%.1:%d+')
    t.like(text, '%d+ spans received')
    assert(not text:find('ERROR'), text)
    vim.cmd('bwipeout!')
  end)

  t.case('restart ends the server and starts another', function()
    vim.cmd.edit('python/checkout/payments.py')
    local first = assert(servers()[1])
    vim.cmd('Spanglass restart')
    t.wait('another server', function()
      local now = servers()
      return #now == 1 and now[1] ~= first and not t.alive(first)
    end)
    t.wait('client', function()
      local client = vim.lsp.get_clients({ bufnr = 0, name = 'spanglass' })[1]
      return client and client.initialized
    end)
    t.equal(t.said, {})
  end)

  t.case('a program that is missing is said once, with what to do', function()
    vim.lsp.enable('spanglass', false)
    t.wait('end of the server', function()
      return #servers() == 0
    end)
    vim.g.spanglass = { cmd = { '/nowhere/spanglass' } }
    vim.lsp.enable('spanglass')
    vim.cmd.edit('python/checkout/stock.py')
    vim.cmd.edit('python/checkout/store.py')
    t.wait('message', function()
      return t.said[1]
    end)
    t.equal(#t.said, 1)
    t.like(t.said[1], 'no program `/nowhere/spanglass`; install it or set vim%.g%.spanglass')
    vim.cmd('Spanglass traces')
    t.like(t.said[#t.said], 'no program')
    t.equal(servers(), {})
  end)
end
