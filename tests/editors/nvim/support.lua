-- What the scenarios share. A scenario that fails prints why and ends Neovim with exit code 1.
local M = { status = {}, statuses = 0, questions = 0, messages = {} }

local patience = tonumber(vim.env.UNDERSTUDY_TEST_PATIENCE or "15") * 1000

function M.fail(text)
  local status = M.status.detail or "no status came"
  io.stdout:write(("\nFAILED: %s\nlast status: %s\n"):format(text, status))
  io.stdout:flush()
  vim.cmd("cquit 1")
end

function M.check(holds, text)
  if not holds then
    error(text, 2)
  end
end

function M.same(seen, expected, what)
  M.check(
    vim.deep_equal(seen, expected),
    ("%s: expected %s, not %s"):format(what, vim.inspect(expected), vim.inspect(seen))
  )
end

--- Returns the first truthy value of `probe`; `details` are what a failure tells besides.
function M.await(what, probe, details)
  local value
  vim.wait(patience, function()
    value = probe()
    return value
  end, 10)
  if not value then
    local seen = details and "; " .. vim.inspect(details()) or ""
    error(("waited %d s in vain for %s%s"):format(patience / 1000, what, seen), 2)
  end
  return value
end

function M.run(scenario)
  local ok, problem = xpcall(scenario, function(problem)
    return type(problem) == "string" and debug.traceback(problem, 2) or vim.inspect(problem)
  end)
  if not ok then
    return M.fail(problem)
  end
  vim.cmd("qall!")
end

vim.notify = function(text)
  table.insert(M.messages, text)
end

function M.await_message(pattern)
  return M.await("the message " .. pattern, function()
    for _, text in ipairs(M.messages) do
      if text:find(pattern) then
        return text
      end
    end
  end)
end

--- Gives the first answer to the question that follows an action, a function or a command of ours.
function M.agree_to(action)
  local asked = M.questions
  M.answer = "1<CR>"
  if type(action) == "string" then
    vim.cmd("Understudy " .. action)
  else
    action()
  end
  M.await("a question", function()
    return M.questions > asked
  end, function()
    return { action = type(action) == "string" and action, messages = M.messages }
  end)
end

--- The scenario's configuration of the client, which types `M.answer` where it is asked something, and also notes statuses, messages and questions that arrive.
function M.options(options)
  local on_status = require("understudy").config().handlers["understudy/status"]
  local own = {
    handlers = {
      ["understudy/status"] = function(failure, status, ...)
        M.status, M.statuses = status, M.statuses + 1
        return on_status(failure, status, ...)
      end,
      ["window/showMessage"] = function(failure, said, ...)
        table.insert(M.messages, said.message)
        return vim.lsp.handlers["window/showMessage"](failure, said, ...)
      end,
      ["window/showMessageRequest"] = function(...)
        M.questions = M.questions + 1
        if M.answer then
          vim.api.nvim_input(M.answer)
        end
        return vim.lsp.handlers["window/showMessageRequest"](...)
      end,
    },
  }
  if vim.env.UNDERSTUDY_TEST_SERVER then
    own.cmd = vim.split(vim.env.UNDERSTUDY_TEST_SERVER, "\n")
  end
  return vim.tbl_deep_extend("force", own, options or {})
end

function M.line(number)
  return vim.api.nvim_buf_get_lines(0, number, number + 1, true)[1]
end

--- The diagnostics whose code is one of `codes` and whose message contains `text`.
function M.findings(codes, text)
  return vim.tbl_filter(function(diagnostic)
    local lsp = (diagnostic.user_data or {}).lsp or {}
    return vim.tbl_contains(codes, diagnostic.code or lsp.code)
      and diagnostic.message:find(text or "", 1, true)
  end, vim.diagnostic.get(0))
end

function M.await_finding(codes, text)
  return M.await("a finding " .. table.concat(codes, " or "), function()
    return M.findings(codes, text)[1]
  end)
end

function M.await_no_finding(codes, text)
  M.await("no finding " .. table.concat(codes, " or "), function()
    return #M.findings(codes, text) == 0
  end)
end

function M.text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\n")
end

--- Applies the code action at `finding` whose title begins with `start`, "Fix:" where none is given.
function M.fix(finding, start)
  local offered = {}
  local select = vim.ui.select
  vim.ui.select = function(items, _, choose)
    for _, item in ipairs(items) do
      -- {id, action} before 0.10, {action, ctx} since
      local action = item.action or item[2]
      table.insert(offered, action.title)
      if vim.startswith(action.title, start or "Fix:") then
        return choose(item)
      end
    end
    choose(nil)
  end
  local before = M.text()
  vim.api.nvim_win_set_cursor(0, { finding.lnum + 1, finding.col })
  vim.lsp.buf.code_action()
  M.await("a fix in the buffer", function()
    return M.text() ~= before
  end, function()
    return { line = M.line(finding.lnum), offered = offered, messages = M.messages }
  end)
  vim.ui.select = select
end

--- The titles of the code lenses that came into sight, by line. What `get` takes and gives was changed with 0.12.
function M.lenses()
  local modern = vim.fn.has("nvim-0.12") == 1
  local titles = {}
  for _, each in ipairs(vim.lsp.codelens.get(modern and { bufnr = 0 } or 0)) do
    local lens = each.lens or each
    if lens.command then
      titles[lens.range.start.line + 1] = lens.command.title
    end
  end
  return titles
end

function M.show_lenses()
  if vim.fn.has("nvim-0.12") == 1 then
    vim.lsp.codelens.enable(true)
  else
    vim.lsp.codelens.refresh()
  end
end

--- Names the processes that Neovim started, for the test to look whether they outlive it.
function M.report_servers()
  for _, pid in ipairs(vim.api.nvim_get_proc_children(vim.fn.getpid())) do
    io.stdout:write("server " .. pid .. "\n")
  end
  io.stdout:flush()
end

return M
