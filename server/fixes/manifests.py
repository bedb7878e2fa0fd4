"""Manifests: a dependency raised to a version that was audited, where it stands now."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Edit, Finding, Problem, Range
from ..tasks.audits import TOOLS
from ..text import apply
from .offers import Offer, at
from .verify import Edits


def audited(problems: Sequence[Problem], place: Range) -> list[Problem]:
    """The problems at ``place`` that audits have found."""
    return [
        problem
        for problem in at(problems, place)
        if any(finding.tool in TOOLS for finding in problem.findings)
    ]


def raises(path: str, text: str, problems: Sequence[Problem], place: Range) -> list[Offer]:
    """Edits after which the manifest reads as before, but for the raised dependency. That no
    advisory speaks of the new version was asked when the finding was made. Parses the text: for a
    thread, not for the loop."""
    helped: dict[tuple[str, Edits], list[Problem]] = {}
    for problem in audited(problems, place):
        for finding in problem.findings:
            for title, edits in _raises(path, text, finding):
                helped.setdefault((title, edits), []).append(problem)
    return [
        Offer(title, edits, tuple(each), preferred=True) for (title, edits), each in helped.items()
    ]


def _raises(path: str, text: str, finding: Finding) -> list[tuple[str, Edits]]:
    from ..tasks.audits.dependencies import lowest  # only where a manifest is open
    from ..tasks.audits.workspace import declared

    try:
        before = declared(path, text)
    except ValueError:
        return []
    found: list[tuple[str, Edits]] = []
    for fix in finding.fixes:
        new = fix.edits[0].text
        for index, each in enumerate(before):
            named = fix.title.startswith(f"Raise {each.name} to ")
            if each.spec_at is None or not named or not each.at.touches(finding.range):
                continue
            edits = (Edit(each.spec_at, new),)
            if lowest(each.spec) < lowest(new) and _reads(path, text, edits, index, new):
                found.append((fix.title, edits))
    return found


def _reads(path: str, text: str, edits: Edits, index: int, spec: str) -> bool:
    """Whether the edited text says what it should, and everything else as before."""
    from ..tasks.audits.workspace import declared

    try:
        before, after = declared(path, text), declared(path, apply(text, edits))
    except ValueError:
        return False
    wanted = [(each.name, each.spec) for each in before]
    wanted[index] = (wanted[index][0], spec)
    return [(each.name, each.spec) for each in after] == wanted
