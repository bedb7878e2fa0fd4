#!/bin/sh
# Puts real editors beside the system for the tests: Neovim 0.7, 0.10 and 0.12, Helix and Emacs with Eglot.
#
# usage: install_nvim.sh [NAME...]       (default: every editor below)
# Wrappers go to $UNDERSTUDY_EDITORS/bin (default: .cache/editors in the repository). Packages are unpacked,
# never installed: no root is needed and the system's packages stay as they are. apt's own source address,
# proxy and keys are used, with another release's name in a private apt root.
# What cannot be had is named with its reason in $UNDERSTUDY_EDITORS/missing.txt; the exit code is 0 even then.
#
# UNDERSTUDY_DEBIAN_MIRROR  the Debian archive to use where apt's own sources name none (Ubuntu and others)
set -eu

repository=$(cd "$(dirname "$0")/../.." && pwd)
editors=${UNDERSTUDY_EDITORS:-$repository/.cache/editors}
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mkdir -p "$editors/bin"
editors=$(cd "$editors" && pwd)
: >"$editors/missing.txt"

missing() { # NAME REASON
    printf 'missing: %s: %s\n' "$1" "$2" | tee -a "$editors/missing.txt"
}

debian_archive() {
    if [ -n "${UNDERSTUDY_DEBIAN_MIRROR:-}" ]; then
        echo "$UNDERSTUDY_DEBIAN_MIRROR"
    else
        apt-get indextargets 'Created-By: Packages' --format '$(ORIGIN)|$(CODENAME)|$(SITE)' |
            awk -F'|' '$1 == "Debian" && $2 !~ /-/ { print $3; exit }'
    fi
}

# One private apt root per release. The status file is empty, so that libraries come along and nothing of the
# system's is mixed in. Hooks that a system runs after an update need root and are cleared.
open_release() { # RELEASE
    root=$editors/apt/$1
    config=$root/apt.conf
    mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/none"
    : >"$root/status"
    options=
    [ -r "$keyring" ] && options="[signed-by=$keyring] "
    echo "deb $options$archive $1 main" >"$root/sources.list"
    cat >"$config" <<CONF
Dir::Etc::SourceList "$root/sources.list";
Dir::Etc::SourceParts "$root/none";
Dir::Etc::Preferences "$root/none/preferences";
Dir::Etc::PreferencesParts "$root/none";
Dir::State "$root";
Dir::State::Lists "$root/lists";
Dir::State::Status "$root/status";
Dir::Cache "$root/cache";
APT::Sandbox::User "$(id -un)";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Update::Error-Mode "any";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
CONF
    [ -e "$root/updated" ] && return
    apt-get -c "$config" -qq update >"$root/log" 2>&1 && : >"$root/updated"
}

unpack() { # NAME RELEASE PACKAGE
    opt=$editors/opt/$1
    rm -rf "$opt" "$editors/apt/$2/cache/archives"
    mkdir -p "$opt" "$editors/apt/$2/cache/archives/partial"
    apt-get -c "$editors/apt/$2/apt.conf" -qq --yes --download-only --no-install-recommends \
        install "$3" >>"$editors/apt/$2/log" 2>&1 || return 1
    for deb in "$editors/apt/$2/cache/archives"/*.deb; do
        dpkg-deb -x "$deb" "$opt" 2>>"$editors/apt/$2/log" || return 1
    done
    rm -rf "$editors/apt/$2/cache/archives"
}

# The release's own loader and C library run the program: the host's may be older than it needs.
wrap() { # NAME PROGRAM [VARIABLE=VALUE...] [-- OPTION...]
    name=$1 program=$2
    shift 2
    opt=$editors/opt/$name
    loader=$(find "$opt" -type f -name 'ld-linux*.so.*' | head -n 1)
    libraries=$(find "$opt" -name '*.so*' -exec dirname {} + | sort -u | paste -sd: -)
    {
        echo '#!/bin/sh'
        while [ $# -gt 0 ] && [ "$1" != -- ]; do
            echo "export ${1%%=*}='${1#*=}'"
            shift
        done
        [ $# -gt 0 ] && shift
        echo "exec '$loader' --library-path '$libraries' '$program' $* \"\$@\""
    } >"$editors/bin/$name.new"
    chmod +x "$editors/bin/$name.new"
    mv "$editors/bin/$name.new" "$editors/bin/$name"
}

wrap_neovim() {
    wrap "$1" "$editors/opt/$1/usr/bin/nvim" VIMRUNTIME="$editors/opt/$1/usr/share/nvim/runtime"
}

wrap_helix() {
    wrap "$1" "$editors/opt/$1/usr/bin/hx" HELIX_RUNTIME="$editors/opt/$1/usr/lib/hx/runtime"
}

wrap_emacs() {
    share=$(find "$editors/opt/$1/usr/share/emacs" -mindepth 1 -maxdepth 1 -type d -name '[0-9]*' | head -n 1)
    libexec=$(find "$editors/opt/$1/usr/libexec/emacs" -mindepth 2 -maxdepth 2 -type d | head -n 1)
    wrap "$1" "$editors/opt/$1/usr/bin/emacs-nox" \
        EMACSDATA="$share/etc" EMACSDOC="$share/etc" EMACSPATH="$libexec" \
        EMACSLOADPATH="$(find "$share/lisp" -type d | paste -sd: -)" \
        -- --dump-file "'$(find "$libexec" -name '*.pdmp' | head -n 1)'"
}

answers() { # NAME VERSION
    [ -x "$editors/bin/$1" ] && "$editors/bin/$1" --version 2>/dev/null | head -n 1 | grep -qF "$2"
}

provide() { # NAME VERSION RELEASE PACKAGE WRAP
    answers "$1" "$2" && return
    if [ -n "$obstacle" ]; then
        missing "$1" "$obstacle"
    elif ! open_release "$3"; then
        missing "$1" "the release $3 of Debian cannot be read: $(tail -n 1 "$editors/apt/$3/log")"
    elif ! unpack "$1" "$3" "$4"; then
        missing "$1" "the package $4 of $3 cannot be had: $(tail -n 1 "$editors/apt/$3/log")"
    else
        "$5" "$1"
        answers "$1" "$2" || missing "$1" "$3 has another version than $2, or it does not start here"
    fi
}

obstacle=
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    obstacle='it is unpacked from Debian packages, and this system has no apt-get or no dpkg-deb'
else
    archive=$(debian_archive)
    no_archive="apt's sources name no Debian archive; set UNDERSTUDY_DEBIAN_MIRROR to the address of one"
    [ -n "$archive" ] || obstacle=$no_archive
fi
for editor in ${*:-nvim-0.7 nvim-0.10 nvim-0.12 hx emacs}; do
    case $editor in
    nvim-0.7) provide nvim-0.7 'NVIM v0.7.' bookworm neovim wrap_neovim ;;
    nvim-0.10) provide nvim-0.10 'NVIM v0.10.' trixie neovim wrap_neovim ;;
    nvim-0.12) provide nvim-0.12 'NVIM v0.12.' forky neovim wrap_neovim ;;
    hx) provide hx 'helix 25.' trixie hx wrap_helix ;;
    emacs) provide emacs 'GNU Emacs 30.' trixie emacs-nox wrap_emacs ;;
    *) missing "$editor" 'no such editor here' ;;
    esac
done
rm -rf "$editors/apt"
