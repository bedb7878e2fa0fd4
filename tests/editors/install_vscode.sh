#!/usr/bin/env bash
# Sets up the real VS Code workbench (code-server, from npm) and Chromium for the editor tests.
#
# code-server goes to $UNDERSTUDY_EDITORS/vscode (default: .cache/editors in the repository), in the version that
# vscode/package-lock.json pins. Chromium and the compiler that code-server's logging needs are the system's own; as
# root, they are installed with apt-get when missing. A second run finds everything in place.
# Exit code 3: a system package is missing and may not be installed here.
#
# UNDERSTUDY_CHROMIUM  the Chromium or Chrome to use instead of the one on PATH
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
workbench=${UNDERSTUDY_EDITORS:-$repository/.cache/editors}/vscode
source "$here/../system_packages.sh"

chromium_starts() {
    local name
    for name in ${UNDERSTUDY_CHROMIUM:-chromium chromium-browser google-chrome}; do
        # Ubuntu's package of that name is a stub that asks for snap: only an answer counts.
        "$name" --version >/dev/null 2>&1 && return
    done
    return 1
}

lacking() {
    chromium_starts || echo chromium
    for tool in g++ make; do command -v "$tool" >/dev/null || echo "$tool"; done
}

if ! system_packages "the VS Code tests need it"; then
    echo "Elsewhere: a Chromium or Chrome that is not on PATH can be named in UNDERSTUDY_CHROMIUM." >&2
    exit 3
fi

source "$repository/client-vscode/node.sh"
wanted=$(cat "${BASH_SOURCE[0]}" "$here/vscode/package-lock.json" <(node --version) | sha256sum)
[[ $(cat "$workbench/.ready" 2>/dev/null) != "$wanted" ]] || exit 0

echo "Installing VS Code (code-server) into $workbench …"
rm -rf "$workbench"
mkdir -p "$workbench"
cp "$here/vscode"/{package.json,package-lock.json,.npmrc} "$workbench"
cd "$workbench"
# Of the install scripts only two are wanted: others compile what is optional here, and download.
npm ci --ignore-scripts --loglevel=error
cd node_modules/code-server/lib/vscode
# Its own lock file lacks one optional package, which `npm ci` refuses.
npm install --omit=dev --ignore-scripts --loglevel=error
npm_config_nodedir=$node_home npm rebuild --loglevel=error @vscode/spdlog @vscode/native-watchdog
echo "$wanted" >"$workbench/.ready"
