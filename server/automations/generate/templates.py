"""The templates of scripts: Jinja2 files in a folder with a manifest, ours and the user's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import yaml
from jinja2 import Environment, Template, TemplateAssertionError, TemplateError, nodes
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...disk import read_regular
from ...disk import why as reason
from .apart import Apart, environment

MANIFEST = "manifest.yaml"
_OURS = Path(__file__).parent / "templates"
_LARGEST = 1_000_000
"""Bytes of a manifest, and of a template."""


class Problem(NamedTuple):
    """Why a template, or a folder of them, is not used. ``line``: in ``path``, from 1; 0 where it
    is not known."""

    path: Path
    line: int
    why: str


class Entry(BaseModel):
    """What a manifest tells of a template. ``steps``: the kinds of steps that it carries out.
    ``programs``: it is only for patterns that start no others; empty: for any."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(max_length=100, pattern=r"^[a-z][a-z0-9_]*$")]
    file: Annotated[str, Field(max_length=200, pattern=r"^[\w-][\w.-]*$")]
    steps: Annotated[tuple[str, ...], Field(min_length=1)]
    programs: tuple[str, ...] = ()

    def fits(self, kinds: Iterable[str], programs: Iterable[str]) -> bool:
        return set(kinds) <= set(self.steps) and (
            not self.programs or set(programs) <= set(self.programs)
        )


class _Manifest(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    templates: tuple[Entry, ...]


class Templates:
    """Those that can be used, in the order in which they are asked: the user's, then ours."""

    def __init__(self, loaded: Iterable[tuple[Entry, Template | Apart]]) -> None:
        self._loaded = tuple(loaded)

    @classmethod
    def load(cls, folder: Path | None = None) -> tuple[Templates, tuple[Problem, ...]]:
        """``folder``: the user's. What is wrong there is told, and the others are there."""
        problems: list[Problem] = []
        own = [*_loaded(folder, problems)] if folder else []
        return cls([*own, *_loaded(_OURS, problems)]), tuple(problems)

    def choose(
        self, kinds: Iterable[str], programs: Iterable[str]
    ) -> tuple[Entry, Template | Apart] | None:
        """The first that carries all of it out."""
        return next((each for each in self._loaded if each[0].fits(kinds, programs)), None)


def _loaded(folder: Path, problems: list[Problem]) -> Iterator[tuple[Entry, Template | Apart]]:
    manifest = folder / MANIFEST
    try:
        entries = _entries(manifest)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        problems.append(Problem(manifest, line, str(error.problem)))
        return
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        problems.append(Problem(manifest, 0, f"{where}: {wrong['msg']}"))
        return
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        problems.append(Problem(manifest, 0, reason(error)))
        return
    templates = environment((folder,))
    for entry in entries:
        try:
            if folder == _OURS:
                yield entry, templates.get_template(entry.file)
                continue
            _read(templates, read_regular(folder / entry.file, _LARGEST).decode("utf-8"))
            yield entry, Apart(entry.file, (folder, _OURS))
        except TemplateError as error:
            path = Path(getattr(error, "filename", None) or folder / entry.file)
            problems.append(Problem(path, getattr(error, "lineno", 0), str(error.message)))
        except (OSError, ValueError, RecursionError) as error:
            problems.append(Problem(folder / entry.file, 0, reason(error)))


def _read(templates: Environment, text: str) -> None:
    """Raises TemplateError. To compile it would run what is the same each time."""
    found = templates.parse(text)
    for kind, known in ((nodes.Filter, templates.filters), (nodes.Test, templates.tests)):
        for node in found.find_all(kind):
            if node.name not in known:
                what = kind.__name__.lower()
                raise TemplateAssertionError(f"There is no {what} {node.name!r}.", node.lineno)


def _entries(manifest: Path) -> tuple[Entry, ...]:
    return _Manifest.model_validate(yaml.safe_load(read_regular(manifest, _LARGEST))).templates


def render(template: Template | Apart, values: Mapping[str, object]) -> str:
    """Raises ValueError with the place where it went wrong."""
    try:
        return template.render(values)
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as error:
        raise ValueError(f"The template {template.name} went wrong: {error}.") from error
