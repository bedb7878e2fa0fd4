-- A command is tried, what it would change is shown, made in the buffer and on disk, and taken back.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

local function try(line, said)
  t.messages = {}
  vim.cmd("Understudy runInSandbox " .. line)
  t.await_message(said)
end

local function printed()
  return table.concat(vim.api.nvim_buf_get_lines(vim.fn.bufnr("understudy://sandbox"), 0, -1, false), "\n")
end

local function is_executable()
  return vim.fn.getfperm("app.py"):sub(3, 3) == "x"
end

t.run(function()
  require("understudy").setup(t.options({ init_options = { trusted = true } }))
  vim.fn.writefile({ "precious" }, "gone.txt")
  vim.cmd("edit app.py")
  t.await_finding({ "F401" })
  local before = t.text()

  try([[sh -c 'printf "\033[31msaid\n"; echo "# more" >> app.py']], "Clean%. It would change 1 file")
  t.await("what it printed, and what came of it", function()
    return printed():find("\nsaid\n── Level A. Clean%. It would change 1 file%.\n.*applyChanges")
  end, printed)
  t.same(vim.fn.expand("%:t"), "app.py", "the window in which one goes on")
  vim.cmd("Understudy showChanges")
  t.await("a window with the changes", function()
    return t.text():find("+# more", 1, true)
  end)
  vim.cmd("bwipeout!")
  vim.cmd("1wincmd w")
  t.same(t.text(), before, "the buffer, while nothing is applied")

  t.agree_to("applyChanges")
  t.await("the change in the buffer", function()
    return t.text() == before .. "\n# more"
  end, function()
    return { text = t.text():sub(-40), messages = t.messages }
  end)
  vim.cmd("silent undo")
  t.same(t.text(), before, "the buffer after the editor's own undo")
  vim.cmd("silent redo")
  vim.cmd("silent write")

  try([[sh -c 'printf "x = 1\n" > made.py; rm gone.txt']], "Clean%. It would change 2 files")
  t.agree_to("applyChanges")
  t.await_message("Applied")
  t.same(vim.fn.readfile("made.py", "b"), { "x = 1", "" }, "the file that was made")
  t.same(vim.fn.filereadable("gone.txt"), 0, "the file that was deleted")
  t.agree_to("undoLast")
  t.await_message("Undone")
  t.same(vim.fn.readfile("gone.txt"), { "precious" }, "the file that was deleted")
  t.same(vim.fn.filereadable("made.py"), 0, "the file that was made")

  try("chmod +x app.py", "Clean%. It would change 1 file")
  t.agree_to("applyChanges")
  t.await_message("Applied")
  t.check(is_executable(), "the mode is on disk")
  t.agree_to("undoLast")
  t.await_message("Undone")
  t.check(not is_executable(), "the mode is as it was")

  t.agree_to("undoLast")
  t.await("the buffer is as it was before all of it", function()
    return t.text() == before
  end)
  io.stdout:write("\n")
  t.report_servers()
end)
