// Generated from the analyzers and the audits: `make generate`
/** Languages whose files go to the server whatever they are called. */
export const LANGUAGES = [
  "dockerfile",
  "dotenv",
  "ini",
  "javascript",
  "javascriptreact",
  "json",
  "python",
  "shellscript",
  "toml",
  "typescript",
  "typescriptreact",
  "yaml",
];
/** Globs of the files that go there whatever their language is called. */
export const PATTERNS = [
  "**/*{.Dockerfile,.bash,.bats,.c,.cc,.cfg,.cjs,.cnf,.conf,.config,.cpp,.cs,.cts,.dash,.dockerfile,.env,.go,.gradle,.h,.hcl,.htm,.html,.ini,.java,.js,.json,.jsonc,.jsx,.key,.ksh,.kt,.md,.mjs,.mts,.pem,.php,.pl,.properties,.ps1,.py,.pyi,.pyw,.rb,.rs,.rst,.scala,.sh,.sql,.swift,.tf,.tfvars,.toml,.ts,.tsx,.txt,.vue,.xml,.yaml,.yml}",
  "**/{*requirements*.lock,.env.development,.env.example,.env.local,.env.production,.env.staging,.env.test,.envrc,.git-credentials,.htpasswd,.netrc,.npmrc,.pypirc,.yarnrc,Containerfile,Dockerfile,Dockerfile.*,Jenkinsfile,Makefile,Procfile,credentials,id_dsa,id_ecdsa,id_ed25519,id_rsa,pdm.lock,poetry.lock,uv.lock}",
];
