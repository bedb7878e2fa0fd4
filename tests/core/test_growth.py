"""Files far above their own past, as the real git has it: what is told on the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from understudy.git import Repository

from .repositories import Git
from .support import own_environment, tree, understudy_here

RUFF = "[tool.ruff.lint]\nselect = ['F']\nignore = ['S']\n"


def function(name: str, lines: int) -> str:
    return f"def {name}():\n" + "    print()\n" * (lines - 1)


def branches(count: int) -> str:
    return "".join(f"def b{n}(x):\n    return x if x else 0\n" for n in range(count))


class History:
    """A repository whose files get older and newer versions."""

    def __init__(self, folder: Path) -> None:
        self.git = Git.new(folder)
        self.root = self.git.root
        self.environment = self.git.environment | own_environment(folder)
        self.git.commit({"pyproject.toml": RUFF})

    def commit(self, files: dict[str, str | bytes], days_ago: float = 1) -> History:
        at = (datetime.now(UTC) - timedelta(days=days_ago)).isoformat()
        self.git.environment |= {"GIT_AUTHOR_DATE": at, "GIT_COMMITTER_DATE": at}
        self.git.commit(files)
        return self

    def versions(self, name: str, *texts: str) -> History:
        for place, text in enumerate(texts):
            self.commit({name: text}, days_ago=len(texts) - place)
        return self

    def scan(self, *words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        words = ("scan", "--format", "json", *words)
        return understudy_here(*words, cwd=cwd or self.root, environment=self.environment)

    def told(self, *words: str, cwd: Path | None = None) -> dict[str, str]:
        """The messages by the names of the files."""
        done = self.scan(*words, cwd=cwd)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["problems"]
        return {
            each["path"]: finding["message"]
            for each in found
            for finding in each["findings"]
            if finding["rule"] == "growth"
        }


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def growing(name: str = "f") -> list[str]:
    return [function(name, 100 + n) for n in range(6)]


def test_a_file_that_has_grown_is_told_with_what_came(history: History) -> None:
    history.versions("pkg/a.py", *growing())
    history.versions("steady.py", *[function("g", 300 + n) for n in range(6)])
    tree(history.root, {"pkg/a.py": function("f", 120) + function("new", 130)})
    assert history.told() == {
        "pkg/a.py": "This file has 250 lines, 2.5 times the 102 of its median over the last 90 days"
        " (6 versions). What came: `new` (+130 lines), `f` (+18 lines): what belongs together may"
        " be a module."
    }
    (text,) = [
        line
        for line in understudy_here(
            "scan", cwd=history.root, environment=history.environment
        ).stdout.splitlines()
        if "growth" in line
    ]
    assert text.startswith("pkg/a.py:1:1")
    again = json.loads(history.scan().stdout)
    assert again["problems"] == json.loads(history.scan().stdout)["problems"]


def test_it_is_explained(history: History) -> None:
    history.versions("a.py", *growing())
    tree(history.root, {"a.py": LARGE})
    words = ("explain", "a.py:1", "growth", "--json")
    done = understudy_here(*words, cwd=history.root, environment=history.environment)
    reasons = json.loads(done.stdout)["reasons"]
    assert [each["kind"] for each in reasons] == ["found", "shown"]


def test_functions_that_became_complex(history: History) -> None:
    filler = "X = 1\n" * 200
    history.versions("a.py", *[branches(20) + filler + f"Y = {n}\n" for n in range(5)])
    tree(history.root, {"a.py": branches(50) + filler})
    (message,) = history.told().values()
    assert message.startswith(
        "The functions of this file have a complexity of 100 together, 2.5 times the 40 of its"
    )


LARGE = function("f", 120) + function("new", 130)
CASES: dict[str, tuple[Callable[[History], object], set[str]]] = {
    "too few versions": (lambda h: h.versions("a.py", *growing()[:4]), set()),
    "just enough": (lambda h: h.versions("a.py", *growing()[:5]), {"a.py"}),
    "too long ago": (
        lambda h: [h.commit({"a.py": text}, 100 - n) for n, text in enumerate(growing())],
        set(),
    ),
    "under another name": (
        lambda h: (
            h.versions("old.py", *growing()),
            h.git("mv", "old.py", "a.py"),
            h.commit({}, 0.1),
        ),
        {"a.py"},
    ),
    "below a comment that ignores it": (
        lambda h: (
            h.versions("a.py", *growing()),
            tree(h.root, {"a.py": f"# understudy: ignore-file[growth] -- a table\n{LARGE}"}),
        ),
        set(),
    ),
    "no version can be parsed": (
        lambda h: h.versions("a.py", *(f"print 1\n{text}" for text in growing())),
        {"a.py"},
    ),
    "switched off": (
        lambda h: (
            h.versions("a.py", *growing()),
            tree(h.root, {".understudy/config.yaml": "complexity: {growth: {enabled: false}}"}),
        ),
        set(),
    ),
    "another factor": (
        lambda h: (
            h.versions("a.py", *growing()),
            tree(h.root, {".understudy/config.yaml": "complexity: {growth: {factor: 3}}"}),
        ),
        set(),
    ),
    "another time": (
        lambda h: (
            [h.commit({"a.py": text}, 100 - n) for n, text in enumerate(growing())],
            tree(h.root, {".understudy/config.yaml": "complexity: {growth: {days: 120}}"}),
        ),
        {"a.py"},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_counts(case: str, history: History) -> None:
    prepare, expected = CASES[case]
    prepare(history)
    path = history.root / "a.py"
    if not path.exists() or b"ignore-file" not in path.read_bytes():
        path.write_text(LARGE)
    assert set(history.told()) == expected


def test_a_folder_of_the_repository_is_scanned_by_itself(history: History) -> None:
    history.versions("in/pkg/a.py", *growing())
    tree(history.root, {"in/pkg/a.py": LARGE, "in/.understudy/config.yaml": ""})
    assert set(history.told(cwd=history.root / "in")) == {"pkg/a.py"}
    assert set(history.told("pkg/a.py", cwd=history.root / "in")) == {"pkg/a.py"}


def test_without_a_repository_nothing_is_told(tmp_path: Path) -> None:
    root = tree(tmp_path / "shop", {"a.py": LARGE, "pyproject.toml": RUFF})
    done = understudy_here("scan", cwd=root, environment=own_environment(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_known_is_in_the_baseline(history: History) -> None:
    history.versions("a.py", *growing())
    tree(history.root, {"a.py": LARGE})
    done = understudy_here("baseline", "create", cwd=history.root, environment=history.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    tree(history.root, {"a.py": LARGE + "x = 1\n"})
    done = history.scan()
    assert done.returncode == 0, done.stdout


# ── what git knows ──────────────────────────────────────────────────────────────────────────────


def oids(git: Git, *texts: str) -> list[str]:
    found = []
    for text in texts:
        (git.root.parent / "text").write_text(text)
        found.append(git("hash-object", str(git.root.parent / "text")))
    return found


def test_the_versions_of_files(history: History) -> None:
    git, (one, two, three) = history.git, growing()[:3]
    history.versions("a.py", one, two)
    git("checkout", "--quiet", "-b", "side")
    history.versions("b.py", one, two, three)
    git("checkout", "--quiet", "main")
    history.commit({"c.py": "x = 1\n"})
    git("merge", "--quiet", "--no-ff", "-m", "merged", "side")
    git("mv", "a.py", "odd \N{PARTY POPPER}\n.py")
    history.commit({})
    history.commit({"a.py": "another = 1\n" * 30})
    found = Repository.at(git.root).versions(0)
    assert found["odd \N{PARTY POPPER}\n.py"] == oids(git, two, one)
    assert found["a.py"] == oids(git, "another = 1\n" * 30)
    assert found["b.py"] == oids(git, three), "a branch that was merged in is one version"
    assert Repository.at(git.root).versions(0, "nothing") == {}
    assert Repository.at(git.root).versions(2_000_000_000) == {}


def test_sizes_and_what_is_not_here(history: History) -> None:
    (known,) = oids(history.git, "x = 1\n")
    history.commit({"a.py": "x = 1\n"})
    repository = Repository.at(history.root)
    assert repository.sizes([known, "0" * 40]) == {known: 6}
    assert repository.sizes([]) == {}


def test_no_commit_no_past(tmp_path: Path) -> None:
    assert Repository.at(Git.new(tmp_path).root).versions(0) == {}
