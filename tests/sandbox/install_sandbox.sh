#!/usr/bin/env bash
# What the tests of the sandbox need of the system: bubblewrap and libseccomp. As root, they are installed with apt-get
# when missing. Exit code 3: something is missing and may not be installed here.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../system_packages.sh"

lacking() {
    command -v bwrap >/dev/null || echo bubblewrap
    /sbin/ldconfig -p | grep -q 'libseccomp\.so\.2' || echo libseccomp2
}

system_packages "the tests of the sandbox need it" || exit 3
