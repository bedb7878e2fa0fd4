-- `:Understudy …`, and what the statusline says when the server dies.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

local function window_after(command)
  local before = vim.api.nvim_get_current_win()
  vim.cmd("Understudy " .. command)
  t.await("a window of " .. command, function()
    return vim.api.nvim_get_current_win() ~= before
  end)
  local text, name = t.text(), vim.api.nvim_buf_get_name(0)
  vim.cmd("bwipeout!")
  vim.api.nvim_set_current_win(before)
  return text, name
end

local function await_restart(what)
  local seen = t.statuses
  vim.diagnostic.reset()
  vim.cmd("Understudy restart")
  t.await("a server after " .. what, function()
    return t.statuses > seen and t.findings({ "F401" })[1]
  end)
  t.check(require("understudy").statusline() ~= "Understudy: stopped", "a server runs after " .. what)
  t.report_servers()
end

t.run(function()
  require("understudy").setup(t.options({ init_options = { trusted = true } }))

  local names = vim.fn.getcompletion("Understudy s", "cmdline")
  local expected = {}
  for _, command in ipairs(require("understudy.commands")) do
    if vim.startswith(command.name, "s") then
      table.insert(expected, command.name)
    end
  end
  t.same(names, expected, "completion of s")
  t.check(vim.tbl_contains(names, "showStatus"), "the statuses are shown by a command")
  vim.cmd("Understudy dance")
  t.await_message("no command 'dance'")
  vim.cmd("Understudy showStatus")
  t.await_message("no server runs")

  vim.cmd("edit app.py")
  t.await_finding({ "F401" })
  vim.cmd("Understudy scanWorkspace")
  t.await_message("%d+ findings in %d+ files")
  t.check(window_after("showStatus"):lower():find("ruff"), "the status names the tools")
  local information = window_after("debugInfo")
  t.check(window_after("reportProblem"):find(information:match("^[^\n]+"), 1, true), "a report carries the debug information")
  local _, log = window_after("showOutput")
  t.check(log:find("lsp.log$"), "the output is the log of the language client, not " .. log)

  -- In this order: a status that does not change is not told again.
  for _, step in ipairs({ { "untrust", false }, { "trust", true } }) do
    t.status = {}
    vim.cmd("Understudy " .. step[1])
    t.await("trusted = " .. tostring(step[2]), function()
      return t.status.trusted == step[2]
    end)
  end

  await_restart("a restart")
  for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
    vim.loop.kill(pid, "sigkill")
  end
  t.await("a statusline that says that the server stopped", function()
    return require("understudy").statusline() == "Understudy: stopped"
  end)
  await_restart("a crash")
end)
