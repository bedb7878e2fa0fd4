"""What people did not write: generated, minified and vendored files, told by names and contents.

``why_foreign`` is pure; ``Heads`` reads what it needs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

from ..discover import Found
from ..disk import read_head

HEAD_BYTES = 16_384
"""So much of a file is looked at."""

_SCRIPTS = (".js", ".mjs", ".cjs", ".jsx")
_MINIFIED_NAME = re.compile(r"[.-]min\.[cm]?jsx?$")
_LONG = 500
_LEAST = 2_000
"""A shorter file is read in a moment, whatever its lines are like."""

_VENDORED = frozenset(
    {"_vendor", "bower_components", "jspm_packages", "third_party", "thirdparty", "vendored"}
)

_BLOCKS = {'"""': '"""', "'''": "'''", "/*": "*/", "<!--": "-->"}
_COMMENTS = ("#", "//", "--", ";", "*")
_GENERATED = re.compile(r"(?<![\w@-])@generated\b")
_BY_A_PROGRAM = re.compile(r"generated\b", re.IGNORECASE)
_HANDS_OFF = re.compile(r"\bdo\s+not\s+(edit|modify|change)\b", re.IGNORECASE)


def why_foreign(relative: str, head: bytes, leave_out: Collection[str]) -> str:
    """Why the file at ``relative`` (below the root), whose first ``HEAD_BYTES`` are ``head``, is
    not looked at; empty when it is. ``leave_out`` is ``analysis.leaveOut``."""
    path = PurePosixPath(relative)
    if "vendored" in leave_out and (found := vendored_by(relative)):
        return f"is others' code, by the name of {found}"
    if "minified" in leave_out and path.suffix in _SCRIPTS:
        if _MINIFIED_NAME.search(path.name):
            return "is minified, by its name"
        if _is_minified(head):
            return f"is minified: most of it stands in lines of more than {_LONG} characters"
    if "generated" in leave_out and _is_generated(head):
        return "is generated: the comment at its top says so"
    return ""


def vendored_by(relative: str) -> str:
    """The folder around a file, relative to the root, that holds others' code; empty: none."""
    parts = relative.split("/")[:-1]
    place = next((end for end, part in enumerate(parts, 1) if part in _VENDORED), 0)
    return "/".join(parts[:place])


def _is_minified(head: bytes) -> bool:
    long = sum(len(line) for line in head.split(b"\n") if len(line) > _LONG)
    return len(head) >= _LEAST and 2 * long > len(head)


def _is_generated(head: bytes) -> bool:
    """As protobuf, Go, OpenAPI and many others write it, and what Meta's tools look for."""
    top = "\n".join(_top_comment(head.decode("utf-8", "replace")))
    return bool(_GENERATED.search(top) or (_BY_A_PROGRAM.search(top) and _HANDS_OFF.search(top)))


def _top_comment(text: str) -> Iterator[str]:
    """The lines before the first of code."""
    end = ""
    for line in text.splitlines():
        words = line.strip()
        if end:
            yield words
            end = "" if end in words else end
            continue
        begin = next((each for each in _BLOCKS if words.startswith(each)), "")
        if begin:
            yield words
            end = "" if _BLOCKS[begin] in words[len(begin) :] else _BLOCKS[begin]
        elif words.startswith(_COMMENTS):
            yield words
        elif words:
            return


class Heads:
    """Of files on disk; what was read of one counts for as long as it is the same. For any number
    of threads."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Found, str]] = {}

    def why(self, found: Found, relative: str, leave_out: Collection[str]) -> str:
        """As ``why_foreign``."""
        if not leave_out:
            return ""
        question = found._replace(path=f"{relative}:{','.join(leave_out)}")
        known = self._known.get(found.path)
        if known is None or known[0] != question:
            why = why_foreign(relative, _head(found.path), leave_out)
            known = self._known[found.path] = (question, why)
        return known[1]


def _head(path: str) -> bytes:
    try:
        return read_head(path, HEAD_BYTES)
    except OSError:
        return b""  # whoever looks at it tells why
