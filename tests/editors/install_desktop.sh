#!/usr/bin/env bash
# Sets up a desktop without a screen for the test of desktop notifications: the notification daemon dunst, an X server
# that draws nowhere, and a message bus. They are the system's own; as root, they are installed with apt-get when missing.
# Exit code 3: something is missing and may not be installed here.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../system_packages.sh"

lacking() {
    local each
    for each in dunst:dunst Xvfb:xvfb dbus-daemon:dbus-daemon; do
        command -v "${each%:*}" >/dev/null || echo "${each#*:}"
    done
}

system_packages "the test of desktop notifications needs it" || exit 3
