"""What a Python file imports, found in its text, and kept by content.

To parse whole files would take most of the time: the statements are found by an expression and
parsed alone; a file in which that does not come out is parsed whole. Found is never less than what
``ast`` would find: at worst a sentence in a docstring counts as an import.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ...disk import read_regular
from ...text import decode, digest

_MOST_BYTES = 4 << 20
_MOST_KEPT = 50_000
_YOUNG_NS = 2_000_000_000
"""A file changed so recently may change again without a trace in its times."""

_STATEMENT = re.compile(
    rb"""(?:^|[:;])[ \t\f]*(
        from(?:[\w. \t]|\\\n)+?\bimport\b(?:[ \t]|\\\n)*
            (?:\((?:[^()\#]|\#[^\n]*)*\)|(?:[^\n\\;\#]|\\\n)*)
        | import\b(?:[^\n\\;\#]|\\\n)*
    )""",
    re.MULTILINE | re.VERBOSE,
)
_MENTION = re.compile(rb"""["']([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+)["']""")
_PLUGINS = re.compile(rb"^pytest_plugins\b.*?=([^#]*?)(?:\n\S|\n\n|\Z)", re.MULTILINE | re.DOTALL)
_WORD = re.compile(rb"""["']([A-Za-z_][\w.]*)["']""")
_COMPUTED = re.compile(rb"""\b(?:import_module|__import__|run_module|run_path)\(\s*(?!["'\s)])""")


class Imports(NamedTuple):
    """``names``: dotted, with the dots of a relative import before them; also those that may be an
    attribute of a module. ``mentions``: strings that may be modules' names. ``computed``: it also
    imports what only its run can tell. ``known`` is false for what could not be read."""

    names: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    computed: bool = False
    known: bool = True


Source = tuple[str, int, int, int, int]
"""A file as it is on disk: path, mtime_ns, size, inode."""


def imports_of(content: bytes) -> Imports:
    text = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        names = dict.fromkeys(_names(text))
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return Imports(known=False)
    plugins = b" ".join(found[1] for found in _PLUGINS.finditer(text))
    mentions = dict.fromkeys((*_MENTION.findall(text), *_WORD.findall(plugins)))
    return Imports(
        tuple(names),
        tuple(mention.decode("utf-8", "replace") for mention in mentions),
        _COMPUTED.search(text) is not None,
    )


def _names(text: bytes) -> Iterator[str]:
    """Raises SyntaxError or ValueError."""
    statements = b"\n".join(found[1].strip() for found in _STATEMENT.finditer(text))
    if not statements:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(decode(statements))
        except (SyntaxError, ValueError):
            tree = ast.parse(decode(text))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            joint = "" if module.endswith(".") else "."
            yield from (f"{module}{joint}{a.name}" for a in node.names if a.name != "*")


class ImportCache:
    """The imports of a workspace's files. One thread at a time; ``read`` waits for the disk."""

    def __init__(self) -> None:
        self._by_stamp: dict[Source, Imports] = {}
        self._by_digest: dict[str, Imports] = {}

    def read(
        self, root: str, sources: Iterable[Source], changed: Iterable[str], now_ns: int
    ) -> Mapping[str, Imports]:
        """By path relative to ``root``. Files in ``changed`` (relative) are read in any case.
        The paths of ``sources`` are absolute, and below ``root``.

        ``now_ns`` is the wall clock, ``time.time_ns()``.
        """
        base = root.rstrip("/") + "/"
        again = {base + path for path in changed}
        found: dict[str, Imports] = {}
        stamps: dict[Source, Imports] = {}
        for source in sources:
            path, mtime_ns, *_ = source
            known = None if path in again else self._by_stamp.get(source)
            if known is None:
                known = self._look(path)
            if mtime_ns < now_ns - _YOUNG_NS:
                stamps[source] = known
            found[path.removeprefix(base)] = known
        self._by_stamp = stamps
        return found

    def _look(self, path: str) -> Imports:
        try:
            content = read_regular(path, _MOST_BYTES)
        except OSError:
            return Imports(known=False)
        name = digest(content)
        if (known := self._by_digest.get(name)) is None:
            known = self._by_digest[name] = imports_of(content)
            while len(self._by_digest) > _MOST_KEPT:
                del self._by_digest[next(iter(self._by_digest))]
        return known
