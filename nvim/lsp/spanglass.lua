-- Found by vim.lsp.enable(); what a user sets by vim.lsp.config('spanglass', …) is laid over it.
return require('spanglass.lsp').config()
