"""Secrets of a workspace, through each kind of walls."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Status

from ..needs import missing
from ..sandbox.walls import NONE, WALLS, installed

_SECRET = "c2VjcmV0"
_HIDDEN = (".env_prod", ".env-local", ".envs/x", "prod.env", "config/live", "main.tfvars", "keys/a")
_LINKS = {".env": "config/live", "deep/.env": "../one", "one": "keys", ".ssh": "keys"}
_READ = """
grep -rs {secret} . && exit 3
cat .env deep/.env/a .ssh/a config/live keys/a .git/config 2>/dev/null | grep {secret} && exit 4
cat .env.example || exit 5
git remote -v && git status --short && git log --oneline || exit 6
git submodule status; echo x >> .git/config; echo x > .git/credentials
exit 0
"""


def _project(root: Path) -> None:
    for name in _HIDDEN:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"KEY={_SECRET}\n")
    for name, target in _LINKS.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).symlink_to(target)
    (root / ".env.example").write_text("KEY=put yours here\n")
    settings = {
        "user.name": "n",
        "user.email": "n@localhost",
        "http.https://example.org/.extraheader": f"AUTHORIZATION: basic {_SECRET}",
        "remote.origin.url": f"https://me:{_SECRET}@example.org/a.git",
    }
    words = [("init", "-q"), *(("config", *each) for each in settings.items())]
    for each in (*words, ("add", ".env.example"), ("commit", "-qm", "first")):
        subprocess.run(["git", "-C", str(root), *each], check=True)
    (root / ".git/credentials").write_text(f"https://me:{_SECRET}@example.org\n")


@pytest.mark.parametrize("walls", WALLS | NONE)
async def test_they_are_not_read_and_git_works(walls: str, tmp_path: Path) -> None:
    how = installed(walls)
    if shutil.which("git") is None:
        missing("missing: git: what reads these files")
    root = tmp_path / "root"
    _project(root)
    runner = Runner()
    quoted = f'{_SECRET[:3]}""{_SECRET[3:]}'  # for the command is kept with what came of it
    argv = ("sh", "-c", _READ.replace("{secret}", quoted))
    trials = tmp_path / "trials"
    try:
        trial = await run(argv, root, Policy(), runner, trials, override=True, **how._asdict())
    finally:
        await runner.close()
    printed = trial.output.decode()
    assert (trial.status, trial.exit_code, trial.changes) == (Status.CLEAN, 0, ()), printed
    assert _SECRET not in printed
    for text in ("KEY=put yours here", "https://example.org/a.git", " first"):
        assert text in printed
    left = [each.read_bytes() for each in trials.rglob("*") if each.is_file()]
    assert not any(_SECRET.encode() in each for each in left)
