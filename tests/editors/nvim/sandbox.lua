-- A command is tried, what it would change is shown, made in the buffer and on disk, and taken back.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

local function try(line, said)
  t.messages = {}
  vim.cmd("Understudy runInSandbox " .. line)
  t.await_message(said)
end

-- Gives the first answer to the question.
local function agree_to(command)
  local asked = t.questions
  t.answer = "1<CR>"
  vim.cmd("Understudy " .. command)
  t.await("a question of " .. command, function()
    return t.questions > asked
  end)
end

local function is_executable()
  return vim.fn.getfperm("app.py"):sub(3, 3) == "x"
end

t.run(function()
  require("understudy").setup(t.options({ init_options = { trusted = true } }))
  vim.cmd("edit app.py")
  t.await_finding({ "F401" })
  local before = t.text()

  try([[sh -c 'echo "# more" >> app.py']], "Clean%. It would change 1 file")
  vim.cmd("Understudy showChanges")
  t.await("a window with the changes", function()
    return t.text():find("+# more", 1, true)
  end)
  vim.cmd("bwipeout!")
  t.same(t.text(), before, "the buffer, while nothing is applied")

  agree_to("applyChanges")
  t.await("the change in the buffer", function()
    return t.text() == before .. "\n# more"
  end, function()
    return { text = t.text():sub(-40), messages = t.messages }
  end)
  vim.cmd("silent undo")
  t.same(t.text(), before, "the buffer after the editor's own undo")
  vim.cmd("silent redo")
  vim.cmd("silent write")

  try("touch made.py", "Clean%. It would change 1 file")
  agree_to("applyChanges")
  t.await("a file that was made", function()
    return vim.fn.filereadable("made.py") == 1
  end)

  try("chmod +x app.py", "Clean%. It would change 1 file")
  agree_to("applyChanges")
  t.await_message("Applied")
  t.check(is_executable(), "the mode is on disk")
  agree_to("undoLast")
  t.await_message("Undone")
  t.check(not is_executable(), "the mode is as it was")
  io.stdout:write("\n")
  t.report_servers()
end)
