"""What other tools quote of a secret is neither kept nor told: in words, in fixes, in complaints."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from understudy.analyzers import asked, bandit, ruff, secrets
from understudy.analyzers.answers import answer
from understudy.analyzers.base import Analyzer, Answer, As, Item
from understudy.analyzers.complexity import complexipy, radon
from understudy.analyzers.discretion import discreet
from understudy.analyzers.secrets import BASELINE, child, scan
from understudy.checks.engine import configure
from understudy.checks.files import CachedFiles
from understudy.findings import codec
from understudy.model import (
    Category,
    Edit,
    Finding,
    Fix,
    Position,
    Range,
    Report,
    Severity,
    State,
)
from understudy.notebooks import encode
from understudy.settings import Settings
from understudy.text import digest

from .planted import AWS
from .programs import EXPRESSION, program
from .support import own_environment, tree, understudy_here

VALUE = "hunter2correcthorse"
MASKED = "*" * len(VALUE)
FILES: dict[str, str | bytes] = {
    ".git/HEAD": "",
    "ruff.toml": "preview = true\n"
    'lint.select = ["S", "Q", "PLR2004", "F"]\n'
    "lint.pylint.allow-magic-value-types = []\n",
    ".pylintrc": "[MAIN]\nload-plugins=pylint.extensions.magic_value\n"
    "[MAGIC-VALUE]\nvalid-magic-values=0\n",
    "a.py": f'"""It."""\n# They don\'t look.\nimport os\n\n\ndef is_it(password):\n'
    f"    return password == '{VALUE}' or os.sep\n",
    "b.yml": f"# don't\npassword: {VALUE}\n",
    "latin.yml": f"# déjà\npassword: {VALUE}\n".encode("latin-1"),
}


def settings(folder: Path, *, secrets: bool) -> str:
    """A command of the user's quotes the line, and complains of it; one takes it for a rule."""
    body = 'line=$(grep -n hunter2 "$1"); echo "$1:1: error: see $line"; echo "$line" >&2; exit 3'
    command = {"command": [str(program(folder / "quote", body))], "output": EXPRESSION}
    body = 'echo "$1:1: said [$(grep hunter2 "$1")]"; exit 1'
    rule = r"^(?P<file>.+?):(?P<line>\d+): (?P<message>said) \[(?P<code>.*)\]$"
    ruled = {"command": [str(program(folder / "rule", body))], "output": rule}
    return json.dumps(
        {
            "secrets": {"enabled": secrets},
            "pylint": {"enabled": True, "interpreter": sys.executable},
            "analyzers": {
                "custom": {
                    name: {**each, "files": ["*.py", "*.yml"]}
                    for name, each in {"quote": command, "rule": ruled}.items()
                }
            },
        }
    )


class World:
    """A trusted workspace in which secrets are looked for, or not."""

    def __init__(self, folder: Path, *, secrets: bool) -> None:
        self.root = tree(folder / "shop", FILES)
        own = settings(folder, secrets=secrets)
        self.home = tree(folder / "home", {".config/understudy/config.yaml": own})
        self._environment = own_environment(self.home, PYLINTHOME=str(folder / "pylint"))
        understudy_here("trust", ".", cwd=self.root, environment=self._environment)

    def scanned(self, format_: str) -> str:
        words = ("scan", "--format", format_)
        done = understudy_here(*words, cwd=self.root, environment=self._environment)
        return done.stdout + done.stderr


def test_a_secret_is_told_by_nobody(tmp_path: Path) -> None:
    world = World(tmp_path, secrets=True)
    heard = "".join(world.scanned(each) for each in ("text", "json", "sarif", "github"))
    for rule in ("KeywordDetector", "Q000", "PLR2004", "quote", "said"):
        assert rule in heard
    assert VALUE not in heard
    kept = {path: path.read_bytes() for path in world.home.rglob("*") if path.is_file()}
    assert any(path.suffix == ".db" for path in kept)
    assert not [path for path, content in kept.items() if VALUE.encode() in content]


def test_what_a_tool_itself_calls_a_secret_it_does_not_tell(tmp_path: Path) -> None:
    """Where nobody looks for secrets: Ruff knows of S105 that its PLR2004 quotes one."""
    world = World(tmp_path, secrets=False)
    problems = json.loads(world.scanned("json"))["problems"]
    said = {f["rule"]: f["message"] for each in problems for f in each["findings"]}
    assert "S105" in said
    assert MASKED in said["PLR2004"]
    assert VALUE in said["R2004"], "of which Pylint knows nothing"


BY_NAME = {
    "version": "1.5.0",
    "plugins_used": [{"name": "KeywordDetector", "keyword_exclude": ""}],
    "filters_used": [],
    "results": {},
}


LOOKED_FOR = Settings.of({"secrets.enabled": True})


def masked(root: Path, name: str) -> str:
    """What is told of a tool that quotes all of a file."""
    given = (root / name).parent, root, LOOKED_FOR, CachedFiles()
    ((_, configuration),) = configure((secrets.ANALYZER,), *given)
    text = (root / name).read_text()
    told = Report("quote", State.FAILED, why=text)
    return discreet(told, text, str(root / name), configuration.masking).why


def test_what_is_secret_is_told_by_the_rules_of_the_project(tmp_path: Path) -> None:
    """Its baseline has one plug-in; that which has none has them all."""
    lines = f"password = '{VALUE}'\nkey = '{AWS}'\n"
    root = tree(
        tmp_path, {"a.py": lines, "own/a.py": lines, f"own/{BASELINE}": json.dumps(BY_NAME)}
    )
    everything = f"password = '{MASKED}'\nkey = '{'*' * len(AWS)}'\n"
    assert masked(root, "a.py") == everything
    assert masked(root, "own/a.py") == f"password = '{MASKED}'\nkey = '{AWS}'\n"


@pytest.mark.parametrize("text", ["{", json.dumps(BY_NAME | {"plugins_used": [{"name": "None"}]})])
def test_a_broken_baseline_leaves_the_rules_of_detect_secrets(tmp_path: Path, text: str) -> None:
    root = tree(tmp_path, {"a.py": f"password = '{VALUE}'\n", BASELINE: text})
    assert masked(root, "a.py") == f"password = '{MASKED}'\n"


def test_code_of_the_workspace_is_not_run_to_mask(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'trap')!r}, 'w')\n"
    table = BY_NAME | {"filters_used": [{"path": "file://trap.py::f"}]}
    files = {"a.py": f"password = '{VALUE}'\n", "trap.py": trap, BASELINE: json.dumps(table)}
    root = tree(tmp_path, files)
    assert masked(root, "a.py") == f"password = '{MASKED}'\n"
    assert not (tmp_path / "trap").exists()


def test_results_are_of_the_rules_by_which_they_were_masked(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.py": ""})

    def key() -> str:
        ((_, found),) = configure((bandit.ANALYZER,), root, root, LOOKED_FOR, CachedFiles())
        return found.key

    before = key()
    assert key() == before
    (root / BASELINE).write_text(json.dumps(BY_NAME))
    assert key() != before


def test_masking_goes_by_what_the_tool_itself_found(tmp_path: Path) -> None:
    """Between the tool and the masking nothing is set up again, and no text looked at twice."""
    root = tree(tmp_path, {"a.py": f"password = '{VALUE}'\n", BASELINE: json.dumps(BY_NAME)})
    given = root, root, LOOKED_FOR, CachedFiles()
    ((_, configuration),) = configure((secrets.ANALYZER,), *given)
    child.check(configuration.context, ((str(root / "a.py"), None, ()),))
    before = scan.prepare.cache_info().misses
    kept = dict(scan._kept)
    assert masked(root, "a.py") == f"password = '{MASKED}'\n"
    assert scan.prepare.cache_info().misses == before
    assert scan._kept == kept != {}


# ── what is not, or no longer, the text of which the tool spoke ──────────────────────────────────


def quoting(_: tuple[()], items: tuple[Item, ...]) -> list[Answer]:
    """A tool that quotes all of a file, which is then gone or another: so the file's name says."""
    answers = []
    for path, content, _hints in items:
        text = (Path(path).read_bytes() if content is None else content).decode("latin-1")
        place = Range(Position(0, 0), Position(1, 0))
        fixes = (Fix(text, (Edit(place, text),), safe=True),)
        finding = Finding("t", "r", text, place, Severity.LOW, Category.QUALITY, fixes=fixes)
        answers.append(answer(text.encode("latin-1"), Report.of("t", (finding,))))
        if Path(path).name.startswith("gone"):
            Path(path).unlink()
        elif Path(path).name.startswith("changed"):
            Path(path).write_text("password = os.environ['PASSWORD']\n")
    return answers


def asked_for(path: Path, notebooks: As = As.FILE, *, masked: bool = True) -> tuple[str, Report]:
    """The digest under which it is kept, and what is told."""
    rules = secrets.Context(str(path.parent)) if masked else ()
    tool = asked.Tool("t", notebooks, f"{__name__}:quoting", rules)
    ((kept, told),) = asked.check((tool, ()), ((str(path), None, ()),))
    return kept, codec.loads(told)


LINE = f"password = '{VALUE}'\n"


@pytest.mark.parametrize(
    ("name", "content", "kept", "state"),
    [
        ("a.py", LINE.encode(), True, State.FINDINGS),
        ("latin.py", f"# déjà\n{LINE}".encode("latin-1"), True, State.FINDINGS),
        ("within.py", f"password = 'é{VALUE}'\n".encode("latin-1"), True, State.FINDINGS),
        ("gone.py", LINE.encode(), False, State.NOT_ANALYSED),
        ("changed.py", LINE.encode(), False, State.NOT_ANALYSED),
        ("changed-marked.py", f"{LINE}# understudy: ignore\n".encode(), False, State.NOT_ANALYSED),
    ],
)
def test_of_what_is_no_text_or_another_nothing_is_told(
    tmp_path: Path, name: str, content: bytes, kept: bool, state: State
) -> None:
    root = tree(tmp_path, {name: content})
    key, report = asked_for(root / name)
    assert VALUE not in codec.dumps(report)
    assert report.state is state
    assert key == (digest(content) if kept else "")


def test_where_secrets_cannot_be_told_nothing_is(tmp_path: Path) -> None:
    """detect-secrets breaks on a file that nests too deep."""
    root = tree(tmp_path, {"deep.yml": f"password: {VALUE}\na: {'[' * 9_999}\n"})
    _, report = asked_for(root / "deep.yml")
    assert VALUE not in codec.dumps(report)
    assert report.state is State.FAILED
    assert "RecursionError" in report.why


@pytest.mark.parametrize(
    ("analyzer", "looked"), [(radon.ANALYZER, 0), (complexipy.ANALYZER, 0), (bandit.ANALYZER, 1)]
)
def test_secrets_are_looked_for_only_where_they_may_be_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, analyzer: Analyzer, looked: int
) -> None:
    """To look for them costs more than to measure a file."""
    body = "".join(f"    if a == {number}:\n        eval('a')\n" for number in range(30))
    root = tree(tmp_path, {"a.py": f"def f(a):\n{body}"})
    seen: list[str] = []

    def found_in(_rules: object, path: str, _text: str) -> list[Finding]:
        seen.append(path)
        return []

    monkeypatch.setattr(child, "found_in", found_in)
    own = analyzer.configure(root, root, Settings.of({}), CachedFiles())
    own = replace(own, masking=secrets.Context(str(root)))
    item = (str(root / "a.py"), None, ())
    ((_, told),) = asked.check((asked.Tool.of(analyzer, own), own.context), (item,))
    assert codec.loads(told).findings
    assert len(seen) == looked


def test_why_a_tool_looked_at_nothing_is_told_as_it_is(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.py": LINE})
    os.mkfifo(root / "pyproject.toml")
    own = ruff.ANALYZER.configure(root, root, Settings.of({}), CachedFiles())
    own = replace(own, masking=secrets.Context(str(root)))
    item = (str(root / "a.py"), None, ())
    ((_, told),) = asked.check((asked.Tool.of(ruff.ANALYZER, own), own.context), (item,))
    assert (
        "pyproject.toml, from which it is configured, is no regular file" in codec.loads(told).why
    )


@pytest.mark.parametrize("name", ["gone.py", "changed.py"])
def test_where_nobody_looks_for_secrets_it_is_told_as_ever(tmp_path: Path, name: str) -> None:
    root = tree(tmp_path, {name: LINE})
    key, report = asked_for(root / name, masked=False)
    assert (key, report.state) == (digest(LINE.encode()), State.FINDINGS)


@pytest.mark.parametrize("notebooks", [As.CODE, As.TEXT, As.FILE])
def test_of_a_notebook_nothing_is_told(tmp_path: Path, notebooks: As) -> None:
    content = encode(f'x = "don\'t"\n{LINE}')
    root = tree(tmp_path, {"a.ipynb": content})
    key, report = asked_for(root / "a.ipynb", notebooks)
    assert report.state is State.FINDINGS
    assert VALUE not in codec.dumps(report)
    assert key == digest(content)
    changed = tree(tmp_path, {"changed.ipynb": content})
    key, report = asked_for(changed / "changed.ipynb")
    assert VALUE not in codec.dumps(report)
    assert not key
