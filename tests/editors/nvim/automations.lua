-- What was done again and again is offered, previewed, created, run and taken back; no edit is lost.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)
local title = "create tests/test_{file.stem}.py"
local test = "tests/test_refund.py"
local here = "create " .. test

-- Takes the code action whose title begins so.
local function take(start)
  local select, offered, taken = vim.ui.select, {}, false
  vim.ui.select = function(items, _, choose)
    for _, item in ipairs(items) do
      local action = item.action or item[2]
      table.insert(offered, action.title)
      if vim.startswith(action.title, start) then
        vim.ui.select, taken = select, true
        return choose(item)
      end
    end
    vim.ui.select = select
  end
  vim.api.nvim_win_set_cursor(0, { 4, 5 })
  vim.lsp.buf.code_action()
  t.await("the action " .. start, function()
    return taken
  end, function()
    return { offered = offered, messages = t.messages }
  end)
end

local function window_after(what, action)
  local before = vim.api.nvim_get_current_win()
  action()
  t.await("a window of " .. what, function()
    return vim.api.nvim_get_current_win() ~= before
  end, function()
    return t.messages
  end)
  local text, filetype = t.text(), vim.bo.filetype
  vim.cmd("bwipeout!")
  vim.api.nvim_set_current_win(before)
  return text, filetype
end

local function exists(path)
  return vim.fn.filereadable(path) == 1
end

local function text_of(path)
  return table.concat(vim.fn.readfile(path), "\n")
end

t.run(function()
  require("understudy").setup(t.options({ init_options = { trusted = true } }))
  vim.cmd("edit refund.py")
  t.await_finding({ "F401" })
  vim.cmd("Understudy runAutomation")
  t.await_message("there is no automation so far")
  vim.cmd("Understudy learnNow")
  t.await_message("is offered")

  local diff, kind = window_after("the preview", function()
    take("Preview: " .. here)
  end)
  t.check(diff:find("+from refund import total", 1, true), "the preview has the test: " .. diff)
  t.same(kind, "diff", "the kind of the preview")
  t.check(not exists(test), "a preview makes nothing")
  vim.cmd("Understudy createAutomation nobody")
  t.await_message("there is no automation 'nobody' that is offered")
  take("Create automation: " .. title)
  t.await_message("Created")

  vim.cmd("Understudy runAutomation nobody")
  t.await_message("there is no automation 'nobody'")
  local page, markdown = window_after("the automations", function()
    vim.cmd("Understudy showAutomations")
  end)
  t.same(markdown, "markdown", "the kind of the page")
  local name = page:match("\n## ([^\n]+)\n")
  diff = window_after("the preview by name", function()
    vim.cmd("Understudy previewAutomation " .. name)
  end)
  t.check(diff:find("+from refund import total", 1, true), "the current file is what it is for")

  vim.api.nvim_buf_set_lines(0, 0, 0, true, { "# mine" })
  local edited = t.text()
  t.agree_to(function()
    take("Run: " .. here)
  end)
  t.await("the test", function()
    return exists(test)
  end, function()
    return t.messages
  end)
  t.check(text_of(test):find("from refund import total", 1, true), "the test is there")
  t.same(t.text(), edited, "the buffer that was not saved")
  t.check(vim.bo.modified, "it is still not saved")
  t.check(not text_of("refund.py"):find("# mine", 1, true), "nor is it on disk")

  t.messages = {}
  t.agree_to("undoLast")
  t.await_message("Undone")
  t.check(not exists(test), "the test is gone")
  t.same(t.text(), edited, "the buffer after the undo")

  vim.cmd("Understudy enableAutomation")
  t.await_message("there is no automation that is disabled")
  vim.cmd("Understudy disableAutomation nobody")
  t.await_message("there is no automation 'nobody' that is active")
  vim.cmd("Understudy disableAutomation " .. name)
  t.await_message("is disabled now")
  vim.cmd("Understudy runAutomation " .. name)
  t.await_message("that could be run")
  local select, labels = vim.ui.select, {}
  vim.ui.select = function(items, options, choose)
    vim.ui.select = select
    labels = vim.tbl_map(options.format_item, items)
    choose(items[1])
  end
  t.await("a list of those that are disabled", function()  -- the server tells of them by itself
    vim.cmd("Understudy enableAutomation")
    return labels[1]
  end)
  t.await_message("is active now")
  t.same(labels, { name .. ": " .. title }, "those that can be enabled")

  -- Below edits that are not saved nothing is written.
  vim.cmd("silent write")
  vim.cmd("split " .. test)
  vim.api.nvim_buf_set_lines(0, 0, -1, true, { "mine = 1" })
  vim.cmd("wincmd p")
  t.messages = {}
  vim.cmd("Understudy runAutomation " .. name)
  t.await_message("save test_refund.py first")
  t.check(not exists(test), "nothing was written below the edit")
  t.same(vim.api.nvim_buf_get_lines(vim.fn.bufnr(test), 0, -1, true), { "mine = 1" }, "the edit")
  vim.cmd("bwipeout! " .. test)
  io.stdout:write("\n")
  t.report_servers()
end)
