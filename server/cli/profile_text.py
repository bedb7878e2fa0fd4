"""Profiles as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ..app.changes import printable
from ..app.insights.profiling import Profile, WorkPath
from ..app.insights.programs import Change, Program, compare, margin, source_line
from ..sizes import size

_MOST = 10
_LONGEST = 60
_FEW = 100


def program_told(root: Path, found: Program) -> str:
    """The hot lines and functions of a program."""
    return "".join(f"{line}\n" for line in _program(root, found))


def _program(root: Path, found: Program) -> Iterator[str]:
    told = found.told
    yield f"{printable(found.command)}: {_runs(found)}"
    for run in found.runs:
        if run.note:
            yield f"Note: {run.note}."
    if not told.many:
        return
    apart = _seconds(told.interval)
    yield f"{told.many} samples, {apart} apart: {_seconds(told.seconds)} of running."
    if told.many < _FEW:
        yield f"These are few: a share is only known to within {_percent(margin(0.5, told.many))}."
    yield ""
    yield "Hot lines: what they took, with the libraries that they called"
    for line in [each for each in told.lines if each.own][:_MOST]:
        share = line.own / told.many
        sure = f"{_percent(share):>5} ± {_percent(margin(share, told.many))}"
        yield f"  {sure:<13} {_seconds(line.own * told.interval):>8}  {_at(line.file, line.line)}"
        if text := source_line(root, found, line):
            yield f"{'':27}{_short(printable(text))}"
    yield ""
    yield "Hot functions: what they took by themselves, and with all that they called"
    rows = sorted(told.functions, key=lambda each: -each.samples)[:_MOST]
    for each in rows:
        own, total = sum(each.own) / told.many, each.samples / told.many
        where = f"{printable(each.name)}  {_at(each.file, each.line)}"
        yield f"  {_percent(own):>5} {_percent(total):>5}  {where}"
    if told.outside:
        outside = _percent(told.outside / told.many)
        yield f"{outside} of the time no line of the workspace was running."


def _runs(found: Program) -> str:
    runs, many = found.runs, len(found.runs)
    seconds = sum(each.seconds for each in runs) / many
    cpu = sum(each.cpu for each in runs) / many
    memory = size(max(each.memory for each in runs))
    codes = ", ".join(dict.fromkeys(str(each.exit_code) for each in runs))
    often = f"{many} runs, each " if many > 1 else ""
    return f"{often}{_seconds(seconds)}, {_seconds(cpu)} of CPU, {memory}, exit {codes}"


def compared(before: Program, after: Program) -> str:
    """What has changed from one to the other."""
    return "".join(f"{line}\n" for line in _compared(before, after))


def _compared(before: Program, after: Program) -> Iterator[str]:
    found = compare(before, after)
    whole = found.whole
    yield ""
    yield f"Before: {_runs(before)}. Now: {_runs(after)}."
    if found.repeated:
        yield f"All of it: {_change(whole)}"
    else:
        yield (
            f"All of it: {whole.difference:+.3f} s. How much two runs differ by themselves is not"
            " known of one run each; `--runs 5`, before and after, measures it."
        )
    told = [each for each in found.functions if not each.is_noise]
    for each in told[:_MOST]:
        yield f"  {_change(each)}  {printable(each.name)}  {_at(each.file, 0)}"
    if len(told) > _MOST:
        yield f"  and {len(told) - _MOST} more"
    if not told:
        yield "No function differs by more than chance does."
    elif len(found.functions) > len(told):
        yield f"The other {len(found.functions) - len(told)} functions differ within noise."


def _change(change: Change) -> str:
    text = f"{change.before:.3f} → {change.after:.3f} s ({change.difference:+.3f}"
    if change.low is not None and change.high is not None:
        text = f"{text}, 95 %: {change.low:+.3f} to {change.high:+.3f}"
    return f"{text}{'; within noise' if change.is_noise else ''})"


def engine_told(found: Profile, since: str) -> str:
    """Where the engine's time went."""
    return "".join(f"{line}\n" for line in _engine(found, since))


def _engine(found: Profile, since: str) -> Iterator[str]:
    hot = found.hot
    if not since or not hot.among:
        yield "Nothing is known yet of where Understudy's time goes here."
        return
    of_them = _percent(len(hot.paths) / hot.among)
    yield (
        f"Since {since}: {_seconds(hot.seconds)} of work. {len(hot.paths)} of {hot.among} paths"
        f" ({of_them}) take {_percent(hot.share)} of it:"
    )
    yield from _table(hot.paths[:_MOST], left=len(hot.paths) - _MOST)
    yield ""
    yield "Slowest operations"
    for each in found.slowest:
        yield f"  {_seconds(each.most):>9}  {_named(each)}"
    yield ""
    yield "Tools and tasks    runs   waited      ran      CPU    known before"
    for tool in found.tools:
        rate = "–" if tool.hit_rate is None else f"{_percent(tool.hit_rate)} of {tool.looked}"
        yield (
            f"  {printable(tool.name):<16} {tool.runs:>4} {_seconds(tool.waited):>8}"
            f" {_seconds(tool.ran):>8} {_seconds(tool.cpu):>8}    {rate}"
        )
    yield ""
    yield "Phases            times    median      p95     most       own"
    for each in found.phases:
        yield (
            f"  {printable(each.name):<15} {each.times:>5} {_seconds(each.median):>9}"
            f" {_seconds(each.p95):>8} {_seconds(each.most):>8} {_seconds(each.seconds):>9}"
        )
    if found.files:
        yield ""
        yield "Files, of what was analysed one by one"
        yield from _table(found.files[:_MOST], left=len(found.files) - _MOST)


def _table(paths: Sequence[WorkPath], left: int) -> Iterable[str]:
    for each in paths:
        yield f"  {_percent(each.share):>5} {_seconds(each.seconds):>9}  {_named(each)}"
    if left > 0:
        yield f"  and {left} more"


def _named(path: WorkPath) -> str:
    name = " ".join(filter(None, (path.name, path.tool, path.file)))
    return f"{printable(name)} ({path.times}×)"


def _at(file: str, line: int) -> str:
    return f"{printable(file)}:{line}" if line else printable(file)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2].rstrip()} …"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _seconds(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} µs"
