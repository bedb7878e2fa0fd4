#!/usr/bin/env bash
# What the tests of the sandbox need of the system: bubblewrap and libseccomp. As root, they are installed with apt-get
# when missing. Exit code 3: something is missing and may not be installed here.
set -euo pipefail

lacking() {
    command -v bwrap >/dev/null || echo bubblewrap
    /sbin/ldconfig -p | grep -q 'libseccomp\.so\.2' || echo libseccomp2
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
    echo "missing: $package: the tests of the sandbox need it, and it cannot be installed from here" >&2
done
echo "On Debian: sudo apt-get install" $packages >&2
exit 3
