"""The scripts of ``package.json``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from ..graph import circle, reached
from ..model import Around, Issue, Job, Kind, Place, Problem, Step, Workflow, unique
from ..shell import Words, commands, parts

LARGEST = 500_000
_MOST = 500
_MOST_STARS = 3
"""In a pattern of names: with more of them to match takes long."""
_OF_NPM = frozenset(
    f"{before}{name}"
    for name in ("install", "publish", "pack", "version", "prepare", "start", "stop", "restart")
    for before in ("", "pre", "post")
) | {"test", "prepublishOnly", "prepublish", "build", "dev", "lint", "uninstall", "preuninstall"}
"""That npm itself runs, or a person by habit."""
_BY_NAME = ("yarn", "jlpm", "pnpm", "bun")
"""They run a script that is named alone, too. jlpm is the yarn that comes with JupyterLab."""
_RUNS = {"npm": ("run", "run-script", "rum")} | dict.fromkeys(_BY_NAME, ("run",))
_SHORT = {"npm": ("test", "start", "stop", "restart", "t")}
_ELSEWHERE = frozenset(
    {"-r", "--recursive", "-F", "--filter", "-w", "--workspace", "--workspaces", "-ws"}
    | {"--prefix", "-C", "--dir", "--cwd", "workspace", "workspaces"}
)
"""What is run so is in other packages."""
_ALL = ("npm-run-all", "npm-run-all2", "run-s", "run-p")


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
    return Workflow(Kind.SCRIPTS, path, path, jobs, issues=found, in_order=True)


def _line_of(text: str, name: str) -> int:
    """Where a script is named: the first such key after that of all scripts."""
    after = text.find('"scripts"')
    found = re.compile(rf"{re.escape(json.dumps(name))}\s*:").search(text, max(0, after))
    return text.count("\n", 0, found.start()) + 1 if found else 1


def _job(name: str, texts: Mapping[str, str], places: Mapping[str, Place]) -> Job:
    text = texts[name]
    needs = tuple(each for each in (f"pre{name}",) if each in texts)
    calls = unique([c for words in commands(text) for c in called(words, texts)])
    after = tuple(each for each in (f"post{name}",) if each in texts)
    steps = tuple(
        Step(" ".join(words)[:80], places[name], " ".join(words), key=" ".join(words))
        for words in parts(text)
    )
    calls = tuple(each for each in (*calls, *after) if each in texts)
    invocation = f"npm run {name}"
    return Job(name, places[name], needs, calls, steps, 1, name in _OF_NPM, invocation)


def called(words: Words, names: Mapping[str, object]) -> Sequence[str]:
    """The scripts that a command runs; patterns of ``npm-run-all`` stand for what they match."""
    if not words:
        return ()
    if _ELSEWHERE & {each.partition("=")[0] for each in words}:
        return ()
    program, plain = words[0], [each for each in words[1:] if not each.startswith("-")]
    if program in _ALL:
        return [name for each in plain for name in _matching(each, names)]
    if program == "concurrently":
        short = [
            each.removeprefix("npm:").partition(" ")[0] for each in plain if each[:4] == "npm:"
        ]
        inner = [c for each in plain for own in commands(each) for c in called(own, names)]
        return [name for each in short for name in _matching(each, names)] + inner
    if program in _RUNS and len(plain) > 1 and plain[0] in _RUNS[program]:
        return [plain[1]]
    if plain and plain[0] in _SHORT.get(program, ()):
        return ["test" if plain[0] == "t" else plain[0]]
    if plain and program in _BY_NAME and plain[0] in names:
        return [plain[0]]
    return ()


def _matching(pattern: str, names: Mapping[str, object]) -> list[str]:
    if "*" not in pattern or pattern.count("*") > _MOST_STARS:
        return [pattern]
    pieces = (re.escape(each).replace(r"\*", "[^:]*") for each in pattern.split("**"))
    fits = re.compile(".*".join(pieces))
    return [name for name in names if fits.fullmatch(name)]


def _issues(
    texts: Mapping[str, str], places: Mapping[str, Place], jobs: Sequence[Job]
) -> Iterator[Issue]:
    for name, text in texts.items():
        for missing in unique([c for w in commands(text) for c in called(w, texts)]):
            if missing not in texts:
                told = f"The script {name} runs {missing}, and there is no such script."
                yield Issue("missing-need", places[name], f"{name} {missing}", told)
        if not any(words[0] == "cd" for words in commands(text)):
            yield from _twice(name, text, places[name])
            yield from _in_sequence(name, text, texts, places[name])
    needs = {each.name: (*each.needs, *each.calls) for each in jobs}
    if round_ := circle(needs):
        told = f"These scripts run each other: {' → '.join(round_)}."
        yield Issue("cycle", places[round_[0]], " ".join(sorted(set(round_))), told)
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
            told = f"The script {name} runs `{' '.join(words)}` twice."
            yield Issue("duplicate-step", place, f"{name} {' '.join(words)}", told)
        seen.add(words)


_CHECKS = re.compile(r"lint|type-?check|tsc|prettier.*--check|format:check")
_CHANGES = re.compile(r"--fix|--write|build")


def _in_sequence(name: str, text: str, texts: Mapping[str, str], place: Place) -> Iterator[Issue]:
    """Checks in a chain, which read the same files and change none."""
    chain = [each.strip() for each in text.split("&&")]
    checks = [each for each in chain if _CHECKS.search(each) and not _CHANGES.search(each)]
    own = [c for each in checks for words in commands(each) for c in called(words, texts)]
    changing = any(_CHANGES.search(texts.get(each, "")) for each in own)
    if len(checks) < 2 or changing or "||" in text or ";" in text:
        return
    told = (
        f"The script {name} runs {len(checks)} checks one after another ({', '.join(checks)}), and "
        "none needs another: run-p of npm-run-all2, or concurrently, runs them at once."
    )
    yield Issue("in-sequence", place, name, told)
