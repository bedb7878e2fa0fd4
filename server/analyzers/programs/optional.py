"""What the optional programs share: where they are looked for, and what their analyzers have in
common. Each is off until the settings switch it on; one that is on and not there is MISSING."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...model import Tier
from ...settings import Settings
from ...settings.analyzers import Kingfisher, OptionalTool, Semgrep, TypeChecker
from ...trust import inside
from ..base import Analyzer, Configuration, Files, fingerprint, upwards
from ..installations import is_program, resolve_program, stamp_of
from ..managed import managed
from ..process import MOST_MEMORY
from .program import Input, Piped, Program
from .rows import Reading

_BESIDE_US = os.path.dirname(sys.executable)

_MOST_RULES = 2_000

Own = OptionalTool | TypeChecker | Semgrep | Kingfisher


@dataclass(frozen=True)
class Tool:
    """One optional program. ``arguments`` may depend on the settings and the root, from which they
    give absolute paths alone. ``sources``: the names of the files that configure it, looked for
    from a file's folder up to the root; ``configures`` tells whether such a file does.
    ``in_place``: it reads only those of the folder in which it is run. ``user``: those of the
    user's own, below the folder for configurations, or ``~/``. ``reaches_out``: whether a source
    with that content has it read other files. ``named``: what the settings name,
    files and folders, from the root on. ``runs_code``: all those can make it run code of the
    workspace. ``in_environment``: that of the workspace's own environment is preferred. ``piped``:
    the arguments with which it takes a text on standard input, where it is run. ``tells``: those
    with which it tells its version. ``memory``: the bytes of data that it may take. ``check``: the
    function that is called."""

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
    configures: Callable[[Path, Files], bool] = lambda path, files: files.read(path) is not None
    in_place: bool = False
    user: tuple[str, ...] = ()
    reaches_out: Callable[[bytes], bool] = lambda content: False
    named: Callable[[Settings], tuple[str, ...]] = lambda settings: ()
    runs_code: bool = False
    in_environment: bool = False
    self_contained: bool = True
    piped: tuple[str, ...] = ()
    tells: tuple[str, ...] = ("--version",)
    memory: int = MOST_MEMORY
    check: str = "program:check"

    def analyzer(self) -> Analyzer:
        return Analyzer(
            name=self.name,
            title=self.title,
            tier=Tier.DEEP,
            languages=self.languages,
            check=f"{__package__}.{self.check}",
            configure=partial(_configure, self),
            enabled=lambda settings: self.settings(settings).enabled,
            timeout=lambda settings: self.settings(settings).timeout_seconds,
            sources=self.sources,
            named=self.named,
            patterns=self.patterns,
            package=self.package,
            batch=50 if self.input == "files" else 0,
            reads_disk=self.input != "stdin" and not self.piped,
        )


def _configure(
    tool: Tool, folder: Path, root: Path, settings: Settings, files: Files
) -> Configuration:
    named = tool.settings(settings).path
    program = resolve_program(named, root) if named else _find(tool, root)
    setting = f"or correct {tool.name}.path" if named else f"or name it in {tool.name}.path"
    where = "where the project's environment is " if tool.in_environment else ""
    above = [place for place in upwards(folder) if place.is_relative_to(root)]
    paths = [place / name for place in above for name in sorted(tool.sources)]
    source = next((path for path in paths if tool.configures(path, files)), None)
    reaches_out = any(tool.reaches_out(files.read(path) or b"") for path in paths)
    # Some look above the root, too.
    everywhere = [place / name for place in upwards(folder) for name in sorted(tool.sources)]
    named_paths = [root / each for each in tool.named(settings)]
    place = str(source.parent if source and tool.in_place else root)
    rules = _rules(named_paths, files)
    context = Program(
        tool.name,
        tool.title,
        (program, *tool.arguments(settings, root)),
        place,
        tool.reading,
        tool.input,
        (0,),
        tool.found,
        f"install it {where}(`pip install {tool.package}`, `understudy install {tool.name}`),"
        f" {setting}",
        tool.least,
        tool.self_contained and rules is not None,
        Piped(tool.piped, place) if tool.piped else None,
        tool.tells,
        next((str(path) for path in (*everywhere, *named_paths) if files.is_special(path)), ""),
        tool.memory,
    )
    seen = [*map(files.read, everywhere), *map(files.read, _of_the_user(tool))]
    variables = _variables(tool)
    return Configuration(
        context,
        key=fingerprint(context, stamp_of(program), seen, rules, variables),
        note=f"{', '.join(variables)} of the environment may configure it." if variables else "",
        programs=(context.installation(),),
        installable=not named and program not in _own(tool, root),
        needs_trust=inside(program, root)
        or ((tool.runs_code or reaches_out) and os.path.isabs(program)),
        source=str(source or ""),
    )


def _variables(tool: Tool) -> dict[str, str]:
    """Those of the environment that begin with its name, such as ``SHELLCHECK_OPTS``: it goes by
    them, as it does on the user's own command line."""
    beginning = f"{tool.name.upper()}_"
    return {name: os.environ[name] for name in sorted(os.environ) if name.startswith(beginning)}


def _of_the_user(tool: Tool) -> Iterator[Path]:
    home = Path(os.path.expanduser("~"))
    configurations = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    for name in tool.user:
        yield home / name[2:] if name.startswith("~/") else configurations / name


def _rules(paths: Iterable[Path], files: Files) -> tuple[object, ...] | None:
    """What files hold, and how those in folders are, which need not be read for that. None: there
    are too many to tell whether one has changed."""
    found: list[object] = []
    for path in paths:
        found.append((str(path), files.read(path) or stamp_of(path)))
        for place, folders, names in os.walk(path):
            folders.sort()
            if len(found) + len(folders) + len(names) > _MOST_RULES:
                return None
            found += [(place, name, stamp_of(os.path.join(place, name))) for name in sorted(names)]
            found += [(place, name) for name in folders]
    return tuple(found)


def _own(tool: Tool, root: Path) -> list[str]:
    """Where a workspace has a tool of its own."""
    names = (".venv", "venv") if tool.in_environment else ()
    return [str(root / name / "bin" / tool.name) for name in names]


def _find(tool: Tool, root: Path) -> str:
    """What was installed on the user's word goes before what happens to be there."""
    paths = [*_own(tool, root), managed(tool.name, tool.name), os.path.join(_BESIDE_US, tool.name)]
    return next(filter(is_program, paths), "") or resolve_program(tool.name, root)
