-- Generated from server/app/commands.py: `make generate`
return {
  { name = "scanWorkspace", title = "Scan Workspace", client = false },
  { name = "runTask", title = "Run Task…", client = false },
  { name = "runTests", title = "Run Tests", client = false },
  { name = "runAgain", title = "Run Last Task Again", client = false },
  { name = "cancelTask", title = "Cancel Task…", client = false },
  { name = "showTasks", title = "Show Tasks", client = false },
  { name = "showStatus", title = "Show Status", client = false },
  { name = "showLeftOut", title = "Show What Is Left Out", client = false },
  { name = "toggleOnlyChanged", title = "Show Only What I Changed, or All", client = false },
  { name = "trust", title = "Trust This Workspace", client = false },
  { name = "untrust", title = "Do Not Trust This Workspace", client = false },
  { name = "debugInfo", title = "Show Debug Information", client = false },
  { name = "restart", title = "Restart Server", client = true },
  { name = "showOutput", title = "Show Output", client = true },
  { name = "reportProblem", title = "Report a Problem", client = true },
}
