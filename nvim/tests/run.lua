-- nvim --clean -l nvim/tests/run.lua </dev/null : the plugin in a real Neovim against the real binary.
-- Ends with the line `N passed, N failed`; a run that stops half way has no such line.
-- The tests run in a second Neovim, since one that runs a script by `-l` has no screen with windows of real sizes.

local here = vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, 'S').source:sub(2)))

if not vim.env.SPANGLASS_BIN then
  io.stdout:write('SKIPPED run.lua: SPANGLASS_BIN not set; cargo xtask test sets what it built\n')
  os.exit(77)
end

local home = vim.uv.fs_realpath(vim.uv.fs_mkdtemp(vim.uv.os_tmpdir() .. '/spanglass-nvim-XXXXXX')) ---@cast home string
-- Once it has started, as for a user: before that, vim.lsp.enable() leaves buffers that are open alone.
local start = ("lua vim.schedule(function() vim.wait(9000, function() return vim.v.vim_did_enter == 1 end) dofile('%s/all.lua') end)"):format(
  here
)
local child = vim.system({ vim.v.progpath, '--clean', '--headless', '-c', start }, {
  env = { SPANGLASS_TEST_HOME = home, XDG_STATE_HOME = home .. '/state', XDG_DATA_HOME = home .. '/share' },
  stdout = function(_, data)
    io.stdout:write(data or '')
    io.stdout:flush()
  end,
})
local result = child:wait(110 * 1000)
vim.fn.delete(home, 'rf')
if result.code ~= 0 and result.stderr then
  io.stderr:write(result.stderr, '\n')
end
os.exit(result.code)
