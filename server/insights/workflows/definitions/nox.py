"""The sessions of nox: ``noxfile.py``, of which only the syntax is read. It is never imported."""

from __future__ import annotations

import ast
import posixpath
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from ..graph import circle
from ..model import Around, Insert, Issue, Job, Kind, Place, Problem, Remedy, Step, Workflow, unique

LARGEST = 200_000
_MOST_STEPS = 50
_INSTALLS = ("install", "conda_install", "run_install", "run_always")


@dataclass
class _Session:
    name: str
    line: int
    needs: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    times: int = 1
    reuses: bool = False
    installs: bool = False


def workflow(path: str, text: str, _: Around) -> Workflow:
    """What can be understood of it, and what is wrong with the rest."""
    try:
        if len(text) > LARGEST:
            raise ValueError(f"it has more than {LARGEST:,} characters")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        said = getattr(error, "msg", None) or str(error) or "it is nested too deeply"
        problem = Problem(
            Place(path, getattr(error, "lineno", 1) or 1), f"It cannot be read: {said}."
        )
        return Workflow(Kind.NOX, path, path, problems=(problem,), is_known=False)
    options = dict(_options(tree))
    sessions = [_session(path, each, each_) for each, each_ in _sessions(tree)]
    default = options.get("sessions")
    chosen = _texts(default) if default is not None else None
    jobs = tuple(
        Job(
            each.name,
            Place(path, each.line),
            each.needs,
            tuple((name,) for name in each.calls),
            each.steps,
            each.times,
            chosen is None or each.name in chosen,
            f"nox -s {each.name}",
        )
        for each in sessions
    )
    found = tuple(_issues(path, sessions, options, chosen, _after_imports(tree)))
    return Workflow(Kind.NOX, path, path, jobs, issues=found, in_order=True)


def _options(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """``nox.options.NAME = …``"""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and _dotted(target.value).endswith("options"):
                    yield target.attr, node.value


def _sessions(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.expr]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            for each in node.decorator_list:
                called = each.func if isinstance(each, ast.Call) else each
                if _dotted(called) in ("nox.session", "session", "nox_session"):
                    yield node, each
                    break


def _session(path: str, node: ast.FunctionDef, decorator: ast.expr) -> _Session:
    given = decorator.keywords if isinstance(decorator, ast.Call) else []
    said = {each.arg: each.value for each in given}
    name = _text(said.get("name")) or node.name
    found = _Session(name, node.lineno, _texts(said.get("requires")))
    found.times = max(1, len(_texts(said.get("python") or said.get("py"))))
    for each in node.decorator_list:
        if isinstance(each, ast.Call) and _dotted(each.func).endswith("parametrize"):
            values = each.args[1] if len(each.args) > 1 else None
            found.times *= max(1, len(values.elts)) if isinstance(values, ast.List) else 1
    venv = said.get("reuse_venv")
    found.reuses = isinstance(venv, ast.Constant) and venv.value in (True, "yes", "always")
    backend = said.get("venv_backend")
    found.reuses |= _text(backend) == "none"
    _follow(path, node, found)
    return found


def _follow(path: str, node: ast.FunctionDef, found: _Session) -> None:
    argument = node.args.args[0].arg if node.args.args else "session"
    steps: list[Step] = []
    calls: list[str] = []
    for each in ast.walk(node):
        if not isinstance(each, ast.Call) or not isinstance(each.func, ast.Attribute):
            continue
        if _dotted(each.func.value) != argument:
            continue
        words = [_text(word) for word in each.args]
        place = Place(path, each.lineno)
        if each.func.attr == "notify" and words:
            calls.append(words[0])
        elif each.func.attr in (*_INSTALLS, "run") and len(steps) < _MOST_STEPS:
            line = " ".join(word or "…" for word in words)
            is_install = each.func.attr != "run"
            found.installs |= is_install
            command = f"pip install {line}" if is_install else line
            folder = posixpath.dirname(path)
            steps.append(Step(place, command, key=command, folder=folder))
    found.calls, found.steps = unique([each for each in calls if each]), tuple(steps)


def _issues(
    path: str,
    sessions: list[_Session],
    options: dict[str, ast.expr],
    chosen: tuple[str, ...] | None,
    line: int,
) -> Iterator[Issue]:
    """``line``: before which options are set, 0 where that is not known."""
    names = {each.name for each in sessions}
    for each in sessions:
        for need in (*each.needs, *each.calls):
            if need not in names and not set("({-") & set(need):
                text = f"The session {each.name} asks for {need}, and there is no such session."
                yield Issue("missing-need", Place(path, each.line), f"{each.name} {need}", text)
    for name in chosen or ():
        if name not in names and not set("({-") & set(name):
            at = options["sessions"].lineno
            text = f"nox.options.sessions names {name}, and there is no such session."
            yield Issue("missing-need", Place(path, at), f"sessions {name}", text)
    if round_ := circle({each.name: (*each.needs, *each.calls) for each in sessions}):
        at = next(each.line for each in sessions if each.name == round_[0])
        text = f"These sessions ask for each other: {' → '.join(round_)}."
        yield Issue("cycle", Place(path, at), " ".join(sorted(set(round_))), text)
    reused = {"reuse_existing_virtualenvs", "reuse_venv", "default_venv_backend"} & options.keys()
    anew = [each for each in sessions if each.installs and not each.reuses]
    if anew and not reused:
        text = (
            f"{len(anew)} of {len(sessions)} sessions install into an environment that is made "
            'anew each time: `nox.options.reuse_venv = "yes"` keeps it.'
        )
        insert = Insert(line, 'nox.options.reuse_venv = "yes"')
        remedy = Remedy("Keep the environments of the sessions", path, inserts=(insert,))
        own = remedy if line else None
        yield Issue("new-environment", Place(path, anew[0].line), "sessions", text, (), own)
    for first, second in pairwise(sessions):
        keys = [each.key for each in first.steps]
        if keys and keys == [each.key for each in second.steps]:
            text = f"The sessions {first.name} and {second.name} do the same."
            yield Issue("duplicate-step", Place(path, second.line), second.name, text)


def _after_imports(tree: ast.Module) -> int:
    """The line after the last import at the top; 0 where nox is not imported by its name."""
    imports = [each for each in tree.body if isinstance(each, ast.Import | ast.ImportFrom)]
    plain = [a.name for e in imports if isinstance(e, ast.Import) for a in e.names if not a.asname]
    return max(each.end_lineno or each.lineno for each in imports) + 1 if "nox" in plain else 0


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([*([node.id] if isinstance(node, ast.Name) else []), *reversed(parts)])


def _text(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _texts(node: ast.expr | None) -> tuple[str, ...]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return tuple(text for each in node.elts if (text := _text(each)))
    return (text,) if (text := _text(node)) else ()
