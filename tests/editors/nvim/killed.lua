-- Neovim dies without a word to its server.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

t.run(function()
  require("understudy").setup(t.options({ init_options = { trusted = true } }))
  vim.cmd("edit app.py")
  t.await_finding({ "F401" })
  t.report_servers()
  vim.loop.kill(vim.fn.getpid(), "sigkill")
end)
