"""Every setting: one immutable tree, with what a person has to know about each.

In files and editors the keys are camelCase (``analysis.debounceMs``); the JSON schema, the VS Code
section and docs/settings.md are generated from here. Named tuples, since eight dataclasses take
milliseconds to make and every process imports this.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_type_hints

from ..model import Level

Scope = Literal["resource", "machine-overridable", "window"]


class About(NamedTuple):
    """``ge`` and ``le`` are inclusive bounds, ``scope`` is VS Code's.

    ``trusted_only`` marks what names a program to run: an untrusted project cannot set it.
    """

    description: str
    ge: float | None = None
    le: float | None = None
    scope: Scope = "resource"
    trusted_only: bool = False


class Analysis(NamedTuple):
    on_save: Annotated[bool, About("Analyse a file when it is saved.")] = True
    on_idle: Annotated[
        bool,
        About("Analyse the unsaved text while typing pauses, so that a save finds the answer."),
    ] = True
    idle_delay_ms: Annotated[
        int, About("Milliseconds without typing that count as a pause.", ge=50, le=60_000)
    ] = 400
    debounce_ms: Annotated[
        int,
        About("Milliseconds in which several saves of one file count as one.", ge=0, le=10_000),
    ] = 150
    max_file_bytes: Annotated[
        int,
        About("Larger files are not analysed, and are named as such.", ge=1_000, le=100_000_000),
    ] = 1_000_000
    exclude: Annotated[
        tuple[str, ...],
        About("Files and folders that are not analysed, as .gitignore patterns."),
    ] = ()


class Ruff(NamedTuple):
    enabled: Annotated[bool, About("Run Ruff.")] = True
    path: Annotated[
        str,
        About(
            "The Ruff executable. Empty: the one installed with the server.",
            scope="machine-overridable",
            trusted_only=True,
        ),
    ] = ""


class Bandit(NamedTuple):
    enabled: Annotated[bool, About("Run Bandit.")] = True
    interpreter: Annotated[
        str,
        About(
            "The Python interpreter that runs Bandit, which reads only the syntax of the Python "
            "it runs on. Empty: the server's own.",
            scope="machine-overridable",
            trusted_only=True,
        ),
    ] = ""
    timeout_seconds: Annotated[
        float, About("Seconds after which Bandit is stopped on one file.", ge=0.1, le=600)
    ] = 30


class Complexity(NamedTuple):
    enabled: Annotated[bool, About("Report functions that are too complex.")] = True
    max: Annotated[
        int, About("The highest cyclomatic complexity that is not reported.", ge=1, le=1_000)
    ] = 10


class SeverityLevels(NamedTuple):
    critical: Annotated[Level, About("How a critical finding is shown.")] = "error"
    high: Annotated[Level, About("How a high finding is shown.")] = "error"
    medium: Annotated[Level, About("How a medium finding is shown.")] = "warning"
    low: Annotated[Level, About("How a low finding is shown.")] = "information"
    info: Annotated[Level, About("How an informative finding is shown.")] = "hint"


class Rules(NamedTuple):
    ignore: Annotated[
        tuple[str, ...],
        About("Rules whose findings are not shown, by their codes, such as B101 or C901."),
    ] = ()


class Log(NamedTuple):
    level: Annotated[
        Literal["error", "warning", "info", "debug"],
        About("How much the server writes to its log.", scope="window"),
    ] = "info"


class Settings(NamedTuple):
    analysis: Analysis = Analysis()
    ruff: Ruff = Ruff()
    bandit: Bandit = Bandit()
    complexity: Complexity = Complexity()
    severity: SeverityLevels = SeverityLevels()
    rules: Rules = Rules()
    log: Log = Log()

    @staticmethod
    def of(values: Mapping[str, object]) -> Settings:
        """The tree with validated ``values`` (by key, ``analysis.onSave``) over the defaults."""
        chosen: dict[str, dict[str, Any]] = {}
        for option in options():
            if option.key in values:
                chosen.setdefault(option.group, {})[option.name] = values[option.key]
        types = get_type_hints(Settings)
        return Settings(**{group: types[group](**named) for group, named in chosen.items()})


class Option(NamedTuple):
    """What is known of one setting: ``group.leaf`` in files, ``group`` and ``name`` in the tree."""

    group: str
    leaf: str
    name: str
    type: Any
    default: object
    about: About

    @property
    def key(self) -> str:
        return f"{self.group}.{self.leaf}"

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that the value must be one of; empty when it is anything else."""
        return tuple(arg for arg in get_args(self.type) if isinstance(arg, str))


@cache
def options() -> tuple[Option, ...]:
    """All settings, in the order in which they are shown."""
    defaults = Settings()
    return tuple(
        Option(group, _camel(name), name, *_parts(hint, getattr(defaults, group), name))
        for group, type_ in get_type_hints(Settings).items()
        for name, hint in get_type_hints(type_, include_extras=True).items()
    )


def _parts(hint: Any, group: object, name: str) -> tuple[Any, object, About]:
    return hint.__origin__, getattr(group, name), hint.__metadata__[0]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
