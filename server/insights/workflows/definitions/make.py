"""Makefiles, read as far as they can be without make: it is never run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ....findings.redact_text import redacted
from ..graph import circle, reached
from ..model import Around, Insert, Issue, Job, Kind, Place, Problem, Remedy, Step, Workflow, unique
from ..shell import Words, commands, key
from .expand import Variables, assignment, names_in, parted

LARGEST = 1_000_000
_MOST_RULES = 5_000
_MOST_EDGES = 50_000
_MOST_STEPS = 50
"""Of one target."""
_DEEPEST = 8
_SPECIAL = re.compile(r"\.[A-Z_]+")
_PREFIX = re.compile(r"^[-@+\s]+")
_CONDITIONAL = ("ifeq", "ifneq", "ifdef", "ifndef", "else", "endif")
_COMPILED = frozenset({".o", ".a", ".s", ".i", ".lo"})
_SOURCES = (".c", ".cc", ".cpp", ".o", ".sh", ".f", ".p", ".s", ".l", ".y")
"""What make has rules for by itself."""
_WILD = re.compile(r"[*?\[%$]")


@dataclass
class _Target:
    place: Place
    needs: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    told: bool = False
    """Its line has a comment for people: somebody is to call it."""


class _Reader:
    def __init__(self, around: Around, folder: str) -> None:
        self.around = around
        self.folder = folder
        self.targets: dict[str, _Target] = {}
        self.phony: dict[str, Place] = {}
        self.variables = Variables()
        self.problems: list[Problem] = []
        self.is_known = True
        self.default = ""
        self.parallel = False
        self.patterns: list[str] = []
        self._edges = 0
        self._now: list[_Target] = []

    def file(self, path: str, text: str, depth: int = 0) -> None:
        if len(text) > LARGEST:
            told = f"It has more than {LARGEST:,} characters, and is not read."
            self.problems.append(Problem(Place(path, 1), told))
            self.is_known = False
            return
        self._now = []
        define = False
        for number, line in _lines(text):
            word = line.split(None, 1)[0] if line.strip() else ""
            if define or word == "define":
                define = word != "endef"
                self.is_known &= word != "define"
            elif line.startswith("\t") and self._now:
                self._recipe(Place(path, number), line[1:])
            elif word in ("include", "-include", "sinclude"):
                self._include(path, number, line, depth)
            elif word in _CONDITIONAL:
                pass  # both branches count: which one holds, only make knows
            elif line.strip() and not line.lstrip().startswith("#"):
                self._line(Place(path, number), line)

    def _line(self, place: Place, line: str) -> None:
        if (found := assignment(line)) is not None:
            name, operator, value = found
            self.variables.assign(name, operator, value)
            self.parallel |= name == "MAKEFLAGS" and bool(re.search(r"-\w*j", value))
            self._now = []
        elif (rule := _rule(self.variables.expand(line))) is not None:
            self._rule(place, *rule, told="##" in line)

    def _rule(self, place: Place, targets: str, rest: str, *, told: bool) -> None:
        rest, _, comment = rest.partition("#")
        needs, semicolon, recipe = rest.partition(";")
        self._now = []
        if assignment(needs.strip()) is not None:
            return  # a variable of that target
        if needs.count(":") == 1 and "%" in needs:
            needs = needs.partition(":")[2]
        names, before = names_in(targets), names_in(needs.replace("|", " "))
        self.is_known &= "$" not in rest.partition(";")[0] and "$" not in targets
        for name in names[:100]:
            if name == ".PHONY":
                self.phony.update(dict.fromkeys(before, place))
            elif "%" in name or name == ".DEFAULT":
                self.patterns.append(name)
            elif not _SPECIAL.fullmatch(name) and len(self.targets) < _MOST_RULES:
                target = self.targets.setdefault(name, _Target(place))
                self._edges += len(before)
                if self._edges <= _MOST_EDGES:
                    target.needs += before
                target.told |= told or "##" in comment
                self._now.append(target)
                self.default = self.default or name
        if semicolon and recipe.strip():
            self._recipe(place, recipe)

    def _recipe(self, place: Place, line: str) -> None:
        text = _PREFIX.sub("", self.variables.expand(line)).strip()
        if not text or text.startswith("#"):
            return
        for target in self._now:
            if len(target.steps) < _MOST_STEPS:
                target.steps.append(Step(place, text, key=key(text), folder=self.folder))

    def _include(self, path: str, number: int, line: str, depth: int) -> None:
        for named in self.variables.expand(line).split()[1:]:
            there = posixpath.normpath(posixpath.join(posixpath.dirname(path), named))
            if depth < _DEEPEST and there in self.around.read and there != path:
                self.file(there, self.around.read[there], depth + 1)
            else:
                self.is_known = False
                if not line.startswith(("-", "s")) and not _WILD.search(named):
                    told = f"It includes {redacted(named)}, which is not there or is not read."
                    self.problems.append(Problem(Place(path, number), told))
        self._now = []


def includes(path: str, text: str) -> list[str]:
    """The paths of files that are named as included, for who reads them."""
    found = re.findall(r"^(?:-|s)?include\s+(.+)$", text[:LARGEST], re.MULTILINE)
    names = [name for line in found for name in line.split() if not _WILD.search(name)]
    return [posixpath.normpath(posixpath.join(posixpath.dirname(path), each)) for each in names]


def workflow(path: str, text: str, around: Around) -> Workflow:
    """What can be understood of it, and what is wrong with the rest."""
    reader = _Reader(around, posixpath.dirname(path))
    reader.file(path, text)
    jobs = tuple(_job(name, target, reader) for name, target in reader.targets.items())
    needs = {each.name: (*each.needs, *each.calls) for each in jobs}
    found = tuple(_issues(path, reader, jobs, needs))
    return Workflow(
        Kind.MAKE,
        path,
        path,
        jobs,
        tuple(reader.problems),
        found,
        in_order=not reader.parallel,
        is_known=reader.is_known,
    )


def _job(name: str, target: _Target, reader: _Reader) -> Job:
    turns = tuple(turn for each in target.steps for turn in _turns(each, reader))
    invocation = f"make {name}"
    is_entry = name == reader.default or target.told
    steps = tuple(each._replace(calls=_only_calls(each, reader)) for each in target.steps)
    return Job(name, target.place, unique(target.needs), turns, steps, 1, is_entry, invocation)


def _turns(step: Step, reader: _Reader) -> Iterator[tuple[str, ...]]:
    """What one call of make names can run at once; the next call waits for it."""
    for names in made_here(step):
        if turn := unique([each for each in names if each in reader.targets]):
            yield turn


def _only_calls(step: Step, reader: _Reader) -> bool:
    return len([*_turns(step, reader)]) == len(commands(step.command)) > 0


def made_here(step: Step) -> Sequence[Sequence[str]]:
    """The targets for which a line calls make, by calls, where it does not go to another folder
    before."""
    own = commands(step.command)
    if any(words[0] in ("cd", "pushd") for words in own):
        return ()
    return [names for words in own if (names := made(words))]


def made(words: Words) -> Sequence[str]:
    """The targets that a call of make names, in the folder where it is."""
    if not words or words[0].rpartition("/")[2] not in ("make", "gmake", "$(MAKE)", "${MAKE}"):
        return ()
    if any(each in ("-C", "-f") or each.startswith(("--directory", "--file")) for each in words):
        return ()
    return [each for each in words[1:] if not each.startswith("-") and "=" not in each]


def _rule(line: str) -> tuple[str, str] | None:
    """The targets and what stands behind the colon, where the line is a rule."""
    targets, colon, rest = parted(line)
    if not colon or not targets.strip() or set("#=") & set(targets) or rest[:1] == "=":
        return None
    return targets.strip(), rest.removeprefix(":")


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """With those joined that go on in the next one; numbers count from 1."""
    held, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first or number
        if line.endswith("\\") and not line.endswith("\\\\"):
            held += f"{line[:-1]} "
            continue
        yield first, held + line
        held, first = "", 0
    if held:
        yield first, held


def _issues(
    path: str, reader: _Reader, jobs: Sequence[Job], needs: dict[str, tuple[str, ...]]
) -> Iterator[Issue]:
    folder = posixpath.dirname(path)
    for job in jobs:
        yield from _missing(folder, job, reader)
        is_file = posixpath.join(folder, job.name) in reader.around.files
        words = {word for step in job.steps for own in commands(step.command) for word in own}
        made_by_it = bool({job.name, "$@"} & words)
        if is_file and job.name not in reader.phony and job.steps and not made_by_it:
            text = (
                f"{job.name} is there as a file or folder and the target is not .PHONY: make takes "
                "it for done, and runs nothing."
            )
            insert = Insert(job.place.line, f".PHONY: {job.name}")
            remedy = Remedy(f"Declare {job.name} as phony", path, inserts=(insert,))
            if not job.needs:
                own = remedy if job.place.path == path else None
                yield Issue("phony", job.place, job.name, text, (), own)
    if round_ := circle(needs):
        place = reader.targets[round_[0]].place
        text = f"These targets need each other: {' → '.join(round_)}."
        yield Issue("cycle", place, " ".join(sorted(set(round_))), text)
    yield from _idle(reader, jobs, needs)
    for job in jobs:
        yield from _in_sequence(reader, job)


def _missing(folder: str, job: Job, reader: _Reader) -> Iterator[Issue]:
    """What make would not know how to make. Only where all of the file is known."""
    if not reader.is_known or reader.patterns:
        return
    missing = [need for need in job.needs if not _is_made(folder, need, reader)]
    if missing:
        shown = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        text = f"{job.name} needs {shown}: there is no such target and no such file."
        yield Issue("missing-need", job.place, job.name, text)


def _is_made(folder: str, need: str, reader: _Reader) -> bool:
    """Whether make finds it or makes it, also by the rules that it has by itself."""
    there = posixpath.normpath(posixpath.join(folder, need))
    elsewhere = need.startswith(("/", "~")) or there.startswith("..") or _WILD.search(need)
    if elsewhere or need in reader.targets or need in reader.phony or there in reader.around.files:
        return True
    stem, suffix = posixpath.splitext(there)
    if suffix in _COMPILED:
        return True
    return any(f"{stem}{each}" in reader.around.files for each in _SOURCES if not suffix)


def _idle(
    reader: _Reader, jobs: Sequence[Job], needs: dict[str, tuple[str, ...]]
) -> Iterator[Issue]:
    """A target that is no file, and that nothing in the file reaches. Whether somebody calls it is
    for who knows what was run."""
    entries = [each.name for each in jobs if each.is_entry]
    used = reached(needs, entries)
    for job in jobs:
        if job.name not in used and job.name in reader.phony:
            text = f"No other target needs {job.name}, and it has no `##` line for people."
            yield Issue("dead", job.place, job.name, text)


def _in_sequence(reader: _Reader, job: Job) -> Iterator[Issue]:
    """A recipe that calls make for one target after another: even with -j they wait."""
    names = job.calls
    if len(job.turns) < 2 or len(names) < 2:
        return
    apart = [each for each in names if not set(reader.targets[each].needs) & set(names)]
    if len(apart) >= 2:
        text = (
            f"The recipe of {job.name} calls make for {', '.join(apart)} one after another, and "
            "none needs another. As its prerequisites they could run at once (`make -j`)."
        )
        at_once = tuple(("make", each) for each in apart)
        yield Issue("in-sequence", job.place, job.name, text, turns=(at_once,))
