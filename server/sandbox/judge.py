"""From what the stage reported to what became of the run."""

from __future__ import annotations

import contextlib
import errno
import gettext
import json
import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..journal.beneath import Beneath
from ..journal.change import gains_folder
from ..runner.calls import Outcome
from ..runner.calls import Status as Ran
from ..sizes import size
from .changes import changes
from .keep import BLOBS, Kept
from .names import folders_above, writable
from .plan import NO_VIEW, REPORT, Plan
from .policy import Limits, Policy
from .private import Private, look
from .starts import Started
from .trial import Change, Entry, Kind, Status, Trial, few, printable

_OVERLAY_ERRORS = {
    errno.EXDEV: (
        re.compile(rb"cross-device link|EXDEV|os error 18\b", re.IGNORECASE),
        "an overlay cannot rename folders",
    ),
    errno.EOVERFLOW: (
        re.compile(rb"too large for (defined )?data type|EOVERFLOW|os error 75\b", re.IGNORECASE),
        "an overlay cannot take over what others own",
    ),
}
"""What programs print in their ways, whatever library or language they are made of, and what it
means. The kernel tells nobody outside."""
_TRANSLATIONS = "/usr/share/locale"
_LIMIT_ERRORS = {
    b"Resource temporarily unavailable": "processes",
    b"can't start new thread": "processes",
    b"Cannot fork": "processes",
    b"Cannot allocate memory": "memory",
    b"MemoryError": "memory",
}


def in_the_way(trial: Trial, environ: Mapping[str, str]) -> str:
    """Why a copy may do better than an overlay; empty when it would not. ``environ``: the
    command's, for the language that it spoke. For a thread."""
    if trial.why.startswith(NO_VIEW):
        return trial.why
    if trial.status is Status.FAILED:
        for number, (pattern, reason) in _OVERLAY_ERRORS.items():
            if pattern.search(trial.output) or _translated(number, environ) in trial.output:
                return reason
    return ""


def _translated(number: int, environ: Mapping[str, str]) -> bytes:
    """An error of the system, as its C library words it."""
    variables = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    languages = next(filter(None, map(environ.get, variables)), "C").split(":")
    with contextlib.suppress(OSError, ValueError):  # of files that are none
        known = gettext.translation("libc", _TRANSLATIONS, languages, fallback=True)
        return known.gettext(os.strerror(number)).encode()
    return os.strerror(number).encode()


def judged(
    trial: Trial,
    plan: Plan,
    private: Private,
    policy: Policy,
    outcome: Outcome,
    began: int,
    is_stopped: Callable[[], bool],
) -> Trial:
    """``trial`` with what the stage reported and what that comes to. ``private``: as it was known
    before. ``began``: in nanoseconds, as files have it. For a thread: it reads what stands in the
    workspace, until it ``is_stopped``."""
    try:
        report = json.loads(Path(plan.folder, REPORT).read_bytes())
    except FileNotFoundError:
        why = outcome.why or "the process above the command ended early"
        if outcome.status is Ran.TIMED_OUT:
            why = f"{why}, and what it wrote could not be kept"
            return replace(trial, status=Status.TIMED_OUT, why=why)
        return replace(trial, status=Status.REFUSED, why=why)
    if status := report.get("status"):
        return replace(trial, status=Status(status), why=report["why"])
    kept = [Kept(*each) for each in report["changes"]]
    # Below a folder that went, the workspace may have what the command never saw.
    unseen = tuple(report["touched"])
    try:
        told = changes(plan.workspace, kept, Path(plan.folder, BLOBS), is_stopped)
    except OSError as error:  # such as a name that is too long for any call
        reason = f"what it changed cannot be told: {error.strerror}"
        return replace(trial, status=Status.VIOLATED, why=reason)
    is_scratch = _scratch(policy)
    found = tuple(
        each
        for each in told
        if not any(
            name == path or name.startswith(f"{path}/")
            for name in filter(None, (each.path, each.old))
            for path in unseen
        )
        and not all(map(is_scratch, each.paths))
    )
    asked = (f"it was kept from {printable(each)}" for each in report["refused"])
    unsure = _removed(plan.workspace, found, began)
    started = Started(*map(tuple, report["started"]))
    trial = replace(
        trial,
        changes=found,
        notes=(*trial.notes, *asked, *unsure),
        started=started.may,
        in_turn=started.in_turn,
    )
    now = look(plan.workspace, policy, plan.folder)
    came = few(private.came(now))
    seen = f"{came} came while it ran, and may have been seen" if came else ""
    if report["late"] or report["over"]:
        status = Status.TIMED_OUT if report["late"] else Status.LIMITED
        why = f"no end within {policy.limits.seconds:g} s" if report["late"] else report["over"]
        return replace(trial, status=status, why="; ".join(filter(None, (why, seen))))
    code = report["exit_code"]
    trial = replace(trial, exit_code=code if code >= 0 else 128 - code)
    folders = private.places.folders, now.places.folders
    if outdated := seen or _moved(plan.workspace, found, *folders, began):
        return replace(trial, status=Status.OUTDATED, why=f"{outdated}; run it again")
    if started.may_not:
        why = f"it started {few(started.may_not)}, which it may not start"
        return replace(trial, status=Status.VIOLATED, why=why)
    if trial.exit_code:
        status, why = _failure(trial.exit_code, trial.output, policy.limits)
        return replace(trial, status=status, why=why)
    if why := _violation(trial, policy, unseen):
        return replace(trial, status=Status.VIOLATED, why=why)
    return trial


def _scratch(policy: Policy) -> Callable[[str], bool]:
    of_its_own = writable(policy.scratch)
    named = writable(each for each in policy.write if each != "**")
    return lambda path: of_its_own(path) and not named(path)


def _failure(code: int, output: bytes, limits: Limits) -> tuple[Status, str]:
    """Codes are those of a shell."""
    match code - 128:
        case signal.SIGXFSZ:
            return Status.LIMITED, f"it wrote a file of more than {size(limits.file)}"
        case signal.SIGXCPU:
            return Status.LIMITED, f"it used more than {limits.cpu:g} s of processors"
    why = f"it ended with exit code {code}"
    hints = {text: limit for text, limit in _LIMIT_ERRORS.items() if text in output}
    for limit in dict.fromkeys(hints.values()):
        amount = limits.processes if limit == "processes" else f"{size(limits.memory)} of"
        why = f"{why}; {amount} {limit} may have been too few for it"
    return Status.FAILED, why


def _moved(
    workspace: str,
    found: Sequence[Change],
    before: Mapping[str, int],
    after: Mapping[str, int],
    began: int,
) -> str:
    """Of the first path that is not what the command saw, in words; empty when there is none.
    ``before`` and ``after``: the inodes of folders, which stay while things in them come and go."""
    told = "{} was changed by someone else while it ran"
    with Beneath(Path(workspace)) as place:
        for change in found:
            for way in dict.fromkeys(each for path in change.paths for each in _ways(path)):
                if way in before and before[way] != after.get(way):
                    return told.format(printable(way) or "the workspace")
            stood = change.old or change.path
            with contextlib.suppress(OSError), place.at(stood) as (folder, name):
                status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                if status.st_ctime_ns >= began:
                    return told.format(printable(stood))
    return ""


def _ways(path: str) -> list[str]:
    """The workspace, the folders that lead to it, and itself."""
    return ["", *folders_above(path)]


def _removed(workspace: str, found: Sequence[Change], began: int) -> Iterator[str]:
    """Of what is told as new, the first that somebody may have removed while it ran: all that is
    known is that its folder was changed then."""
    for change in found:
        if change.kind is Kind.CREATED:
            folder = os.path.dirname(f"{workspace}/{change.path}")
            while not os.path.lexists(folder):
                folder = os.path.dirname(folder)
            if os.lstat(folder).st_ctime_ns >= began:
                path = printable(change.path)
                yield f"{path} may have been there, and removed by someone else while it ran"
                return


def _violation(trial: Trial, policy: Policy, touched: Sequence[str]) -> str:
    """What was changed that may not be, all of it; empty when nothing was. ``touched``: what is
    hidden or read-only."""
    may = writable(policy.write)
    allowed = [each for each in trial.changes if all(map(may, each.paths))]
    # Folders that had to be made for what may be there.
    ways = {parent for each in allowed for parent in folders_above(each.path)}
    paths = [
        path
        for each in trial.changes
        if not (each.before is None and gains_folder(each) and each.path in ways)
        for path in each.paths
        if not may(path)
    ]
    special = [each.path for each in allowed if each.after and each.after.entry is Entry.SPECIAL]
    told = (
        (touched, "it changed {}, hidden from it or not to be changed"),
        (paths, "it changed {}, which it may not write"),
        (special, "it made {}: no file, folder or link"),
    )
    return "; ".join(sentence.format(few(found)) for found, sentence in told if found)
