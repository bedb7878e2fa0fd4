"""Which pip-audit is run, and what is offered where there is none."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

from understudy.app.install.installing import installable
from understudy.app.install.missing import Install, installs, notes
from understudy.checks.compose import Circumstances
from understudy.checks.engine import Checks, subject_of
from understudy.model import Report, State
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.tasks.audits.programs import NoProgram, pip_audit

from .programs import program
from .support import DEFAULTS, tree


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def test_what_the_user_had_installed_goes_before_ours(state: Path, tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path / "bin")}
    assert pip_audit("", tmp_path, environ, trusted=False)[0] == sys.executable
    tree(state, {"tools/pip-audit/lock/.complete": ""})
    own = program(state / "tools/pip-audit/lock/bin/pip-audit", "")
    assert pip_audit("", tmp_path, environ, trusted=False) == [str(own)]
    named = program(tmp_path / "named", "")
    assert pip_audit(str(named), tmp_path / "root", environ, trusted=False) == [str(named)]


def test_one_that_is_nowhere_is_to_be_installed(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoProgram, match=r"`understudy install pip-audit`\), or name it"):
        pip_audit("", tmp_path, {"PATH": str(tmp_path)}, trusted=False)
    assert installable()["pip-audit"].package == "pip-audit"


@pytest.mark.parametrize("named", ["", "/nowhere/pip-audit"])
async def test_it_is_offered_at_the_manifest(named: str, tmp_path: Path, runner: Runner) -> None:
    """But not where a setting says which it is to be."""
    settings = Settings.of({"audit.pipAudit": named}) if named else DEFAULTS
    missing = Report("pip-audit", State.MISSING, why="pip-audit is not installed")
    told = notes([missing], settings, Circumstances())
    subject = subject_of(str(tmp_path / "requirements.txt"), tmp_path, "a==1\n", "")
    offers = await installs(Checks(runner), subject, settings, told)
    offer = Install("pip-audit", "Install pip-audit…")
    assert offers == ([] if named else [(told[0], offer)])
