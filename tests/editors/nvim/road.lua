-- The main road: open, see, edit, save, fix.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

local unused_import = { "F401" }
local eval = { "B307", "S307" }
local yaml_load = { "B506", "S506" }

t.run(function()
  local options = t.options({ init_options = { trusted = true } })
  if vim.lsp.enable then
    vim.lsp.config("understudy", options)
    vim.lsp.enable("understudy")
  else
    require("understudy").setup(options)
  end
  t.same(require("understudy").statusline(), "", "the statusline before a server runs")
  vim.cmd("edit app.py")

  local found = t.await_finding(eval)
  local line = t.line(found.lnum)
  t.same(line:sub(found.col + 1, found.col + 5), "eval(", "what the finding behind the emoji marks")
  t.check(line:find("🧾", 1, true) < found.col, "the emoji stands before the finding")
  t.await_finding(unused_import)
  t.await("a statusline with counts", function()
    return require("understudy").statusline():find("^Understudy: .*%d")
  end)
  t.report_servers()

  t.check(#t.findings({ "B324", "S324" }) == 0, "no weak hash in app.py yet")
  local last = vim.api.nvim_buf_line_count(0)
  vim.api.nvim_buf_set_lines(0, last, last, true, { "import hashlib", 'hashlib.md5("🧾".encode())' })
  vim.cmd("write")
  t.same(t.await_finding({ "B324", "S324" }).lnum, last + 1, "line of the finding that was typed")
  vim.api.nvim_buf_set_lines(0, last, last + 2, true, {})
  vim.cmd("write")
  t.await_no_finding({ "B324", "S324" })

  t.fix(t.await_finding(unused_import, "`os`"))
  t.check(not t.text():find("\nimport os\n"), "the unused import is gone from the buffer")
  t.check(t.text():find("\nimport subprocess\n"), "the import beside it stays")
  vim.cmd("write")
  t.await_no_finding(unused_import, "`os`")

  t.fix(t.await_finding(eval))
  t.check(t.text():find("number = [^;\n]*10_000[^;\n]* %+ order_id"), "what stands around eval stays")
  t.check(t.text():find('label = "🧾 " + auth.fingerprint(f"order {order_id}"); ', 1, true), "the start of the line stays")
  vim.cmd("write")
  t.await_no_finding(eval)
  t.check(#t.findings(yaml_load) > 0, "what was not fixed is still shown")
end)
