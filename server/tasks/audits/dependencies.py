"""The vocabulary of audits, and how the versions that a manifest allows are raised. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...findings.families import NOT_AUDITED
from ...model import Category, Edit, Finding, Fix, Position, Range, Severity

_LONGEST_ID = 100
"""Characters: whatever a service says is an advisory's name is shown as a rule's."""
TOP = Range(Position(0, 0), Position(0, 0))


class Declared(NamedTuple):
    """A dependency where a manifest declares it.

    ``spec`` is what it says of versions, at ``spec_at`` (None: not where it could be edited).
    ``version`` is the one that it pins; ``why`` tells why it can never have one. ``optional``: it
    may not be installed. ``hashed``: it names the hashes of that version, too, so that another one
    would be refused.
    """

    name: str
    spec: str
    at: Range
    spec_at: Range | None = None
    version: str = ""
    why: str = ""
    optional: bool = False
    hashed: bool = False


class Dependency(NamedTuple):
    """A version that is in use, and where that is shown. ``through``: the names on the way from the
    declared dependency to it, which come before its own; ``others``: how many declared ones lead
    to it besides. ``declared`` is what can be raised to get another version of it."""

    name: str
    version: str
    path: str
    at: Range
    through: tuple[str, ...] = ()
    others: int = 0
    declared: Declared | None = None


class Note(NamedTuple):
    """Something that cannot be audited, and why."""

    path: str
    at: Range
    why: str


class Advisory(NamedTuple):
    """``fixed``: the first versions without it, one for each line of versions. ``severity`` None:
    nobody has said."""

    id: str
    title: str
    url: str = ""
    severity: Severity | None = None
    cwe: int = 0
    fixed: tuple[str, ...] = ()


def finding(tool: str, of: Dependency, advisory: Advisory, to: str = "") -> Finding:
    """What is shown at the dependency's place; ``to``: the version without any advisory that
    its declaration can be raised to, empty where there is none."""
    fixed = f" Fixed in {', '.join(advisory.fixed)}." if advisory.fixed else " No fix is known."
    if advisory.fixed and of.declared and of.declared.hashed:
        fixed += " It is pinned with its hashes: the file has to be compiled anew."
    way = " → ".join((*of.through, of.name))
    more = f" and {of.others} more way{'s' * (of.others != 1)}" if of.others else ""
    comes = f" It comes through {way}{more}." if of.through else ""
    title = plain(advisory.title).rstrip(".") or "it has a known vulnerability"
    return Finding(
        tool,
        advisory.id[:_LONGEST_ID],
        plain(f"{of.name} {of.version}: {title}.{fixed}{comes}"),
        of.at,
        Severity.MEDIUM if advisory.severity is None else advisory.severity,
        Category.SECURITY,
        url=advisory.url,
        cwe=advisory.cwe,
        fixes=_fixes(of.declared, to),
    )


def not_audited(tool: str, note: Note) -> Finding:
    message = plain(f"Not audited: {note.why}")
    return Finding(tool, NOT_AUDITED, message, note.at, Severity.INFO, Category.SECURITY)


def plain(text: str) -> str:
    """On one line, with nothing that a terminal would obey: it comes from a manifest, or from a
    service."""
    return "".join(each if each.isprintable() else "\ufffd" for each in " ".join(text.split()))


def _fixes(declared: Declared | None, version: str) -> tuple[Fix, ...]:
    if declared is None or declared.spec_at is None or not version:
        return ()
    edit = Edit(declared.spec_at, raised(declared.spec, version))
    return (Fix(f"Raise {declared.name} to {version}", (edit,), safe=False),)


_SINGLE = re.compile(r"(\s*(?:={1,3}|~=|>=|\^|~)?\s*)v?(\d[\w.+!-]*)(\s*)")
_WILD = re.compile(r"(?:^|\.)[xX](?:\.|$)")


def raised(spec: str, version: str) -> str:
    """The versions that are to be allowed instead of ``spec``, in its own style: ``^1.2`` becomes
    ``^2.0``, a pin another pin; what is no single comparison becomes ``>=``."""
    single = _SINGLE.fullmatch(spec)
    if single is None or _WILD.search(single[2]):
        return f">={version}"
    return f"{single[1]}{version}{single[3]}"


def lowest(spec: str) -> tuple[int, ...]:
    """The numbers of the first version that ``spec`` names, to compare with another's."""
    found = re.search(r"\d+(?:\.\d+)*", spec)
    return tuple(map(int, found[0].split("."))) if found else ()
