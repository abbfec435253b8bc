-- Every test, in the Neovim that run.lua starts.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))
package.path = here .. '/?.lua;' .. package.path
local t = require('support')

local home = assert(vim.env.SPANGLASS_TEST_HOME, 'run.lua starts this file')
local shop = t.copy_shop(home)
local port = t.free_port()
vim.env.SPANGLASS_RECEIVER__HTTP = '127.0.0.1:' .. port
vim.env.SPANGLASS_DATA_DIR = home .. '/data'
vim.cmd.cd(shop)
vim.o.columns, vim.o.lines = 140, 40

-- A prompt would end a run without a terminal: whoever asks gets what the test laid ready.
local choice
vim.ui.select = function(items, options, on_choice)
  t.asked = { items = items, options = options }
  on_choice(choice and choice(items) or nil)
end
vim.notify = function(message)
  table.insert(t.said, message)
end

vim.g.spanglass = { cmd = { vim.env.SPANGLASS_BIN } }
vim.opt.runtimepath:prepend(t.root)
vim.cmd.runtime('plugin/spanglass.lua')
vim.cmd('filetype on')

---Answers the next question with the item that `pick` chooses.
---@param pick fun(items: any[]): any
function t.answer(pick)
  t.asked, choice = nil, pick
end

for _, suite in ipairs({ 'plain', 'figures', 'traces', 'replay', 'life' }) do
  local ok, problem = pcall(function()
    require('test_' .. suite)(t, { shop = shop, port = port })
  end)
  if not ok then
    t.failed = t.failed + 1
    t.write(('FAIL  %s: %s'):format(suite, problem))
  end
end

local clients = vim.lsp.get_clients()
vim.lsp.stop_client(clients)
vim.wait(5000, function()
  return #vim.lsp.get_clients() == 0
end, 20)
t.write(('%d passed, %d failed'):format(t.passed, t.failed))
os.exit(t.failed == 0 and t.passed > 0 and 0 or 1)
