"""What is seen of the machine outside of the workspace, read-only: the system, the Python that we
run with, what the user names, and the program that is to be run."""

from __future__ import annotations

import errno
import glob
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .trial import printable

_SYSTEM = (
    *("/usr", "/nix/store", "/gnu/store", "/run/current-system/sw", "/etc/static"),
    *(
        "/etc/ld.so.cache",
        "/etc/alternatives",
        "/etc/localtime",
        "/etc/timezone",
        "/etc/os-release",
    ),
    *("/etc/services", "/etc/protocols", "/etc/magic", "/etc/magic.mime", "/etc/mime.types"),
    *("/etc/fonts", "/etc/terminfo", "/etc/java", "/etc/java-*", "/etc/maven"),
    # Of certificates what is for all: beside it stand private keys, and root can read them.
    *("/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ssl/ca-bundle.pem", "/etc/ssl/openssl.cnf"),
    *("/etc/ca-certificates", "/etc/ca-certificates.conf", "/var/lib/ca-certificates"),
    *("/etc/pki/ca-trust", "/etc/pki/java", "/etc/pki/tls/certs", "/etc/pki/tls/cert.pem"),
    *("/etc/pki/tls/openssl.cnf", "/etc/crypto-policies"),
)
"""Patterns of what programs need, wherever a distribution has it."""
_SHORT = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_MARKS = (
    *("pyvenv.cfg", "conda-meta", "lib/python3.*", "lib/node_modules", "lib/ruby", "lib/rustlib"),
    *("lib/modules", "pkg/tool"),
)
"""What a folder has that a language was installed into: Python, Node, Ruby, Rust, Java, Go."""
_MANAGER = ("shims", "libexec", "versions")
"""What the folder of a version manager has whose shims name it themselves: pyenv, rbenv, nodenv."""
_MOST_NAMES = 40
_FIRST_LINE = 256


class Seen(NamedTuple):
    """``paths``: each under its own name; ``links``: (target, name)."""

    paths: tuple[str, ...]
    links: tuple[tuple[str, str], ...] = ()

    def has(self, path: str) -> bool:
        return any(_within(path, each) for each in self.paths) or any(
            path == name or (name in _SHORT and _within(path, name)) for _, name in self.links
        )


def machine(read: Iterable[str], workspace: str) -> Seen:
    """Whatever is to be run. ``read``: what the user names."""
    system = (each for pattern in _SYSTEM for each in sorted(glob.glob(pattern)))
    apart = (each for each in _SHORT if not os.path.islink(each))
    paths = (*filter(os.path.exists, (*system, *apart)), *_interpreter(workspace), *read)
    links = ((os.readlink(each), each) for each in _SHORT if os.path.islink(each))
    return Seen(tuple(dict.fromkeys(paths)), tuple(links))


def _interpreter(workspace: str) -> Iterator[str]:
    """Where our own Python lives, when that is no part of the system. Of the workspace nothing is
    seen but by the view."""
    for folder in sorted({os.path.realpath(each) for each in (sys.base_prefix, sys.prefix)}):
        if not (_meet(folder, workspace) or _within(folder, "/usr")):
            yield folder


def with_program(seen: Seen, program: str, cwd: str, path: str, workspace: str) -> Seen:
    """``seen`` with what it takes to run ``program``, looked for as a shell in ``cwd`` does: of an
    installation of its own all, else the file. To what lies outside, what is in the workspace leads
    only where that is an installation: a link there is not the user's word."""
    is_chosen = not _within(_found(program, cwd, path), workspace)
    for name in names_of(program, cwd, path):
        if seen.has(name) or _within(name, workspace):
            continue
        prefix = _prefix(name)
        if prefix and not _within(workspace, prefix):
            seen = seen._replace(paths=(*seen.paths, prefix))
        elif is_chosen and os.path.islink(name):
            seen = seen._replace(links=(*seen.links, (os.readlink(name), name)))
        elif is_chosen:
            seen = seen._replace(paths=(*seen.paths, name))
    return seen


def paths_of(program: str, workspace: str, path: str) -> list[str]:
    """By which a program can be started that is called so, or that lies there."""
    if "/" in program:
        return [os.path.normpath(os.path.join(workspace, program))]
    return [os.path.join(each, program) for each in path.split(os.pathsep) if os.path.isabs(each)]


def unseen(seen: Seen, program: str, cwd: str, path: str, workspace: str) -> list[str]:
    """What may be why something was not found inside: where ``program`` leads, else the folders of
    ``path``. Nothing where the program is not there outside, either."""

    def is_away(name: str) -> bool:
        return not (seen.has(name) or _within(name, workspace))

    names = list(names_of(program, cwd, path))
    folders = dict.fromkeys(filter(os.path.isdir, path.split(os.pathsep))) if names else ()
    return [*filter(is_away, names)] or [*filter(is_away, folders)]


def obstacle(read: Iterable[str]) -> str:
    """Why what the user names cannot be seen; empty when it can. Who sees a socket or a pipe can
    talk to what is at its other end, also where he may write nothing."""
    for path in read:
        if not os.path.exists(path):
            return f"{printable(path)} is not there to be read"
        try:
            found = next(_special(path), "")
        except OSError as error:
            return f"{printable(path)} cannot be looked through: {error.strerror}"
        if found:
            name = printable(found)
            return f"{name} is a socket, pipe or device: other programs could be reached by it"
    return ""


def _special(path: str) -> Iterator[str]:
    """What is no file, folder or link, there and below. What cannot be looked into is left out: the
    command cannot do it either. Raises OSError where it can: no path leads there, but it may go
    down a step at a time."""
    if os.path.isfile(path):
        return
    waiting = [path]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif not (entry.is_symlink() or entry.is_file(follow_symlinks=False)):
                        yield entry.path
        except NotADirectoryError:
            yield path
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise


def names_of(program: str, cwd: str, path: str) -> Iterator[str]:
    """Absolute names of the program, from the first over its links to the file; and of the one that
    its first line names, if it is a script."""
    waiting = [_found(program, cwd, path)]
    for _ in range(_MOST_NAMES):
        if not waiting or not (name := waiting.pop()):
            return
        yield name
        if os.path.islink(name):
            target = os.path.join(os.path.dirname(name), os.readlink(name))
            waiting.append(os.path.normpath(target))
        elif interpreter := _first_line(name):
            waiting.append(_found(interpreter, cwd, path))


def _found(program: str, cwd: str, path: str) -> str:
    """Empty when there is none."""
    full = os.path.join(cwd, program) if "/" in program else shutil.which(program, path=path) or ""
    runs = os.path.isabs(full) and os.path.isfile(full) and os.access(full, os.X_OK)
    return full if runs else ""


def _first_line(script: str) -> str:
    try:
        with open(script, "rb") as file:
            line = file.read(_FIRST_LINE).partition(b"\n")[0]
    except OSError:
        return ""
    if not line.startswith(b"#!"):
        return ""
    words = os.fsdecode(line[2:]).split()
    if words and words[0].endswith("/env"):
        words = [each for each in words[1:] if not each.startswith("-") and "=" not in each]
    return words[0] if words else ""


def _prefix(program: str) -> str:
    """The folder of the installation that a program is of; empty when that cannot be told. Nothing
    right below a home is one, nor what is worked on."""
    folder, last = os.path.split(os.path.dirname(program))
    if last == "shims" and all(os.path.isdir(f"{folder}/{each}") for each in _MANAGER):
        return folder
    home = os.path.expanduser("~")
    is_home = folder == "/" or _within(home, folder) or os.path.dirname(folder) == home
    if last != "bin" or is_home or os.path.lexists(f"{folder}/.git"):
        return ""
    return folder if any(glob.glob(f"{glob.escape(folder)}/{each}") for each in _MARKS) else ""


def _meet(one: str, other: str) -> bool:
    return _within(one, other) or _within(other, one)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
