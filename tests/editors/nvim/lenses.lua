-- Code lenses over tests: seen, and the one under the cursor run, by Neovim's own client.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

local TESTS = {
  "def test_bad():",
  "    assert 1 == 2",
  "",
  "",
  "def test_good():",
  "    assert True",
}

t.run(function()
  vim.fn.mkdir(".venv/bin", "p")
  local python = vim.g.understudy_python
  vim.fn.writefile({ "#!/bin/sh", "export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", ('exec "%s" "$@"'):format(python) }, ".venv/bin/python")
  vim.loop.fs_chmod(".venv/bin/python", 493)
  vim.fn.writefile({}, "pytest.ini")
  vim.fn.mkdir("checks", "p")
  vim.fn.writefile(TESTS, "checks/test_it.py")
  require("understudy").setup(t.options({ init_options = { trusted = true } }))
  vim.cmd("edit checks/test_it.py")
  t.await("a status", function()
    return t.statuses > 0
  end)
  t.show_lenses()
  t.await("the lenses", function()
    return t.lenses()[5]
  end)
  t.check(t.lenses()[5] == "Run test", "the lens of a test: " .. vim.inspect(t.lenses()))
  vim.api.nvim_win_set_cursor(0, { 5, 0 })
  vim.lsp.codelens.run()
  t.await("the test to pass", function()
    local before = vim.api.nvim_get_current_win()
    vim.cmd("Understudy showTasks")
    t.await("a window of tasks", function()
      return vim.api.nvim_get_current_win() ~= before
    end)
    local text = t.text()
    vim.cmd("bwipeout!")
    vim.api.nvim_set_current_win(before)
    return text:find("test_runner: done, 1 passed\n") or text:find("test_runner: done, 1 passed$")
  end)
  t.report_servers()
end)
