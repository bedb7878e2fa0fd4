#!/usr/bin/env bash
# Installs what a package-lock.json pins, in a folder of the tests: `npm_install.sh core/PROJECT FOLDER`.
# Run by `make test`; a test run itself downloads nothing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$2"
cp "$here/../$1"/{package.json,package-lock.json,.npmrc} "$2"
source "$here/../../client-vscode/node.sh"
cd "$2"
npm ci --ignore-scripts --loglevel=error
