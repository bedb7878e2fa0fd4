-- Which of the files in UNDERSTUDY_TEST_NAMES have a filetype that no server is attached for.
local t = dofile(vim.env.UNDERSTUDY_TEST_SUPPORT)

-- Neovim 0.7 takes a Dockerfile.x for RPC, which is nothing to look at.
local mistaken = { ["Dockerfile.x"] = "rpcgen" }

t.run(function()
  vim.cmd("filetype plugin off")
  local attached, missed, known = require("understudy").config().filetypes, {}, 0
  for name in vim.gsplit(vim.env.UNDERSTUDY_TEST_NAMES, "\n") do
    vim.cmd("edit " .. vim.fn.fnameescape((name:gsub("%*", "x"))))
    local filetype = vim.bo.filetype
    known = known + (filetype ~= "" and 1 or 0)
    local of_old = filetype == "text" and name:find("requirements")
    if filetype ~= "" and not of_old and not vim.tbl_contains(attached, filetype) then
      if mistaken[vim.fn.expand("%:t")] ~= filetype then
        table.insert(missed, name .. " is " .. filetype)
      end
    end
  end
  t.same(missed, {}, "files without a server")
  t.check(known >= 30, "Neovim knows most of them: " .. known)
end)
