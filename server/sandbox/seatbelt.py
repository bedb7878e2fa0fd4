"""The profile of macOS's ``sandbox-exec`` for a command that works on a copy. Pure.

Never run: it is written after what is published of the format, and no machine that has it took part
in the tests. Until a probe has tried it on one, macOS forms level C, and nothing calls this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_PROGRAM = "/usr/bin/sandbox-exec"
_SYSTEM = ("/usr", "/bin", "/sbin", "/System", "/Library", "/private/var/db/timezone")
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty")


def command_line(
    argv: Sequence[str], read: Iterable[str], write: Iterable[str], hidden: Iterable[str]
) -> list[str]:
    """``argv`` under the profile of the same arguments."""
    return [_PROGRAM, "-p", profile(read, write, hidden), *argv]


def profile(read: Iterable[str], write: Iterable[str], hidden: Iterable[str]) -> str:
    """Folders, by their real paths, that may be read (beside the system's) and run from, and those
    that may be written to, too; what is ``hidden`` below them may not, for the last rule that
    matches holds. No network, no service of the system, no process but its own."""
    rules = [
        "(version 1)",
        "(deny default)",
        "(allow process-fork)",
        "(allow signal (target same-sandbox))",
        "(allow sysctl-read)",
        "(allow file-read-metadata)",
        _rule("allow", "file-read* process-exec", "subpath", (*_SYSTEM, *read)),
        _rule("allow", "file-read* file-write-data file-ioctl", "literal", _DEVICES),
        _rule("allow", "file-read* file-write* process-exec", "subpath", write),
        _rule("deny", "file-read* file-write*", "subpath", hidden),
    ]
    return "\n".join(filter(None, rules))


def _rule(verdict: str, what: str, kind: str, paths: Iterable[str]) -> str:
    """Empty without a path: such a rule would be about all of them."""
    places = " ".join(f"({kind} {_quoted(path)})" for path in paths)
    return f"({verdict} {what} {places})" if places else ""


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
