vim.api.nvim_create_user_command("Understudy", function(call)
  require("understudy").command(call.args)
end, {
  nargs = 1,
  desc = "Run a command of Understudy",
  complete = function(start)
    return require("understudy").complete(start)
  end,
})
