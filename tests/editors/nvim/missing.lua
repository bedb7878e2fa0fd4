-- The server is not installed: the user is told so, and how it is.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

t.run(function()
  vim.g.understudy_python = "/no/such/python"
  require("understudy").setup()
  vim.cmd("edit app.py")
  local text = t.await_message("no program on PATH")
  t.check(text:find("/no/such/python", 1, true), text)
  t.check(text:find("pipx install", 1, true), text)
end)
