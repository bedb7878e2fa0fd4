-- Generated from server/app/commands.py: `make generate`
return {
  { name = "scanWorkspace", title = "Scan Workspace", client = false },
  { name = "showStatus", title = "Show Status", client = false },
  { name = "trust", title = "Trust This Workspace", client = false },
  { name = "untrust", title = "Do Not Trust This Workspace", client = false },
  { name = "debugInfo", title = "Show Debug Information", client = false },
  { name = "restart", title = "Restart Server", client = true },
  { name = "showOutput", title = "Show Output", client = true },
  { name = "reportProblem", title = "Report a Problem", client = true },
}
