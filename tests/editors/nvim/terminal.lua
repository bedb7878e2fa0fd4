-- Commands in a terminal are told to nobody, also where they may be: this client has no eye on them.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

t.run(function()
  vim.fn.mkdir(".understudy", "p")
  vim.fn.writefile({ "activity: {terminal: true}" }, ".understudy/config.yaml")
  require("understudy").setup(t.options({ init_options = { trusted = true } }))
  vim.cmd("edit app.py")
  t.await_finding({ "F401" })

  local ended = false
  vim.cmd("enew")
  vim.fn.termopen({ "sh", "-c", "echo greenhouse" }, {
    on_exit = function()
      ended = true
    end,
  })
  t.await("the end of the command", function()
    return ended
  end)
  vim.cmd("bwipeout!")
end)
