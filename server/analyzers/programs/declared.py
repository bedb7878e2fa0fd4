"""Analyzers that are declared in the settings: a command, and how what it prints is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from ...model import Category, Tier
from ...settings import ConfigProblem, Loaded, Settings
from ...settings.analyzers import DeclaredAnalyzer
from ..base import Analyzer, Configuration, Files, fingerprint
from ..installations import resolve_program, stamp_of
from .matchers import check
from .output import FIELDS, matcher_of
from .program import PLACES, Program
from .rows import Reading

_MAPPED = {"json": FIELDS, "jsonl": FIELDS, "sarif": frozenset({"severity", "confidence"})}
_UNITS = {"sarif": "utf16"}
_ANY_PLACE = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


def declared(settings: Settings) -> list[Analyzer]:
    return [_analyzer(name, own) for name, own in settings.analyzers.custom.items()]


def _analyzer(name: str, own: DeclaredAnalyzer) -> Analyzer:
    return Analyzer(
        name=name,
        title=name,
        tier=Tier.DEEP,
        check=f"{__package__}.program:check",
        configure=partial(_configure, name),
        enabled=lambda settings: True,
        timeout=lambda settings: own.timeout_seconds,
        sources=frozenset(Path(each).name for each in own.configured_by),
        patterns=own.files,
        batch=50 if own.input == "files" else 0,
        reads_disk=own.input != "stdin",
    )


def _configure(
    name: str, _folder: Path, root: Path, settings: Settings, files: Files
) -> Configuration:
    """What such a command reads and runs is not known: it always needs the workspace's trust."""
    own = settings.analyzers.custom[name]
    program = resolve_program(own.command[0], root)
    where = f"correct `analyzers.custom.{name}.command`, or install it"
    context = Program(
        name,
        name,
        (program, *own.command[1:]),
        str(root),
        Reading(
            own.output,
            tuple(own.mapping.items()),
            tuple((word.lower(), grade) for word, grade in own.severity.items()),
            Category(own.category),
            first_line=own.first_line,
            first_column=own.first_column,
            unit=own.columns if own.columns != "auto" else _UNITS.get(own.output, "characters"),
        ),
        own.input,
        own.ok_codes,
        own.found_codes,
        where,
    )
    seen = [files.read(root / each) for each in own.configured_by]
    return Configuration(
        context, key=fingerprint(context, stamp_of(program), seen), needs_trust=True
    )


def problems(loaded: Loaded) -> Iterator[ConfigProblem]:
    """What is wrong with the user's own analyzers, where it is written."""
    from ..table import NAMES

    own = loaded.settings.analyzers
    groups = {"custom": own.custom, "plugins": own.plugins}
    found = [
        (group, name, "", f"`{name}` is the name of an analyzer that comes with Understudy")
        for group, entries in groups.items()
        for name in entries
        if name in NAMES
    ]
    found += [
        ("plugins", name, "", f"a command in `analyzers.custom` has the name `{name}`, too")
        for name in own.plugins
        if name in own.custom
    ]
    for name, declaration in own.custom.items():
        found += [("custom", name, field, why) for field, why in _flaws(declaration)]
    for group, name, field, why in found:
        told = f"The analyzer `{name}` does not work: {why}."
        if problem := loaded.problem(("analyzers", group, name), field, told):
            yield problem


def withheld(loaded: Loaded) -> tuple[str, ...]:
    """The analyzers of their own that the layers switch on, and that may not be used here."""
    own = loaded.settings.analyzers
    groups = {"custom": own.custom, "plugins": own.plugins}
    return tuple(
        name
        for group, used in groups.items()
        for source in loaded.sources
        for name, entry in source.entries(("analyzers", group)).items()
        if name not in used and not (isinstance(entry, Mapping) and entry.get("enabled") is False)
    )


def _flaws(own: DeclaredAnalyzer) -> Iterator[tuple[str, str]]:
    """By field."""
    places = {found for word in own.command for found in _ANY_PLACE.findall(word)}
    if strange := sorted(places - PLACES):
        yield "command", f"`${{{{ {strange[0]} }}}}` stands for nothing"
    fields = _MAPPED.get(own.output, frozenset[str]())
    if strange := sorted(own.mapping.keys() - fields):
        those = f"; there is {', '.join(sorted(fields))}" if fields else " in an expression"
        yield "mapping", f"there is no `{strange[0]}` to be mapped{those}"
    matched = own.output not in _MAPPED
    if matched and (why := check(matcher_of(own.output), names_file=own.input == "files")):
        word = re.fullmatch(r"[\w-]+", own.output)
        none = f"{own.output} is none of {', '.join(sorted(_MAPPED))}, and no matcher is called so"
        yield "output", none if word else why
