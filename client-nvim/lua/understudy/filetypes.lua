-- Generated from the analyzers and the audits: `make generate`
return {
  "dockerfile",
  "javascript",
  "javascriptreact",
  "json",
  "python",
  "requirements",
  "sh",
  "toml",
  "typescript",
  "typescriptreact",
  "yaml",
}
