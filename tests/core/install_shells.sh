#!/usr/bin/env bash
# What the tests of the shells' hooks and histories need of the system: zsh and fish. As root, they are installed with
# apt-get when missing. Exit code 3: something is missing and may not be installed here.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../system_packages.sh"

lacking() {
    command -v zsh >/dev/null || echo zsh
    command -v fish >/dev/null || echo fish
}

system_packages "the tests of the shells need it" || exit 3
