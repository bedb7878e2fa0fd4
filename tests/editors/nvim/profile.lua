-- A file is profiled by a command, and what its functions take is seen above them.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

local SLOW = {
  "def hot():",
  "    return sum(each * each for each in range(4_000_000))",
  "",
  "",
  "hot()",
}

t.run(function()
  vim.fn.mkdir(".venv/bin", "p")
  vim.fn.writefile({ "#!/bin/sh", ('exec "%s" "$@"'):format(vim.g.understudy_python) }, ".venv/bin/python")
  vim.loop.fs_chmod(".venv/bin/python", 493)
  vim.fn.writefile(SLOW, "slow.py")
  require("understudy").setup(t.options({ init_options = { trusted = true } }))
  vim.cmd("edit slow.py")
  t.await("a status", function()
    return t.statuses > 0
  end)
  vim.cmd("Understudy profileFile")
  t.await_message("python slow.py took %d+%.%d s and ended with 0%. .*hot in slow.py takes %d+ %% of the time by itself%.")
  t.show_lenses()
  t.await("the hint", function()
    return t.lenses()[1]
  end)
  t.check(t.lenses()[1]:find("^%d+ %% of %d+%.%d s · line 2: %d+ %% · profile of python slow%.py$"), "the hint: " .. vim.inspect(t.lenses()))
  vim.cmd("Understudy clearProfile")
  t.await_message("Forgot 1 profile%.")
  io.stderr:write("\n") -- a message ends without one
  t.report_servers()
end)
