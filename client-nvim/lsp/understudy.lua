-- Neovim 0.11+: `vim.lsp.enable("understudy")` finds this file on the runtimepath.
return require("understudy").config()
