#!/usr/bin/env bash
# Installs the real Jest and Vitest, in the versions that package-lock.json pins: `install.sh FOLDER`.
# Run by `make test`; a test run itself downloads nothing.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
cp "$here"/{package.json,package-lock.json,.npmrc} "$1"
source "$here/../../../client-vscode/node.sh"
cd "$1"
npm ci --ignore-scripts --loglevel=error
