vim.api.nvim_create_user_command("Understudy", function(call)
  local name, argument = call.args:match("^(%S+)%s*(.*)$")
  require("understudy").command(name, argument ~= "" and argument or nil)
end, {
  nargs = 1,
  desc = "Run a command of Understudy",
  complete = function(start)
    return require("understudy").complete(start)
  end,
})
