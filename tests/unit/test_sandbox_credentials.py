"""What of a configuration of git's is a credential."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from understudy.sandbox.credentials import cleaned, hidden, without

from ..needs import missing

_TOKEN = "c2VjcmV0"


@pytest.mark.parametrize(
    ("given", "rest"),
    [
        ("[core]\n\tbare = false\n", None),
        ('[remote "origin"]\n\turl = git@example.org:a/b.git\n', None),
        ('[remote "origin"]\n\turl = ssh://git@example.org/a@b/c\n', None),
        ('[branch "a]b"]\n\tremote = origin\n', None),
        ("# a passage on tokens\n[core]\n\tbare = false\n", None),
        (
            f'[http "https://example.org/"]\n\textraheader = AUTHORIZATION: basic {_TOKEN}\n[a]\n\tb = c\n',
            '[http "https://example.org/"]\n\t\n[a]\n\tb = c\n',
        ),
        (f'[http "x"] extraHeader="A: {_TOKEN}"\n', '[http "x"] \n'),
        (f"[http]\n\textraheader = A: \\\n  {_TOKEN}\n\tx = y\n", "[http]\n\t\n\tx = y\n"),
        (
            f"[a]\n\turl = https://me:{_TOKEN}@example.org/a@b\n",
            "[a]\n\turl = https://example.org/a@b\n",
        ),
        (f"[a]\n\turl = https://{_TOKEN}@example.org/\n", "[a]\n\turl = https://example.org/\n"),
        (f"[a]\n\turl = https://me:a@{_TOKEN}@x/\n", "[a]\n\turl = https://x/\n"),
        (
            f'[url "https://me:{_TOKEN}@x/"]\n\tinsteadOf = y\n',
            '[url "https://x/"]\n\tinsteadOf = y\n',
        ),
        (f"[a]\n\turl = ftp://me:{_TOKEN}@x/\n", "[a]\n\turl = ftp://me@x/\n"),
        (f"[a]\n#\turl = https://me:{_TOKEN}@x/\n", "[a]\n#\turl = https://x/\n"),
        (f"[sendemail]\n\tsmtpPass = {_TOKEN}\r\n\tx = y\n", "[sendemail]\n\t\n\tx = y\n"),
        (f"[github]\n\toauth-token={_TOKEN}\n", "[github]\n\t\n"),
        (f'[credential]\n\thelper = "!f() {{ echo {_TOKEN}; }}; f"\n', "[credential]\n\t\n"),
        (f"[http]\n\tproxy = me:{_TOKEN}@x:3128\n", "[http]\n\t\n"),
    ],
)
def test_only_credentials_are_left_out(given: str, rest: str | None) -> None:
    found = without(given.encode()).decode()
    assert found == (given if rest is None else rest)
    assert _TOKEN not in found


def test_every_repository_in_it_is_looked_at(tmp_path: Path) -> None:
    """Submodules, whose names may be paths, and further worktrees."""
    modules = ".git/modules/libs/deep", ".git/modules/libs/deep/modules/inner"
    for name in (".git/worktrees/other", *modules):
        (tmp_path / name).mkdir(parents=True)
    for name in modules:
        (tmp_path / name / "HEAD").touch()
        (tmp_path / name / "config").write_text("[http]\n\textraheader = a\n")
    (tmp_path / ".git/config").write_text("[core]\n")
    (tmp_path / ".git/worktrees/other/config.worktree").write_text("[x]\n\ttoken = a\n")
    (tmp_path / ".git/credentials").touch()
    found = dict(cleaned(str(tmp_path), [".git"]))
    configurations = {f"{each}/config" for each in modules}
    assert set(found) == {".git/worktrees/other/config.worktree", *configurations}
    assert set(found.values()) == {b"[x]\n\t\n", b"[http]\n\t\n"}
    assert list(hidden(str(tmp_path), [".git"])) == [".git/credentials"]


def test_git_reads_what_is_left(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        missing("missing: git: what reads these files")
    file = tmp_path / "config"
    words = {
        "http.https://x/.extraheader": f"AUTHORIZATION: basic {_TOKEN}",
        "remote.origin.url": f"https://me:{_TOKEN}@x/a.git",
        'branch.a"]b.merge': "refs/heads/a",
        "x.token": f'a "quoted" {_TOKEN}; # no comment',
        "core.bare": "false",
    }
    for name, value in words.items():
        subprocess.run(["git", "config", "-f", str(file), name, value], check=True)
    file.write_bytes(without(file.read_bytes()))
    command = ["git", "config", "-f", str(file), "--list"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert listed.splitlines() == [
        "remote.origin.url=https://x/a.git",
        'branch.a"]b.merge=refs/heads/a',
        "core.bare=false",
    ]
