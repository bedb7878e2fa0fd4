"""``understudy fix``: all safe cases of a rule in many files, with the real tools."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from understudy.app.batch import Batch
from understudy.app.sinks import FileFix
from understudy.journal.replace import Rewrite
from understudy.journal.replace import rewrite as written

from .support import own_environment, tree, understudy, understudy_here

CONFIG = 'lint.select = ["F401", "S", "C901"]\n'
FILES: dict[str, str | bytes] = {
    "ruff.toml": CONFIG,
    "a.py": "import os\nimport sys\n\nx = eval('1')\n",
    "deep/b.py": b"\xef\xbb\xbfimport os\r\n\r\ny = 1\r\n",
    "clean.py": "import os\n\nos.getcwd()\n",
    "held.py": "import os  # noqa: F401\n",
    "unsafe.py": "try:\n    import numpy\nexcept ImportError:\n    pass\n",
    "latin.py": b"# -*- coding: latin-1 -*-\nimport os\nx = '\xe9'\n",
}
FIXED = {
    "a.py": b"\nx = eval('1')\n",
    "deep/b.py": b"\xef\xbb\xbf\r\ny = 1\r\n",
}


def contents(root: Path) -> dict[str, bytes]:
    return {name: (root / name).read_bytes() for name in FILES}


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return understudy_here("fix", *words, cwd=root, environment=own_environment(root.parent))


def test_a_dry_run_prints_what_the_other_does(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", FILES)
    before = contents(root)
    told = run(root, "F401", "--dry-run")
    assert told.returncode == 3, "a file could not be fixed"
    assert contents(root) == before
    assert told.stdout.count("-import os") == 2
    assert (
        "F401: 3 cases in 2 files would be fixed; 1 case has no safe fix that holds." in told.stderr
    )
    assert "latin.py was left as it is" in told.stderr
    told = run(root, "F401")
    assert told.returncode == 3
    assert "F401: 3 cases in 2 files fixed; 1 case has no safe fix that holds." in told.stdout
    after = contents(root)
    assert after == before | FIXED
    told = understudy_here("undo", "--yes", cwd=root, environment=own_environment(tmp_path))
    assert told.returncode == 0, told.stderr
    assert contents(root) == before
    run(root, "F401")
    (root / "latin.py").unlink()
    told = run(root, "F401", "--dry-run")
    assert (told.returncode, told.stdout) == (0, "")


LOADS = "import yaml\n\n\ndef f(a, b, loader):\n    yaml.load(a)\n    yaml.load(b, loader)\n"


@pytest.mark.parametrize(
    ("text", "rule", "code", "told"),
    [
        ("x = 1\n", "NOPE", 2, "No tool that is switched on has a rule NOPE."),
        ("x = 1\n", "B307", 0, "B307: nothing is told of it in the files"),
        ("eval(input())\n", "B307", 0, "B307: 1 case has no safe fix that holds; nothing was"),
        (LOADS, "B506", 0, "B506: 1 case in 1 file fixed; 1 case has no safe fix that holds."),
    ],
)
def test_what_was_not_fixed_is_told(
    tmp_path: Path, text: str, rule: str, code: int, told: str
) -> None:
    root = tree(tmp_path / "root", {"a.py": text})
    done = run(root, rule)
    assert told in done.stdout + done.stderr
    assert done.returncode == code


def test_only_what_is_named_is_fixed(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", FILES)
    told = run(root, "F401", "deep")
    assert told.returncode == 0, told.stderr
    assert (root / "a.py").read_bytes() == str(FILES["a.py"]).encode()
    assert (root / "deep/b.py").read_bytes() == FIXED["deep/b.py"]


async def test_a_file_that_changed_meanwhile_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    root = tree(tmp_path / "root", FILES)
    async with Batch.open(root) as batch:
        scan = await batch.scan([root / "a.py"], lambda _done, _files: None)
        found = [fix async for fix in batch.fixes("F401", scan)]
        (fix,) = [each for each in found if isinstance(each, FileFix)]
        (root / "a.py").write_text("import os, sys\n")
        assert await batch.write([fix], "fix") == [root / "a.py"]
    assert (root / "a.py").read_text() == "import os, sys\n"


async def test_a_file_that_another_run_changes_between_looking_and_writing_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    root = tree(tmp_path / "root", {"a.py": "import os\n", "b.py": "import os\n"})
    one = root / "a.py"

    def rewrite(files: Iterable[Rewrite], journal: Path, *, below: Path, what: str) -> None:
        files = list(files)
        if one in {each.path for each in files}:
            one.write_text("import os, sys\n")
        written(files, journal, below=below, what=what)

    monkeypatch.setattr("understudy.app.folder.fixing.rewrite", rewrite)
    async with Batch.open(root) as batch:
        scan = await batch.scan([root], lambda *_: None)
        found = [fix async for fix in batch.fixes("F401", scan)]
        fixes = [each for each in found if isinstance(each, FileFix)]
        assert len(fixes) == 2
        assert await batch.write(fixes, "fix") == [one]
    assert one.read_text() == "import os, sys\n"
    assert (root / "b.py").read_text() == ""


def test_two_runs_at_once_leave_to_each_other_what_each_has_done(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {f"{n}.py": "import os\n" for n in range(30)})
    words, environment = ("fix", "F401"), own_environment(tmp_path)

    def fix(_: int) -> subprocess.CompletedProcess[str]:
        return understudy(*words, cwd=root, environment=environment)

    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(fix, range(2)))
    for answer in answers:
        assert answer.returncode in (0, 3), answer.stderr
        assert "Traceback" not in answer.stderr
        assert (answer.returncode == 3) == ("has changed meanwhile" in answer.stderr)
    assert {path.read_text() for path in root.glob("*.py")} == {""}
