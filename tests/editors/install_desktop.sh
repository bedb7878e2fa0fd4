#!/usr/bin/env bash
# Sets up a desktop without a screen for the test of desktop notifications: the notification daemon dunst, an X server
# that draws nowhere, and a message bus. They are the system's own; as root, they are installed with apt-get when missing.
# Exit code 3: something is missing and may not be installed here.
set -euo pipefail

lacking() {
    local each
    for each in dunst:dunst Xvfb:xvfb dbus-daemon:dbus-daemon; do
        command -v "${each%:*}" >/dev/null || echo "${each#*:}"
    done
}

packages=$(lacking)
if [[ -n $packages && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    echo "Installing with apt-get:" $packages
    log=$(mktemp)
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends \
        install $packages; } >"$log" 2>&1 || tail -n 5 "$log" >&2
    rm -f "$log"
    packages=$(lacking)
fi
[[ -n $packages ]] || exit 0
for package in $packages; do
    echo "missing: $package: the test of desktop notifications needs it, and it cannot be installed from here" >&2
done
echo "On Debian: sudo apt-get install" $packages >&2
exit 3
