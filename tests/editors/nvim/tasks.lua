-- Tasks: run by name and again, listed, cancelled.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

local function listed()
  local before = vim.api.nvim_get_current_win()
  vim.cmd("Understudy showTasks")
  t.await("a window of tasks", function()
    return vim.api.nvim_get_current_win() ~= before
  end)
  local text = t.text()
  vim.cmd("bwipeout!")
  vim.api.nvim_set_current_win(before)
  return text
end

local function await_listed(pattern)
  t.await("a job " .. pattern, function()
    return listed():find(pattern)
  end)
end

t.run(function()
  vim.fn.mkdir(".understudy", "p")
  vim.fn.writefile({
    "tasks:",
    "  custom:",
    "    wait: {command: [sleep, '1000']}",
    "    release:",
    "      command: [sh, -c, 'test $0$1$2 = majorquickv1', '${{ part }}', '${{ mode }}', '${{ name }}']",
    "      parameters: {mode: quick}",
    "      ask: {part: {text: 'Which part?', choices: [minor, major]}}",
  }, ".understudy/config.yaml")
  require("understudy").setup(t.options({ init_options = { trusted = true } }))
  vim.cmd("edit app.py")
  t.await_finding({ "F401" })
  t.check(listed():find("security_scan  Security scan"), "the tasks are listed")

  vim.cmd("Understudy runTask security_scan")
  t.await_message("#1 security_scan")
  await_listed("#1 security_scan: done, %d+ issues")
  vim.cmd("Understudy runAgain")
  await_listed("#2 security_scan: done")

  vim.cmd("Understudy runTask wait")
  await_listed("#3 wait: running")
  vim.cmd("Understudy cancelTask 3")
  await_listed("#3 wait: cancelled")
  vim.cmd("Understudy cancelTask 3")
  t.await_message("no such task runs or waits")

  local asked = {}
  vim.ui.select = function(items, options, on_choice)
    table.insert(asked, options.prompt)
    on_choice(items[2])
  end
  vim.ui.input = function(options, on_answer)
    table.insert(asked, options.prompt)
    on_answer("v1")
  end
  vim.cmd("Understudy runTask release")
  await_listed("#4 release: done")
  t.same(asked, { "Which part?", "name " }, "what was asked for")
  t.report_servers()
end)
