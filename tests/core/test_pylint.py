"""The project's Pylint: its own words at its own places, its own configuration, or why not."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from understudy.analyzers.base import Item
from understudy.analyzers.pylint import ANALYZER
from understudy.analyzers.pylint.child import check
from understudy.findings import codec
from understudy.model import Report, State
from understudy.settings import Settings
from understudy.text import Lines

from ..lsp.tools import program
from ..needs import missing
from .support import Asker, own_environment, tree, understudy

OWN = Settings.of({"pylint.enabled": True, "pylint.interpreter": sys.executable})
SOURCE = '''\
"""A module."""
import os


def ask(name, größe="🐙"): return eval(name)


def idle(first, second):
    """Does nothing."""
'''


def theirs(root: Path, *names: str) -> dict[str, Counter[tuple[str, str, int]]]:
    """Rule, message and line by file, as ``pylint`` tells them in ``root``."""
    command = [sys.executable, "-P", "-m", "pylint", "--output-format=json2", *names]
    done = subprocess.run(command, cwd=root, capture_output=True, check=False)
    found: dict[str, Counter[tuple[str, str, int]]] = {}
    for row in json.loads(done.stdout)["messages"]:
        told = (row["messageId"], f"{row['message']} ({row['symbol']})", row["line"])
        found.setdefault(row["path"], Counter())[told] += 1
    return found


def ours(report: Report) -> Counter[tuple[str, str, int]]:
    return Counter((f.rule, f.message, f.range.start.line + 1) for f in report.findings)


def asked(root: Path, *names: str, settings: Settings = OWN) -> dict[str, Report]:
    """On files, together, as a scan asks."""
    configuration = Asker(ANALYZER, root).configuration(names[0], settings)
    items: tuple[Item, ...] = tuple((str(root / name), None, ()) for name in names)
    answers = check(configuration.context, items)
    return {name: codec.loads(text) for name, (_, text) in zip(names, answers, strict=True)}


def test_a_text_and_a_file_are_as_pylint_tells_them(tmp_path: Path) -> None:
    root = tree(tmp_path / "w", {"pkg/__init__.py": "", "pkg/a.py": SOURCE})
    report = Asker(ANALYZER, root).both("pkg/a.py", OWN)
    assert ours(report) == theirs(root, "pkg/a.py")["pkg/a.py"]
    by_rule = {each.rule: each for each in report.findings}
    lines = Lines(SOURCE)
    assert lines.slice(by_rule["W0123"].range) == "eval(name)"
    assert by_rule["W0123"].category == "security"
    assert by_rule["W0611"].tags == ("unnecessary",)
    assert by_rule["W0611"].url.endswith("/messages/warning/unused-import.html")
    grades = {rule: each.severity.label for rule, each in by_rule.items()}
    assert (grades["W0123"], grades["C0116"]) == ("medium", "low")


def test_many_files_together(tmp_path: Path) -> None:
    files = {"-dash.py": SOURCE, "a b🐙.py": SOURCE, "a[1].py": SOURCE, "clean.py": '"""Is."""\n'}
    packaged = {"pkg/__init__.py": "", "pkg/a.py": "from . import b\n", "pkg/b.py": SOURCE}
    broken: dict[str, str | bytes] = {
        "broken.py": "def (\n",
        "latin.py": b"x = '\xe4'\n",
        "left_out.py": SOURCE,
    }
    rc = {"pylintrc": "[MAIN]\nignore=left_out.py\n"}
    root = tree(tmp_path / "w", {**files, **packaged, **rc})
    tree(root, broken)
    names = [*files, *packaged, *broken]
    reports = asked(root, *names)
    for name in ("a b🐙.py", "pkg/a.py", "pkg/b.py"):
        assert ours(reports[name]) == theirs(root, name)[name], name
    for name in ("-dash.py", "a[1].py"):  # names that an option or a pattern could be
        assert "W0123" in {each.rule for each in reports[name].findings}, name
    assert reports["clean.py"].state is State.CLEAN
    assert reports["pkg/__init__.py"].state is State.CLEAN
    assert reports["broken.py"].state is State.NOT_ANALYSED
    assert "cannot parse" in reports["broken.py"].why
    assert reports["latin.py"].state is State.NOT_ANALYSED
    assert "excludes" in reports["left_out.py"].why
    assert not reports["left_out.py"].state.is_verdict


BOOBY = {
    "pylintrc": '[MAIN]\ninit-hook=\'open("mark", "w").close()\'\n',
    "a.py": '"""Is."""\n',
}


def test_its_configuration_is_code_and_needs_trust(tmp_path: Path) -> None:
    root = tree(tmp_path / "w", BOOBY)
    assert Asker(ANALYZER, root).configuration("a.py", OWN).needs_trust
    assert not (root / "mark").exists()
    assert asked(root, "a.py")["a.py"].state is State.CLEAN
    assert (root / "mark").exists(), "where it may, it runs"


@pytest.mark.parametrize(
    "configuration",
    [
        {"pylintrc": "[MESSAGES CONTROL]\ndisable=W0611\n"},
        {".pylintrc.toml": "[tool.pylint.main]\ndisable=['W0611']\n"},
        {"pyproject.toml": "[tool.pylint.main]\ndisable=['W0611']\n"},
        {"setup.cfg": "[pylint.main]\ndisable=W0611\n"},
        {"tox.ini": "[pylint.main]\ndisable=W0611\n"},
    ],
    ids=lambda configuration: next(iter(configuration)),
)
def test_the_nearest_configuration_holds(tmp_path: Path, configuration: dict[str, str]) -> None:
    inner = {f"sub/{name}": text for name, text in configuration.items()}
    root = tree(tmp_path / "w", {"a.py": "import os\n", "sub/deep/a.py": "import os\n", **inner})
    asker = Asker(ANALYZER, root)
    before = asker.configuration("sub/deep/a.py", OWN)
    assert before.context[1] == str(root / "sub")
    assert asker.configuration("a.py", OWN).context[1] == str(root)
    name = next(iter(inner))
    (root / name).write_text((root / name).read_text() + "# more\n")
    assert Asker(ANALYZER, root).configuration("sub/deep/a.py", OWN).key != before.key


@pytest.mark.parametrize(
    ("script", "state", "why"),
    [
        ("echo garbage", State.FAILED, "garbage"),
        ("exit 0", State.FAILED, "status 0"),
        ("exit 32", State.FAILED, "status 32"),
        ("echo went boom >&2; exit 1", State.FAILED, "boom"),
        ("kill -9 $$", State.FAILED, "Killed"),
        ("exec yes", State.FAILED, "more than"),
        ("printf '{\\n    \"messages\": [{}]}'", State.FAILED, "no usable answer"),
        ("printf '\\377\\376'", State.FAILED, "no usable answer"),
        ("echo understudy: too old >&2; exit 1", State.WRONG_VERSION, "upgrade"),
        (f'shift 2; exec "{sys.executable}" -S -c "$@"', State.MISSING, "pip install pylint"),
    ],
)
def test_a_tool_that_misbehaves(tmp_path: Path, script: str, state: State, why: str) -> None:
    root = tree(tmp_path / "w", {"a.py": SOURCE, "b.py": SOURCE})
    fake = program(tmp_path / "python", script)
    settings = Settings.of({"pylint.interpreter": fake})
    for report in asked(root, "a.py", "b.py", settings=settings).values():
        assert report.state is state
        assert why in report.why, report.why


def test_no_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tree(tmp_path / "w", {"a.py": SOURCE})
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX", "PATH", "UV_PROJECT_ENVIRONMENT"):
        monkeypatch.setenv(name, "")
    report = asked(root, "a.py", settings=Settings())["a.py"]
    assert report.state is State.MISSING
    assert "pylint.interpreter" in report.why
    settings = Settings.of({"pylint.interpreter": str(tmp_path / "none")})
    assert "names" in asked(root, "a.py", settings=settings)["a.py"].why


def test_what_an_imported_file_decides_is_not_kept(tmp_path: Path) -> None:
    files = {"a.py": "from b import f\n\nf(1)\n", "b.py": "def f(x):\n    return x\n"}
    root = tree(tmp_path / "shop", files)
    own = {"pylint": {"enabled": True, "interpreter": sys.executable}}
    tree(tmp_path / ".config/understudy", {"config.yaml": json.dumps(own)})
    environment = own_environment(tmp_path)
    understudy("trust", ".", cwd=root, environment=environment)

    def of_a() -> set[str]:
        done = understudy("scan", "--format", "json", cwd=root, environment=environment)
        problems = [each for each in json.loads(done.stdout)["problems"] if each["path"] == "a.py"]
        return {found["rule"] for problem in problems for found in problem["findings"]}

    assert "E1120" not in of_a()
    tree(root, {"b.py": "def f(x, y):\n    return x, y\n"})
    assert "E1120" in of_a()


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    "modules",
    [
        ("_internal_utils", "auth"),
        pytest.param(
            ("_internal_utils", "adapters", "auth", "sessions", "utils"), marks=pytest.mark.soak
        ),
    ],
    ids=len,
)
def test_on_real_code_it_says_what_pylint_says(
    pytestconfig: pytest.Config, modules: tuple[str, ...]
) -> None:
    """Of several files of a package, as a scan asks: Pylint infers from what it looks at
    together."""
    folder = Path(pytestconfig.rootpath, ".cache/corpus")
    if not (folder / ".ready").exists():
        missing("the real code is missing: make test fetches it")
    root = (folder / "requests-2.34.2").resolve()
    names = [f"src/requests/{module}.py" for module in modules]
    told = theirs(root, *names, "--disable=duplicate-code,cyclic-import")
    found = {name: ours(report) for name, report in asked(root, *names).items()}
    assert sum(map(Counter.total, told.values())) > 10 * len(modules), (
        "there is something to agree on"
    )
    assert {name: rows for name, rows in found.items() if rows} == told
