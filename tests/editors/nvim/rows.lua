-- What an automation takes many of is asked for row by row.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

local function parameter(name, more)
  local plain = { name = name, type = "text", default = vim.NIL, choices = {}, question = "", many = true }
  return vim.tbl_extend("force", plain, more or {})
end

local known = {
  {
    root = "/shop",
    name = "resize",
    title = "convert {file}",
    state = "active",
    parameters = {
      parameter("file", { type = "path" }),
      parameter("how", { many = false }),
      parameter("size", { question = "Which size?" }),
      parameter("usual", { default = "1" }),
    },
  },
}

t.run(function()
  local sent, single
  local automations = require("understudy.automations")({
    execute = function(name, on_done, arguments)
      if name == "automationParameters" then
        return on_done(known)
      end
      sent = arguments
    end,
    ask_for = function(parameters, _, given, on_answers)
      single = vim.tbl_map(function(each)
        return each.name
      end, parameters)
      given.how = "fast"
      on_answers(given)
    end,
  })

  -- Answers one question after the other; what was asked.
  local function asked(answers)
    local questions, input = {}, vim.ui.input
    vim.ui.input = function(options, on_answer)
      table.insert(questions, options.prompt)
      on_answer(answers[#questions])
    end
    sent = nil
    automations.runAutomation("resize")
    vim.ui.input = input
    return questions
  end

  local questions = asked({ "a.png", "1", "b c.png", "22", "" })
  t.same(single, { "how", "usual" }, "what is asked for once")
  t.same(sent, { "/shop", "resize", { how = "fast", file = "a.png\nb c.png", size = "1\n22" } }, "the rows")
  t.same(questions[1], "file (row 1; empty: that is all) ", "the first question")
  t.same(questions[2], "Which size? ", "the second question")
  t.same(questions[3], "file (row 2; empty: that is all) ", "the third question")
  for _, answers in ipairs({ { "" }, {}, { "a.png" } }) do
    asked(answers)
    t.same(sent, nil, "what is run when its user thinks better of it")
  end
end)
