"""What the optional programs share: where they are looked for, and what their analyzers have in
common. Each is off until the settings switch it on; one that is on and not there is MISSING."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...model import Tier
from ...settings import Settings
from ...settings.analyzers import Mypy, OptionalTool, Semgrep
from ...trust import inside
from ..base import (
    Analyzer,
    Configuration,
    Files,
    fingerprint,
    is_program,
    resolve_program,
    stamp_of,
    upwards,
)
from ..managed import managed
from .program import Input, Program
from .rows import Reading

_BESIDE_US = os.path.dirname(sys.executable)


Own = OptionalTool | Mypy | Semgrep


@dataclass(frozen=True)
class Tool:
    """One optional program. ``arguments`` may depend on the settings and the root, from which they
    give absolute paths alone. ``sources``: the names of the files that configure it, looked for
    from a file's folder up to the root. ``runs_code``: those can make it run code of the workspace.
    ``in_environment``: that of the workspace's own environment is preferred."""

    name: str
    title: str
    patterns: tuple[str, ...]
    arguments: Callable[[Settings, Path], tuple[str, ...]]
    reading: Reading
    package: str
    least: tuple[int, ...]
    settings: Callable[[Settings], Own]
    input: Input = "file"
    found: tuple[int, ...] = (1,)
    languages: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()
    runs_code: bool = False
    in_environment: bool = False
    alone: bool = True

    def analyzer(self) -> Analyzer:
        return Analyzer(
            name=self.name,
            title=self.title,
            tier=Tier.DEEP,
            suffixes=frozenset(),
            languages=self.languages,
            check=f"{__package__}.program:check",
            explain="",
            configure=partial(_configure, self),
            version=lambda: "",
            ask=f"{__package__}.program:ask",
            enabled=lambda settings: self.settings(settings).enabled,
            timeout=lambda settings: self.settings(settings).timeout_seconds,
            sources=self.sources,
            patterns=self.patterns,
            package=self.package,
            batch=50 if self.input == "files" else 0,
        )


def _configure(
    tool: Tool, folder: Path, root: Path, settings: Settings, files: Files
) -> Configuration:
    named = tool.settings(settings).path
    program = resolve_program(named, root) if named else _find(tool, root)
    setting = f"or correct {tool.name}.path" if named else f"or name it in {tool.name}.path"
    where = "where the project's environment is " if tool.in_environment else ""
    context = Program(
        tool.name,
        tool.title,
        (program, *tool.arguments(settings, root)),
        str(root),
        tool.reading,
        tool.input,
        (0,),
        tool.found,
        f"install it {where}(`pip install {tool.package}`, `understudy install {tool.name}`),"
        f" {setting}",
        tool.least,
        tool.alone,
    )
    above = (place for place in upwards(folder) if place.is_relative_to(root))
    seen = [files.read(place / name) for place in above for name in sorted(tool.sources)]
    return Configuration(
        context,
        key=fingerprint(context, stamp_of(program), seen),
        program=(program, stamp_of(program)),
        installable=not named and program not in _own(tool, root),
        needs_trust=inside(program, root) or (tool.runs_code and os.path.isabs(program)),
    )


def _own(tool: Tool, root: Path) -> list[str]:
    """Where a workspace has a tool of its own."""
    names = (".venv", "venv") if tool.in_environment else ()
    return [str(root / name / "bin" / tool.name) for name in names]


def _find(tool: Tool, root: Path) -> str:
    """What was installed on the user's word goes before what happens to be there."""
    paths = [*_own(tool, root), managed(tool.name, tool.name), os.path.join(_BESIDE_US, tool.name)]
    return next(filter(is_program, paths), "") or resolve_program(tool.name, root)
