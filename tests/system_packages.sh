# To be sourced by the installers of what tests drive. Not run by itself.

# system_packages WHO: sees that the packages are there that the function `lacking` prints, a line each. As root, they are
# installed with apt-get. Fails when some are missing and may not be installed here; says so in the name of WHO.
system_packages() {
    local packages package log
    packages=$(lacking)
    if [[ -n $packages && $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
        echo "Installing with apt-get:" $packages
        log=$(mktemp)
        { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq --yes --no-install-recommends \
            install $packages; } >"$log" 2>&1 || tail -n 5 "$log" >&2
        rm -f "$log"
        packages=$(lacking)
    fi
    [[ -n $packages ]] || return 0
    for package in $packages; do
        echo "missing: $package: $1, and it cannot be installed from here" >&2
    done
    echo "On Debian: sudo apt-get install" $packages >&2
    return 1
}
