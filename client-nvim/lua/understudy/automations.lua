-- `:Understudy runAutomation [NAME]` and its like: what is not given is asked for.

-- `editor` has what this shares with the other commands: execute, ask_for, choose, show and tell.
return function(editor)
  local M = {}

  -- The current file, below `root`; nil when it lies elsewhere.
  local function current(root)
    local path = vim.api.nvim_buf_get_name(0)
    return vim.startswith(path, root .. "/") and path:sub(#root + 2) or nil
  end

  local function is_asked_for(parameter)
    return parameter.default == vim.NIL or parameter.default == nil
  end

  -- The file that is open is what one works on that asks for a single path, and for no more.
  local function known_values(automation)
    local values = vim.empty_dict()
    local paths = vim.tbl_filter(function(parameter)
      return parameter.type == "path" and is_asked_for(parameter) and not parameter.many
    end, automation.parameters)
    if #paths == 1 then
      values[paths[1].name] = current(automation.root)
    end
    return values
  end

  -- Calls `on_answers` with the values and those that are many, one in a line: asked for row by row,
  -- until the first one of a row is empty.
  local function ask_rows(parameters, values, on_answers)
    local rows = {}
    local function ask(number, row)
      local parameter = parameters[number]
      if not parameter then
        table.insert(rows, row)
        return ask(1, {})
      end
      local function answered(answer)
        if answer == "" and number == 1 and #rows > 0 then
          for at, each in ipairs(parameters) do
            values[each.name] = table.concat(
              vim.tbl_map(function(done)
                return done[at]
              end, rows),
              "\n"
            )
          end
          on_answers(values)
        elseif answer and (answer ~= "" or number > 1) then
          row[number] = answer
          ask(number + 1, row)
        end
      end
      local question = parameter.question ~= "" and parameter.question or parameter.name
      if number == 1 then
        question = ("%s (row %d; empty: that is all)"):format(question, #rows + 1)
      end
      if #parameter.choices > 0 then
        local choices = vim.list_extend({}, parameter.choices)
        vim.ui.select(number == 1 and vim.list_extend(choices, { "" }) or choices, { prompt = question }, answered)
      else
        vim.ui.input({ prompt = question .. " " }, answered)
      end
    end
    if #parameters == 0 then
      on_answers(values)
    else
      ask(1, {})
    end
  end

  -- Calls `on_ready` with the arguments of a command for the automation `name`, or a chosen one, of
  -- those that are `able`.
  local function with_arguments(name, able, on_ready)
    local function chosen(automation)
      local single, many = {}, {}
      for _, parameter in ipairs(automation.parameters) do
        table.insert(parameter.many and is_asked_for(parameter) and many or single, parameter)
      end
      editor.ask_for(single, 1, known_values(automation), function(values)
        ask_rows(many, values, function(complete)
          on_ready({ automation.root, automation.name, complete })
        end)
      end)
    end
    editor.execute("automationParameters", function(automations)
      if type(automations) ~= "table" then
        return
      end
      automations = vim.tbl_filter(function(automation)
        return able(automation) and (not name or automation.name == name)
      end, automations)
      if #automations == 0 then
        editor.tell(name and ("there is no automation '%s' that could be run"):format(name) or "there is no automation so far")
      elseif name then
        chosen(automations[1])
      else
        editor.choose(automations, "Which automation?", function(automation)
          return ("%s (%s): %s"):format(automation.name, automation.state, automation.title)
        end, chosen)
      end
    end)
  end

  local function is_active(automation)
    return automation.state == "active"
  end

  local function any()
    return true
  end

  local function show_changes(changes)
    if type(changes) == "string" and changes:find("\n") then
      editor.show(changes, "diff")
    elseif type(changes) == "string" then
      editor.tell(changes)
    end
  end

  function M.runAutomation(name)
    with_arguments(name, is_active, function(arguments)
      editor.execute("runAutomation", function() end, arguments)
    end)
  end

  function M.previewAutomation(name)
    with_arguments(name, any, function(arguments)
      editor.execute("previewAutomation", show_changes, arguments)
    end)
  end

  -- By its root, what the server told last of a folder.
  local learned = {}

  function M.on_learned(_, folder)
    learned[folder.root] = folder
  end

  -- Takes an automation from the one state into the other: the named one, or a chosen one.
  local function switch(command, from, to)
    return function(name)
      local able = {}
      for root, folder in pairs(learned) do
        for _, automation in ipairs(folder.automations) do
          if automation.state == from and (not name or automation.name == name) then
            table.insert(able, { root = root, automation = automation })
          end
        end
      end
      local function chosen(item)
        editor.execute(command, function(done)
          if done == true then
            item.automation.state = to
            editor.tell(("%s is %s now"):format(item.automation.name, to))
          end
        end, { item.root, item.automation.name })
      end
      if #able == 0 then
        editor.tell(("there is no automation%s that is %s"):format(name and (" '%s'"):format(name) or "", from))
      elseif name then
        chosen(able[1])
      else
        editor.choose(able, "Which automation?", function(item)
          return ("%s: %s"):format(item.automation.name, item.automation.title)
        end, chosen)
      end
    end
  end

  M.createAutomation = switch("createAutomation", "offered", "active")
  M.dismissAutomation = switch("dismissAutomation", "offered", "dismissed")
  M.enableAutomation = switch("enableAutomation", "disabled", "active")
  M.disableAutomation = switch("disableAutomation", "active", "disabled")

  --- Takes the command of a code action, whose answer Neovim itself would drop.
  function M.preview(command)
    editor.execute("previewAutomation", show_changes, command.arguments)
  end

  return M
end
