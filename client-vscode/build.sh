#!/usr/bin/env bash
# Builds dist/understudy.vsix: the bundled extension with the server's wheel and its hashed
# requirements inside, from which the extension makes its managed environment.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
source ./node.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# By way of a source distribution: a build in the tree would pack modules that are long deleted.
../.venv/bin/python -m build --no-isolation --outdir "$scratch" .. >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    echo "The server's wheel could not be built." >&2
    exit 1
}
rm -rf wheels && mkdir -p wheels dist
cp "$scratch"/*.whl ../requirements.lock wheels/

if [[ package-lock.json -nt node_modules/.package-lock.json ]]; then
    npm ci --ignore-scripts --loglevel=error
fi
npm run --silent check
npm test --silent
npm run --silent bundle
npx vsce package --no-dependencies --allow-missing-repository --out dist/understudy.vsix
