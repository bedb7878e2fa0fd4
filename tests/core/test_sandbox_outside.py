"""What of the machine is seen: a program wherever it was installed, and nothing beside it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.outside import Seen, machine, unseen, with_program
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Trial

from ..sandbox.walls import installed

_WALLS = ("bubblewrap", "built-in", "partial")
_NODE = ".nvm/versions/node/v20"
_TOOL = ".local/share/pipx/venvs/tool"
_FILES = {
    # As nvm installs it: a link into the installation, whose first line names its own node.
    f"{_NODE}/bin/node": '#!/bin/sh\n. "$1"',
    f"{_NODE}/bin/npx": "-> ../lib/node_modules/npm/npx.js",
    f"{_NODE}/lib/node_modules/npm/npx.js": "#!/usr/bin/env node\ncat $(dirname $(readlink -f $1))/said",
    f"{_NODE}/lib/node_modules/npm/said": "from nvm\n",
    # As pipx does: a link from a folder of many to an environment, which another Python is of.
    ".local/bin/tool": "-> ../share/pipx/venvs/tool/bin/tool",
    f"{_TOOL}/bin/tool": "#!{home}/.local/share/pipx/venvs/tool/bin/python\ncat $(dirname $(readlink -f $0))/../said",
    f"{_TOOL}/bin/python": "-> ../../../../uv/python/3.12/bin/python3",
    f"{_TOOL}/pyvenv.cfg": "",
    f"{_TOOL}/said": "from pipx\n",
    ".local/share/uv/python/3.12/bin/python3": "-> sh",
    ".local/share/uv/python/3.12/bin/sh": "-> /bin/sh",
    ".local/share/uv/python/3.12/lib/python3.12/os.py": "",
    # As pyenv does: a script that names the manager, which looks for the version.
    ".pyenv/shims/py": '#!/bin/sh\nexec {home}/.pyenv/libexec/pyenv exec "${0##*/}"',
    ".pyenv/libexec/pyenv": '#!/bin/sh\nexec "$(dirname "$0")/../versions/3.12/bin/$2"',
    ".pyenv/versions/3.12/bin/py": "#!/bin/sh\necho from pyenv",
    ".odd/shims/odd": "#!/bin/sh\nexec {home}/.odd/other",
    ".odd/other": "#!/bin/sh\necho private  # token",
    # As cargo does: a file beside many.
    ".cargo/bin/rg": "#!/bin/sh\necho from cargo",
    ".cargo/credentials.toml": "token",
    ".local/share/keyrings/login": "token",
    ".local/lib/python3.12/os.py": "",
    "token": "token",
    "work/pyvenv.cfg": "",
    "work/bin/own": "#!/bin/sh\necho from work",
    "work/sub/token": "token",
    "elsewhere/of/it/bin/private": "#!/bin/sh\necho private",
}


class Case(NamedTuple):
    argv: Sequence[str]
    path: str
    prints: str


CASES = {
    "nvm": Case(("npx",), f"{_NODE}/bin", "from nvm\n"),
    "pipx": Case(("tool",), ".local/bin", "from pipx\n"),
    "cargo": Case(("rg",), ".cargo/bin", "from cargo\n"),
    "pyenv": Case(("py",), ".pyenv/shims", "from pyenv\n"),
    "shims of who knows what": Case(("odd",), ".odd/shims", ".odd/other"),
    "right below the home": Case(("own",), "work/bin", "from work\n"),
    "an environment's Python": Case((".venv/bin/python", "-c", "echo well"), "", "well\n"),
    "where a link of the workspace leads": Case(("./link",), "", "./link"),
    "another that it starts": Case(("sh", "-c", "rg"), ".cargo/bin", "rg"),
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With a workspace below, in which links lead out."""
    home = tmp_path / "home"
    links = {
        "code/shop/link": "-> ../../elsewhere/of/it/bin/private",
        "code/shop/.venv/bin/python": "-> {home}/.local/share/uv/python/3.12/bin/python3",
    }
    for name, content in {**_FILES, **links}.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content.startswith("-> "):
            path.symlink_to(content[3:].replace("{home}", str(home)))
        else:
            path.write_text(content.replace("{home}", str(home)))
            path.chmod(0o755)
    monkeypatch.setenv("HOME", str(home))
    return home


@pytest.mark.parametrize("walls", _WALLS)
async def test_a_program_runs_wherever_it_was_installed(walls: str, home: Path) -> None:
    how = installed(walls)._asdict()
    runner = Runner()

    async def came(case: Case) -> Trial:
        return await run(
            case.argv,
            home / "code/shop",
            Policy(),
            runner,
            home.parent / "trials",
            environ={"PATH": f"{home / case.path}:/usr/bin:/bin"},
            **how,
        )

    try:
        trials = await asyncio.gather(*map(came, CASES.values()))
    finally:
        await runner.close()
    printed = {name: each.output.decode() for name, each in zip(CASES, trials, strict=True)}
    for name, case in CASES.items():
        assert case.prints in printed[name], printed
    assert "private" not in "".join(printed.values())
    notes = dict(zip(CASES, (each.notes for each in trials), strict=True))
    away = f"{home}/elsewhere/of/it/bin/private cannot be seen inside"
    assert away in notes["where a link of the workspace leads"][-1]
    assert f"{home}/.cargo/bin cannot be seen inside" in notes["another that it starts"][-1]


@pytest.mark.parametrize("case", CASES)
def test_nothing_beside_it_is_seen(case: str, home: Path) -> None:
    argv, path, _ = CASES[case]
    workspace = f"{home}/code/shop"
    where = f"{home / path}:/usr/bin:/bin"
    seen = with_program(Seen(("/usr",)), argv[0], workspace, where, workspace)
    for above, _, names in os.walk(home):
        for name in names:
            if b"token" in Path(above, name).read_bytes() or name == "private":
                assert not seen.has(f"{above}/{name}"), seen


def test_what_begins_like_a_part_of_the_system_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.prefix", "/usr2/python")
    assert "/usr2/python" in machine((), "/shop").paths
    assert not machine((), "/shop").has("/usr2/other")


@pytest.mark.parametrize("prefix", ["/shop", "/shop/.venv", "/"])
def test_the_workspace_is_not_seen_beside_the_view(
    monkeypatch: pytest.MonkeyPatch, prefix: str
) -> None:
    """An environment may be in it, or around it."""
    monkeypatch.setattr("sys.prefix", prefix)
    monkeypatch.setattr("sys.base_prefix", prefix)
    assert prefix not in machine((), "/shop").paths


def test_private_keys_of_the_system_are_not_seen() -> None:
    seen = machine((), "/shop")
    assert seen.has("/usr/bin/env")
    for path in ("/etc/ssl/private", "/etc/pki/tls/private", "/etc/shadow", "/etc/ssl", "/root"):
        assert not seen.has(path)


def test_what_is_nowhere_is_not_said_to_be_hidden(home: Path) -> None:
    path = str(home / ".cargo/bin")
    assert unseen(Seen(("/usr",)), "nowhere", str(home), path, str(home / "code/shop")) == []
