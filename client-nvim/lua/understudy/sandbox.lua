-- What commands print that are tried in the sandbox, as it comes, in a window of its own.

local M = {}

local buffer

-- A line that is not ended yet waits for what comes next.
local function append(text)
  local plain = text:gsub("\27%[[0-9;?]*[ -/]*[@-~]", ""):gsub("\r\n", "\n"):gsub("[\1-\8\11-\31\127]", "")
  local lines = vim.split(plain, "\n")
  lines[1] = vim.api.nvim_buf_get_lines(buffer, -2, -1, false)[1] .. lines[1]
  vim.api.nvim_buf_set_lines(buffer, -2, -1, false, lines)
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    vim.api.nvim_win_set_cursor(window, { vim.api.nvim_buf_line_count(buffer), 0 })
  end
end

--- Shows the window, empty but for the command; the cursor stays where it is.
function M.begin(line)
  if not (buffer and vim.api.nvim_buf_is_valid(buffer)) then
    buffer = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(buffer, "understudy://sandbox")
  end
  if #vim.fn.win_findbuf(buffer) == 0 then
    local here = vim.api.nvim_get_current_win()
    vim.cmd("botright 12split")
    vim.api.nvim_win_set_buf(0, buffer)
    vim.api.nvim_set_current_win(here)
  end
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, { "── " .. line .. " ──", "" })
end

--- Takes the server's `understudy/sandboxOutput`.
function M.on_output(_, output)
  if buffer and vim.api.nvim_buf_is_valid(buffer) then
    append(output.text)
  end
end

--- Tells what came of it; `tried` is the answer of the server, no table when it did not run.
function M.finish(tried)
  if type(tried) ~= "table" or not (buffer and vim.api.nvim_buf_is_valid(buffer)) then
    return
  end
  local last = vim.api.nvim_buf_get_lines(buffer, -2, -1, false)[1]
  append((last == "" and "" or "\n") .. "── " .. tried.said)
  if #tried.changes > 0 then
    append("\n:Understudy showChanges shows them, :Understudy applyChanges makes them.")
  end
end

return M
