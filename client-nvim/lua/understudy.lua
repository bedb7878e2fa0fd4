-- Understudy in Neovim 0.7 and later: how its server is started, its commands and its statusline text.
-- Diagnostics, code actions, progress and the question of trust are Neovim's own LSP client.

local M = {}

-- The last `understudy/status` by client id. It outlives the client: a server that ended must not look clean.
local statuses = {}

-- Set below, when what it needs is there.
local automations

local function tell(text, level)
  vim.notify("Understudy: " .. text, vim.log.levels[level or "INFO"])
end

-- Methods of a client took no `self` before 0.11.
local function call(client, method, ...)
  if vim.fn.has("nvim-0.11") == 1 then
    return client[method](client, ...)
  end
  return client[method](...)
end

local function clients(bufnr)
  local all = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
  return vim.tbl_filter(function(client)
    return client.name == "understudy" and (not bufnr or vim.lsp.buf_is_attached(bufnr, client.id))
  end, all)
end

local function on_status(_, status, context)
  statuses[context.client_id] = status
  vim.cmd("redrawstatus!")
end

-- `-P` keeps Python from importing modules of the folder that it starts in: the workspace.
local function server()
  local command = { "understudy", "lsp" }
  if vim.g.understudy_python then
    command = { vim.fn.expand(vim.g.understudy_python), "-P", "-m", "understudy", "lsp" }
  end
  if vim.fn.executable(command[1]) == 0 then
    vim.schedule(function()
      local way = "install it (pipx install ./understudy), or set g:understudy_python to a Python that has it"
      tell(("'%s' is no program on PATH: %s"):format(command[1], way), "ERROR")
    end)
  end
  return command
end

--- The client's configuration, in the shape of `vim.lsp.Config`.
--- A repository is one workspace, as in other editors: its root goes before that of a package in it.
function M.config()
  return {
    name = "understudy",
    cmd = server(),
    filetypes = vim.deepcopy(require("understudy.filetypes")),
    root_markers = { ".understudy", ".git", "pyproject.toml", "setup.cfg", "setup.py" },
    settings = {},
    handlers = {
      ["understudy/status"] = on_status,
      ["understudy/learned"] = function(...)
        automations.on_learned(...)
      end,
      ["understudy/sandboxOutput"] = require("understudy.sandbox").on_output,
    },
    commands = {
      ["understudy.previewAutomation"] = function(command)
        automations.preview(command)
      end,
    },
  }
end

local function root(path, markers)
  for _, marker in ipairs(markers) do
    local folder = path
    repeat
      local child = folder
      folder = vim.fn.fnamemodify(child, ":h")
      if vim.loop.fs_stat(folder .. "/" .. marker) then
        return folder
      end
    until folder == child
  end
end

local function start(config, bufnr)
  if vim.bo[bufnr].buftype ~= "" then
    return
  end
  config = vim.deepcopy(config)
  config.root_dir = root(vim.api.nvim_buf_get_name(bufnr), config.root_markers)
  -- Neovim 0.7 does not tell a server that it can be asked for settings.
  local given = { settings = config.settings.understudy }
  config.init_options = vim.tbl_extend("keep", config.init_options or {}, given)
  if vim.lsp.start then
    vim.lsp.start(config)
    return
  end
  for _, client in ipairs(clients()) do
    if client.config.root_dir == config.root_dir then
      vim.lsp.buf_attach_client(bufnr, client.id)
      return
    end
  end
  local id = vim.lsp.start_client(config)
  if id then
    vim.lsp.buf_attach_client(bufnr, id)
  end
end

--- Starts a server for every project whose files are opened from now on.
--- `options` are laid over `M.config()`, for example `{ settings = { understudy = { … } } }`.
function M.setup(options)
  if vim.lsp.enable then
    vim.lsp.config("understudy", options or {})
    vim.lsp.enable("understudy")
    return
  end
  local config = vim.tbl_deep_extend("force", M.config(), options or {})
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("understudy", {}),
    pattern = vim.list_extend({ "text" }, config.filetypes),
    callback = function(event)
      -- In 0.7 a requirements file is a text like any other.
      if event.match ~= "text" or event.file:find("requirements") then
        start(config, vim.api.nvim_get_current_buf())
      end
    end,
  })
end

local marks = { idle = "", running = "… ", attention = "! " }

--- What the server of the current buffer says, in one line; empty where there is none.
--- `:Understudy showStatus` gives the reasons behind a `!`.
function M.statusline()
  local ended = false
  for id, status in pairs(statuses) do
    if vim.lsp.buf_is_attached(0, id) then
      local strain = type(status.strain) == "table" and not status.strain.acknowledged and status.strain.brief
      local said = (marks[status.state] or status.state .. " ") .. status.summary
      return "Understudy: " .. said .. (strain and ", " .. strain or "")
    end
    ended = ended or not vim.lsp.get_client_by_id(id)
  end
  return ended and "Understudy: stopped" or ""
end

local function show(text, filetype)
  vim.cmd("botright new")
  vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.split(text, "\n"))
  vim.bo.buftype, vim.bo.bufhidden, vim.bo.modified = "nofile", "wipe", false
  if filetype then
    -- What an editor lacks to colour it is no reason not to show it.
    pcall(vim.cmd, "silent! setlocal filetype=" .. filetype)
  end
end

-- Text of several lines gets a window, everything else a message.
local function present(result)
  if type(result) == "string" and result:find("\n") then
    show(result)
  elseif type(result) == "string" then
    tell(result)
  elseif type(result) == "table" then
    local parts = {}
    for key, value in pairs(result) do
      table.insert(parts, ("%s: %s"):format(key, type(value) == "table" and #value or value))
    end
    table.sort(parts)
    tell(table.concat(parts, ", "))
  end
end

local function execute(name, on_result, arguments)
  local client = clients(vim.api.nvim_get_current_buf())[1] or clients()[1]
  if not client then
    tell("no server runs; open a Python file, or see why with :Understudy showOutput", "WARN")
    return
  end
  local parameters = { command = "understudy." .. name, arguments = arguments or {} }
  call(client, "request", "workspace/executeCommand", parameters, function(failure, result)
    if failure then
      tell(("%s failed: %s"):format(name, failure.message), "ERROR")
    else
      on_result(result)
    end
  end)
end

local function job_line(job)
  local said = job.status == "done" and job.summary or job.why
  if job.state == "running" then
    said = job.message
  end
  local state = job.state == "ended" and job.status or job.state
  return ("#%d %s: %s%s"):format(job.id, job.task, state, said ~= "" and ", " .. said or "")
end

-- The jobs of all folders that `wanted` takes, as items for `vim.ui.select`.
local function jobs(folders, wanted)
  local found = {}
  for _, folder in ipairs(folders or {}) do
    for _, job in ipairs(folder.jobs) do
      if wanted(job) then
        table.insert(found, { root = folder.root, job = job })
      end
    end
  end
  return found
end

local function choose(items, prompt, format, on_choice)
  vim.ui.select(items, { prompt = prompt, format_item = format }, function(item)
    if item then
      on_choice(item)
    end
  end)
end

local function started(job)
  if type(job) == "table" then
    tell(job_line(job))
  end
end

-- Commands that ask for what was not given on the command line, or show their answer in their own way.
local asking = {}

function asking.showTasks()
  execute("showTasks", function(folders)
    local lines = {}
    for _, folder in ipairs(folders or {}) do
      table.insert(lines, folder.root)
      for _, task in ipairs(folder.tasks) do
        table.insert(lines, ("  %s  %s"):format(task.name, task.title))
      end
      for _, job in ipairs(folder.jobs) do
        table.insert(lines, "  " .. job_line(job))
      end
    end
    show(table.concat(lines, "\n"))
  end)
end

function asking.scanWorkspace()
  execute("scanWorkspace", function(scan)
    if type(scan) == "table" then
      tell(("%d findings in %d files"):format(scan.findings, scan.files))
    end
  end)
end

-- Asks for the parameters from `number` on that are not given and have no default; Neovim's `null` is `vim.NIL`.
local function ask_for(parameters, number, given, on_answers)
  local parameter = parameters[number]
  if not parameter then
    on_answers(given)
    return
  end
  local function answered(answer)
    if answer then
      given[parameter.name] = answer
      ask_for(parameters, number + 1, given, on_answers)
    end
  end
  local choices = parameter.type == "boolean" and { "true", "false" } or parameter.choices
  local question = parameter.question ~= "" and parameter.question or parameter.name
  local has_default = parameter.default ~= vim.NIL and parameter.default ~= nil
  if has_default or given[parameter.name] ~= nil then
    ask_for(parameters, number + 1, given, on_answers)
  elseif #choices > 0 then
    vim.ui.select(choices, { prompt = question }, answered)
  else
    vim.ui.input({ prompt = question .. " " }, answered)
  end
end

function asking.runTask(name)
  local function run(task, root)
    execute("taskParameters", function(parameters)
      if type(parameters) == "table" then
        ask_for(parameters, 1, vim.empty_dict(), function(given)
          execute("runTask", started, { task, given, root })
        end)
      end
    end, { task, root })
  end
  if name then
    run(name)
    return
  end
  execute("showTasks", function(folders)
    local tasks = {}
    for _, folder in ipairs(folders or {}) do
      for _, task in ipairs(folder.tasks) do
        table.insert(tasks, { name = task.name, title = task.title, root = folder.root })
      end
    end
    choose(tasks, "Which task?", function(task)
      return task.title
    end, function(task)
      run(task.name, task.root)
    end)
  end)
end

function asking.runTests()
  execute("runTests", started)
end

function asking.profileFile()
  local line = vim.api.nvim_win_get_cursor(0)[1]
  execute("profileFile", function() end, { vim.uri_from_bufnr(0), line })
end

function asking.clearProfile()
  execute("clearProfile", function() end)
end

function asking.runAgain()
  execute("runAgain", started)
end

function asking.cancelTask(id)
  execute("showTasks", function(folders)
    local open = jobs(folders, function(job)
      return job.state ~= "ended" and (not id or job.id == tonumber(id))
    end)
    local function cancel(item)
      execute("cancelTask", function() end, { item.root, item.job.id })
    end
    if #open == 0 then
      tell("no such task runs or waits")
    elseif id then
      cancel(open[1])
    else
      choose(open, "Which one?", function(item)
        return job_line(item.job)
      end, cancel)
    end
  end)
end

function asking.runInSandbox(given)
  local sandbox = require("understudy.sandbox")
  local function try(line)
    if line and line ~= "" and #clients() > 0 then
      sandbox.begin(line)
    end
    if line and line ~= "" then
      execute("runInSandbox", sandbox.finish, { line })
    end
  end
  if given then
    try(given)
  else
    vim.ui.input({ prompt = "Which command? (Pipes, && and > need sh -c '…') " }, try)
  end
end

automations = require("understudy.automations")({
  execute = execute,
  ask_for = ask_for,
  choose = choose,
  show = show,
  tell = tell,
})
for _, name in ipairs({
  "runAutomation",
  "previewAutomation",
  "createAutomation",
  "dismissAutomation",
  "enableAutomation",
  "disableAutomation",
}) do
  asking[name] = automations[name]
end

-- Pages of Markdown.
for _, name in ipairs({
  "showPatterns",
  "showAutomations",
  "showResources",
  "showWorkflows",
  "showRecommendations",
  "showReport",
}) do
  asking[name] = function()
    execute(name, function(page)
      if type(page) == "string" then
        show(page, "markdown")
      end
    end)
  end
end

local in_editor = {}

function in_editor.restart()
  local function ended()
    return #clients() == 0
  end
  for _, force in ipairs({ false, true }) do
    for _, client in ipairs(clients()) do
      call(client, "stop", force)
    end
    if vim.wait(2000, ended, 20) then
      break
    end
  end
  statuses = {}
  if vim.lsp.enable then
    vim.lsp.enable("understudy")
  else
    vim.cmd("doautoall understudy FileType")
  end
end

function in_editor.showOutput()
  vim.cmd("botright split " .. vim.fn.fnameescape(require("vim.lsp.log").get_filename()))
  vim.cmd("normal! G")
end

function in_editor.reportProblem()
  execute("debugInfo", function(information)
    local questions = "What did you do?\n\nWhat happened, and what should have happened?\n\n"
    show(questions .. information)
  end)
end

--- Runs the command `name` of `understudy/commands.lua`; some take an `argument`.
function M.command(name, argument)
  for _, command in ipairs(require("understudy.commands")) do
    if command.name == name then
      if asking[name] then
        asking[name](argument)
      elseif command.client then
        in_editor[name]()
      else
        execute(name, present)
      end
      return
    end
  end
  tell(("there is no command '%s'; :Understudy <Tab> lists them"):format(name), "ERROR")
end

--- The names of the commands that begin with `start`.
function M.complete(start)
  local names = vim.tbl_map(function(command)
    return command.name
  end, require("understudy.commands"))
  return vim.tbl_filter(function(name)
    return vim.startswith(name, start)
  end, names)
end

return M
