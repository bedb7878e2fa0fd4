#!/usr/bin/env bash
# Sets up the real VS Code workbench (code-server, from npm) and Chromium for the editor tests.
#
# code-server goes to $UNDERSTUDY_EDITORS/vscode (default: .cache/editors in the repository), in the version that
# vscode/package-lock.json pins. Chromium is the system's own; as root, it is installed with apt-get when missing.
# A second run finds everything in place. Exit code 3: a system package is missing and may not be installed here.
#
# UNDERSTUDY_CHROMIUM  the Chromium or Chrome to use instead of the one on PATH
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
workbench=${UNDERSTUDY_EDITORS:-$repository/.cache/editors}/vscode

source "$repository/client-vscode/node.sh"

wanted=$(cat "$here/vscode/package-lock.json" <(node --version) | sha256sum)
if [[ $(cat "$workbench/.ready" 2>/dev/null) != "$wanted" ]]; then
    echo "Installing code-server into $workbench …"
    rm -rf "$workbench"
    mkdir -p "$workbench"
    cp "$here/vscode"/{package.json,package-lock.json,.npmrc} "$workbench"
    # The packages' own install scripts would compile optional modules and download binaries.
    (cd "$workbench" && npm ci --ignore-scripts --loglevel=error)
    # Its own lock file lacks one optional package, which `npm ci` refuses.
    (cd "$workbench/node_modules/code-server/lib/vscode" &&
        npm install --omit=dev --ignore-scripts --loglevel=error)
    echo "$wanted" >"$workbench/.ready"
fi

chromium_starts() {
    local name
    for name in ${UNDERSTUDY_CHROMIUM:-chromium chromium-browser google-chrome}; do
        # Ubuntu's package of that name is a stub that asks for snap: only an answer counts.
        "$name" --version >/dev/null 2>&1 && return
    done
    return 1
}

if ! chromium_starts && [[ -z ${UNDERSTUDY_CHROMIUM:-} && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing Chromium with apt-get …"
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends \
        install chromium; } >"$workbench/apt.log" 2>&1 || tail -n 5 "$workbench/apt.log" >&2
fi
if ! chromium_starts; then
    cat >&2 <<'MESSAGE'
missing: chromium: the VS Code tests need a Chromium that starts, and it cannot be installed from here.
  On Debian: sudo apt-get install chromium
  Elsewhere: install Chromium or Chrome, and name it in UNDERSTUDY_CHROMIUM if it is not on PATH.
MESSAGE
    exit 3
fi
