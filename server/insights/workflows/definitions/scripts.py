"""The scripts of ``package.json``."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

from ..graph import Needs, circle, reached
from ..model import Around, Issue, Job, Kind, Place, Problem, Step, Workflow, unique
from ..shell import Words, commands, excerpt, parts
from . import chains
from .chains import Scripts, chain
from .script_calls import called, turns_of

LARGEST = 500_000
_MOST = 500
_OF_NPM = frozenset(
    f"{before}{name}"
    for name in ("install", "publish", "pack", "version", "prepare", "start", "stop", "restart")
    for before in ("", "pre", "post")
) | {"test", "prepublishOnly", "prepublish", "build", "dev", "lint", "uninstall", "preuninstall"}
"""That npm itself runs, or a person by habit."""
_ASIDE = re.compile(r"(?<![&>|])&(?![&>])")


def workflow(path: str, text: str, _: Around) -> Workflow | None:
    """What can be understood of it, and what is wrong with the rest; None where there are no
    scripts."""
    try:
        if len(text) > LARGEST:
            raise ValueError(f"it has more than {LARGEST:,} characters")
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        problem = Problem(Place(path, line), f"It cannot be read: {error}.")
        return Workflow(Kind.SCRIPTS, path, path, problems=(problem,))
    scripts = data.get("scripts") if isinstance(data, dict) else None
    own = scripts if isinstance(scripts, dict) else {}
    if not own:
        return None
    texts = {str(n): t for n, t in [*own.items()][:_MOST] if isinstance(t, str)}
    places = {name: Place(path, _line_of(text, name)) for name in texts}
    jobs = tuple(_job(name, texts, places) for name in texts)
    found = tuple(_issues(texts, places, jobs))
    return Workflow(Kind.SCRIPTS, path, path, jobs, issues=found)


def _line_of(text: str, name: str) -> int:
    """Where a script is named: the first such key after that of all scripts."""
    after = text.find('"scripts"')
    found = re.compile(rf"{re.escape(json.dumps(name))}\s*:").search(text, max(0, after))
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _job(name: str, texts: Mapping[str, str], places: Mapping[str, Place]) -> Job:
    text = texts[name]
    needs = tuple(each for each in (f"pre{name}",) if each in texts)
    after = [(each,) for each in (f"post{name}",) if each in texts]
    steps = tuple(_step(words, places[name], texts) for words in parts(text))
    turns = (*_turns(text, texts), *after)
    invocation = f"npm run {name}"
    return Job(name, places[name], needs, turns, steps, 1, name in _OF_NPM, invocation)


def _step(words: Words, place: Place, texts: Mapping[str, str]) -> Step:
    line, folder = " ".join(words), posixpath.dirname(place.path)
    calls = any(each in texts for own in commands(line) for each in called(own, texts))
    return Step(place, line, key=line, folder=folder, calls=calls)


def _turns(text: str, texts: Mapping[str, str]) -> Sequence[tuple[str, ...]]:
    """Of what a script runs of the others, what can run at once; a command waits for the one before
    it, but for those that run aside (``&``)."""
    turns = [
        there
        for words in commands(text)
        for turn in turns_of(words, texts)
        if (there := unique([each for each in turn if each in texts]))
    ]
    if turns and _ASIDE.search(text):
        return [unique([each for turn in turns for each in turn])]
    return turns


def _issues(
    texts: Mapping[str, str], places: Mapping[str, Place], jobs: Sequence[Job]
) -> Iterator[Issue]:
    needs = {each.name: (*each.needs, *each.calls) for each in jobs}
    scripts = chains.scripts(texts, needs)
    lacking = {name: _lacking(text, texts) for name, text in texts.items()}
    for name, text in texts.items():
        for missing in lacking[name]:
            if "*" not in missing:
                told = f"The script {name} runs {missing}, and there is no such script."
                yield Issue("missing-need", places[name], f"{name} {missing}", told)
        if not any(words[0] == "cd" for words in commands(text)):
            yield from _twice(name, text, places[name])
            yield from _in_sequence(name, scripts, places[name])
    if round_ := circle(needs):
        told = f"These scripts run each other: {' → '.join(round_)}."
        yield Issue("cycle", places[round_[0]], " ".join(sorted(set(round_))), told)
    if not any("*" in each for those in lacking.values() for each in those):
        yield from _dead(texts, needs, jobs)


def _lacking(text: str, texts: Mapping[str, str]) -> Sequence[str]:
    """What it runs and is no script here; a pattern, where nobody looked what that stands for."""
    return unique([c for w in commands(text) for c in called(w, texts) if c not in texts])


def _dead(texts: Mapping[str, str], needs: Needs, jobs: Sequence[Job]) -> Iterator[Issue]:
    used = reached(needs, [each.name for each in jobs if each.is_entry])
    for job in jobs:
        around = re.sub(r"^(pre|post)", "", job.name)
        if job.name not in used and (around == job.name or around not in texts):
            told = f"No other script runs {job.name}, and npm does not by itself."
            yield Issue("dead", job.place, job.name, told)


def _twice(name: str, text: str, place: Place) -> Iterator[Issue]:
    seen: set[Words] = set()
    for words in parts(text):
        if words in seen and len(words) > 1:
            told = f"The script {name} runs `{excerpt(' '.join(words))}` twice."
            yield Issue("duplicate-step", place, f"{name} {' '.join(words)}", told)
        seen.add(words)


def _in_sequence(name: str, scripts: Scripts, place: Place) -> Iterator[Issue]:
    """Checks in a chain, which read the same files and change none."""
    turns = chain(scripts.texts[name], scripts)
    checks = [excerpt(each.text) for turn in turns for each in turn if len(turn) > 1]
    if not checks:
        return
    told = (
        f"The script {name} runs {len(checks)} checks one after another ({', '.join(checks)}), and "
        "none needs another: run-p of npm-run-all2, or concurrently, runs them at once."
    )
    around = [[(("npm", "run", f"{before}{name}"),)] for before in ("pre", "post")]
    first, last = (each if each[0][0][2] in scripts.texts else [] for each in around)
    argv = tuple(tuple(each.argv for each in turn) for turn in turns)
    yield Issue("in-sequence", place, name, told, turns=(*first, *argv, *last))
