"""The programs that settings name: what is checked is what runs, and an upgrade is another one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from understudy.analyzers import bandit, ruff
from understudy.analyzers.installations import resolve_program
from understudy.analyzers.ruff import child as ruff_child
from understudy.model import State
from understudy.runner import supervisor
from understudy.settings import Settings
from understudy.trust import inside

from .support import Asker, tree

SOURCE = 'import os\neval("1")\n'
TOOLS = {"ruff.path": ruff.ANALYZER, "bandit.interpreter": bandit.ANALYZER}
REAL = {"ruff.path": ruff_child.executable(""), "bandit.interpreter": sys.executable}


@pytest.fixture(autouse=True)
def servers_end() -> Iterator[None]:
    yield
    while ruff_child._servers:
        _, server = ruff_child._servers.popitem()
        server.close()


def program(path: Path, real: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'#!/bin/sh\nexec "{real}" "$@"\n')
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("setting", TOOLS)
@pytest.mark.parametrize("named", ["bin/tool", "./bin/tool", "~/bin/tool", "tool"])
def test_what_is_named_is_found_and_run(
    setting: str, named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, home = tree(tmp_path / "root", {"app.py": SOURCE}), tmp_path / "home"
    place = root if named in ("bin/tool", "./bin/tool") else home
    tool = program(place / "bin/tool", REAL[setting])
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", f"{home}/bin:{os.environ['PATH']}")
    asker = Asker(TOOLS[setting], root)
    settings = Settings.of({setting: named})
    configuration = asker.configuration("app.py", settings)
    assert configuration.context[0] == str(tool)
    assert configuration.needs_trust is (place == root)
    assert asker.both("app.py", settings).state is State.FINDINGS


@pytest.mark.parametrize("setting", TOOLS)
@pytest.mark.parametrize("named", ["no-such-tool", "bin/none", "~/none", "bin"])
def test_what_is_not_found_is_missing(setting: str, named: str, tmp_path: Path) -> None:
    root = tree(tmp_path, {"app.py": SOURCE, "bin/file": ""})
    report = Asker(TOOLS[setting], root).both("app.py", Settings.of({setting: named}))
    assert report.state is State.MISSING
    assert setting in report.why
    assert Path(named).name in report.why


@pytest.mark.parametrize("setting", TOOLS)
def test_a_name_that_was_not_found_is_not_looked_up_later(
    setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(tmp_path / "root", {"app.py": SOURCE})
    asker = Asker(TOOLS[setting], root)
    configuration = asker.configuration("app.py", Settings.of({setting: "later-tool"}))
    program(tmp_path / "bin/later-tool", REAL[setting])
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setattr(asker, "configuration", lambda *_: configuration)
    assert asker.both("app.py").state is State.MISSING


def test_links_do_not_hide_the_workspace(tmp_path: Path) -> None:
    tool = program(tmp_path / "root/bin/tool", "true")
    links = {
        "alias": tmp_path / "root",
        "to-tool": tool,
        "relative": Path("root/bin/tool"),
        "root/out": Path("/bin/sh"),
        "through": tmp_path / "alias/out",
        "loop": tmp_path / "loop",
    }
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    for root in (tmp_path / "root", tmp_path / "alias"):
        for name in ("root/bin/tool", "alias/bin/tool", "to-tool", "relative", "root/out",
                     "alias/out", "through", "loop", "root/none"):  # fmt: skip
            assert inside(resolve_program(str(tmp_path / name), root), root), (name, root)
        for other in ("/bin/sh", f"{tmp_path}/root-beside/tool", f"{root}/../tool", "sh", ""):
            assert not inside(resolve_program(other, root), root), (other, root)


@pytest.mark.parametrize("setting", TOOLS)
def test_an_upgrade_is_another_program(setting: str, tmp_path: Path) -> None:
    tool = program(tmp_path / "bin/tool", REAL[setting])
    asker, settings = Asker(TOOLS[setting], tmp_path), Settings.of({setting: str(tool)})
    first = asker.configuration("app.py", settings)
    assert asker.configuration("app.py", settings) == first
    tool.write_text(tool.read_text() + "\n")
    second = asker.configuration("app.py", settings)
    seen = tool.stat()
    os.utime(tool, ns=(seen.st_atime_ns, seen.st_mtime_ns + 1))
    third = asker.configuration("app.py", settings)
    assert len({first.key, second.key, third.key}) == 3


def test_an_upgrade_of_bandit_in_an_environment_is_seen(tmp_path: Path) -> None:
    packages = tmp_path / "venv/lib/python3.12/site-packages"
    tool = program(tmp_path / "venv/bin/python", sys.executable)
    tree(tmp_path / "venv", {"pyvenv.cfg": ""})
    (packages / "bandit-1.9.3.dist-info").mkdir(parents=True)
    os.utime(packages, ns=(1, 1))
    asker = Asker(bandit.ANALYZER, tmp_path)
    settings = Settings.of({"bandit.interpreter": str(tool)})
    first = asker.configuration("app.py", settings).key
    (packages / "bandit-1.9.3.dist-info").rename(packages / "bandit-1.9.4.dist-info")
    assert asker.configuration("app.py", settings).key != first


def test_a_warm_ruff_is_left_for_its_upgrade(tmp_path: Path) -> None:
    root = tree(tmp_path, {"app.py": SOURCE})
    tool = program(tmp_path / "bin/ruff", REAL["ruff.path"])
    asker, settings = Asker(ruff.ANALYZER, root), Settings.of({"ruff.path": str(tool)})
    asker.both("app.py", settings)
    (old,) = ruff_child._servers.values()
    asker.both("app.py", settings)
    assert list(ruff_child._servers.values()) == [old]
    tool.write_text(tool.read_text() + "\n")
    asker.both("app.py", settings)
    (new,) = ruff_child._servers.values()
    assert new is not old


def test_nothing_is_on_the_disk_while_bandit_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is killed then leaves nothing there."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    root = tree(tmp_path / "root", {"pkg/app.py": SOURCE})
    tool = tmp_path / "python"
    tool.write_text(f'#!/bin/sh\nfind {scratch} >> {tmp_path}/seen\nexec "{sys.executable}" "$@"\n')
    tool.chmod(0o755)
    settings = Settings.of({"bandit.interpreter": str(tool)})
    assert "B307" in Asker(bandit.ANALYZER, root).rules("pkg/app.py", settings)
    assert (tmp_path / "seen").read_text().split() == [str(scratch)] * 2


@pytest.mark.parametrize("body", ["raise ImportError('worn out')", "raise SystemExit(3)", "1 +"])
def test_a_module_that_cannot_be_preloaded_is_told(
    body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "worn_out.py").write_text(body)
    monkeypatch.syspath_prepend(str(tmp_path))
    supervisor._preload("worn_out")
    assert "worn_out" in capfd.readouterr().err
