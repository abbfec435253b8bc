-- The language server's client: how it starts, what it adds to a buffer, what happens when the server dies.

local M = {}

local name = 'spanglass'
local filetypes = {
  'python',
  'javascript',
  'javascriptreact',
  'typescript',
  'typescriptreact',
  'rust',
  'go',
  'java',
  'kotlin',
  'cs',
  'php',
  'cpp',
  'c',
  'ruby',
  'elixir',
}

---@type table<integer, lsp.InlayHint[]> The hints last received, by buffer.
local hints_drawn = {}

local function settings()
  return require('spanglass.config').get()
end

---The program's absolute path, or one sentence that says what to do.
---@return string? path
---@return string? problem
function M.program()
  local program = settings().cmd[1] or 'spanglass'
  local path = vim.fn.exepath(vim.fs.normalize(program))
  if path ~= '' then
    return path
  end
  return nil,
    ('Spanglass: there is no program `%s`; install it or set vim.g.spanglass = { cmd = { … } }'):format(program)
end

---The command line of a subcommand such as `lsp`; nil with one sentence when there is no program.
---@param ... string
---@return string[]? command
---@return string? problem
function M.command(...)
  local path, problem = M.program()
  if not path then
    return nil, problem
  end
  local command = vim.list_extend({ path }, vim.list_slice(settings().cmd, 2))
  return vim.list_extend(command, { ... })
end

---What vim.lsp.enable() starts.
---@return vim.lsp.Config
function M.config()
  return {
    cmd = function(dispatchers, config)
      local command = assert(M.command('lsp'))
      return vim.lsp.rpc.start(command, dispatchers, { cwd = config and config.root_dir })
    end,
    filetypes = filetypes,
    root_dir = M.root_dir,
    init_options = {
      clientCommands = { 'spanglass.replay', 'spanglass.showTraces' },
      settings = next(settings().settings) and settings().settings or vim.empty_dict(),
    },
    -- Neovim 0.11 does not say this of itself; the handler below does it.
    capabilities = { workspace = { codeLens = { refreshSupport = true } } },
    commands = {
      ['spanglass.openTrace'] = function(command)
        require('spanglass.view').open(command.arguments[1].traceId)
      end,
      ['spanglass.replay'] = function(command)
        require('spanglass.dap').replay(command.arguments[1])
      end,
      ['spanglass.showTraces'] = function(command)
        require('spanglass.traces').of_function(command.arguments[1])
      end,
    },
    handlers = {
      ['spanglass/status'] = function(_, status)
        require('spanglass.status').set(status)
      end,
      ['workspace/codeLens/refresh'] = M.on_lens_refresh,
      ['textDocument/inlayHint'] = M.on_hints,
    },
    on_attach = M.on_attach,
    on_exit = M.on_exit,
  }
end

---The folder with a spanglass.toml, else the repository, else the working directory. A missing program is said here,
---once, and nothing is started.
---@param bufnr integer
---@param on_dir fun(root_dir: string)
function M.root_dir(bufnr, on_dir)
  if not vim.uri_from_bufnr(bufnr):match('^file:') then
    return
  end
  local path, problem = M.program()
  if not path then
    vim.notify_once(problem or '', vim.log.levels.WARN)
    return
  end
  on_dir(vim.fs.root(bufnr, 'spanglass.toml') or vim.fs.root(bufnr, '.git') or vim.fn.getcwd())
end

---The running client: the one of the current buffer, else any.
---@return vim.lsp.Client?
function M.client()
  return vim.lsp.get_clients({ name = name, bufnr = 0 })[1] or vim.lsp.get_clients({ name = name })[1]
end

---Asks the server; a refusal is shown as its one sentence, and `on_result` is then not called.
---@param method string
---@param params table
---@param on_result fun(result: any)
function M.request(method, params, on_result)
  local client = M.client()
  if not client then
    local _, problem = M.program()
    vim.notify(
      problem or 'Spanglass: the server is not running; open a file of your project first',
      vim.log.levels.WARN
    )
    return
  end
  client:request(method, next(params) and params or vim.empty_dict(), function(error, result)
    if error then
      vim.notify('Spanglass: ' .. error.message, vim.log.levels.WARN)
    else
      on_result(result)
    end
  end)
end

---@param client vim.lsp.Client
---@param bufnr integer
function M.on_attach(client, bufnr)
  local config = settings()
  hints_drawn[bufnr] = nil
  if config.hints then
    vim.lsp.inlay_hint.enable(true, { bufnr = bufnr })
  end
  if config.lenses then
    M.show_lenses(client, bufnr)
  end
end

---Shows lenses and keeps them fresh; newer Neovims do the second by themselves.
---@param client vim.lsp.Client
---@param bufnr integer
function M.show_lenses(client, bufnr)
  local enable = rawget(vim.lsp.codelens, 'enable') -- since Neovim 0.12
  if enable then
    enable(true, { bufnr = bufnr, client_id = client.id })
    return
  end
  vim.api.nvim_create_autocmd({ 'BufEnter', 'BufReadPost', 'InsertLeave', 'TextChanged' }, {
    group = vim.api.nvim_create_augroup('spanglass.lenses.' .. bufnr, {}),
    buffer = bufnr,
    desc = 'Spanglass: fresh lenses',
    callback = function()
      if client:is_stopped() then
        return true -- with the client goes the reason
      end
      M.ask_for_lenses(client, bufnr)
    end,
  })
  M.ask_for_lenses(client, bufnr)
end

---Not vim.lsp.codelens.refresh(): that never asks again for a buffer whose answer did not come, as happens when a server
---cancels the request or dies.
---@param client vim.lsp.Client
---@param bufnr integer
function M.ask_for_lenses(client, bufnr)
  local params = { textDocument = vim.lsp.util.make_text_document_params(bufnr) }
  client:request('textDocument/codeLens', params, function(error, result, context)
    if not error then
      vim.lsp.codelens.on_codelens(nil, result, context)
    end
  end, bufnr)
end

---Hints arrived. Neovim 0.11 forgets what it has drawn when a refresh is asked for, not when its answer comes: a redraw
---between the two draws the old hints once more, takes them for the new ones, and never draws those. So a change is
---followed by one more refresh, whose answer is the same and ends it.
function M.on_hints(error, result, context)
  vim.lsp.handlers['textDocument/inlayHint'](error, result, context)
  local bufnr = context.bufnr
  if error or not result or not bufnr or vim.deep_equal(hints_drawn[bufnr] or {}, result) then
    return
  end
  hints_drawn[bufnr] = result
  vim.lsp.handlers['workspace/inlayHint/refresh'](nil, nil, context)
end

---The server says that lenses changed: those that somebody may see are asked for again.
function M.on_lens_refresh(error, result, context)
  local native = vim.lsp.handlers['workspace/codeLens/refresh']
  if native ~= nil then
    return native(error, result, context)
  end
  local client = vim.lsp.get_client_by_id(context.client_id)
  if client and settings().lenses then
    for bufnr in pairs(client.attached_buffers) do
      if #vim.fn.win_findbuf(bufnr) > 0 then
        M.ask_for_lenses(client, bufnr)
      end
    end
  end
  return vim.NIL
end

---@type integer[] When the server ended by itself, in seconds.
local ends = {}
local delays_ms = { 200, 1000, 3000, 8000 }
local window_s = 180

---A server that died is started again, later and later, and after too many times in a short while not at all.
---@param code integer
---@param signal integer
function M.on_exit(code, signal)
  vim.schedule(function()
    require('spanglass.status').set(nil)
  end)
  local asked = signal == 15 or (code == 0 and signal == 0) or code == 143
  if asked or vim.v.exiting ~= vim.NIL then
    return
  end
  local now = os.time()
  ends = vim.tbl_filter(function(at)
    return now - at < window_s
  end, ends)
  local delay = delays_ms[#ends + 1]
  ends[#ends + 1] = now
  vim.schedule(function()
    if delay then
      vim.defer_fn(M.start, delay)
    else
      local problem = 'Spanglass: the server ended several times in a short while and stays off; see :Spanglass log'
      vim.notify(problem, vim.log.levels.ERROR)
    end
  end)
end

---Starts the server in every open buffer of its languages.
function M.start()
  vim.lsp.enable(name)
end

---Ends the server and starts it again, with the settings of now.
function M.restart()
  ends = {}
  local clients = vim.lsp.get_clients({ name = name })
  vim.lsp.enable(name, false)
  local function again()
    local left = vim.tbl_filter(function(client)
      return not client:is_stopped()
    end, clients)
    if #left > 0 then
      vim.defer_fn(again, 50)
      return
    end
    vim.lsp.config(name, M.config())
    M.start()
  end
  again()
end

return M
