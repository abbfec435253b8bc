-- Sourced at start: defines the command and the maps and enables the server. Everything else is loaded when used.
if vim.g.loaded_spanglass then
  return
end
vim.g.loaded_spanglass = true

if vim.fn.has('nvim-0.11') == 0 then
  vim.notify_once('Spanglass needs Neovim 0.11 or newer', vim.log.levels.WARN)
  return
end

vim.api.nvim_create_user_command('Spanglass', function(args)
  require('spanglass.commands').run(args.fargs)
end, {
  nargs = '*',
  desc = 'Traces and replays of what the code did',
  complete = function(lead, line)
    return require('spanglass.commands').complete(lead, line)
  end,
})

for name, arguments in pairs({
  traces = { 'traces' },
  here = { 'traces', 'here' },
  replay = { 'replay', 'here' },
}) do
  vim.keymap.set('n', ('<Plug>(spanglass-%s)'):format(name), function()
    require('spanglass.commands').run(arguments)
  end, { desc = 'Spanglass: ' .. table.concat(arguments, ' ') })
end

if require('spanglass.config').get().enabled then
  vim.lsp.enable('spanglass')
end
