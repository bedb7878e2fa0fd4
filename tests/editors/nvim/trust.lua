-- A workspace that nobody decided on: the server asks, the user types an answer, and it is kept.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

t.run(function()
  require("understudy").setup(t.options())
  vim.api.nvim_input("1<CR>")
  vim.cmd("edit app.py")
  t.await("a trusted workspace", function()
    return t.status.trusted
  end)
  t.same(t.questions, 1, "questions of a first start")
  t.report_servers()

  t.status = {}
  vim.cmd("Understudy restart")
  t.await("a workspace that is still trusted", function()
    return t.status.trusted
  end)
  t.same(t.questions, 1, "questions of two starts")
  t.report_servers()
end)
