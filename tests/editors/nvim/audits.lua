-- A dependency with a known weakness is raised at its line, after which the audit finds nothing.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

local function audit()
  t.messages = {}
  vim.cmd("Understudy runTask dependency_audit")
  t.await_message("dependency_audit")
end

t.run(function()
  vim.fn.writefile({ "# 😀", "requests==2.19.0  # 😀" }, "requirements.txt")
  local audits = { osvUrl = vim.env.UNDERSTUDY_TEST_OSV }
  require("understudy").setup(t.options({
    init_options = { trusted = true },
    settings = { understudy = { audit = audits, tasks = { retries = 0 } } },
  }))
  vim.cmd("edit requirements.txt")
  t.await("a server that is attached and idle", function()
    return t.status.state == "idle"
  end)
  audit()
  local finding = t.await_finding({ "PYSEC-2018-28" })
  t.same(finding.lnum, 1, "the finding's line")

  t.fix(finding, "Raise requests to 2.20.0")
  t.same(t.line(1), "requests==2.20.0  # 😀", "the line that was raised")
  vim.cmd("silent write")
  audit()
  t.await_no_finding({ "PYSEC-2018-28" })
  t.report_servers()
end)
