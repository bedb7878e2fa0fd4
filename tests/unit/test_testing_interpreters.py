"""Which Python runs the tests: the first of what is there, and never one that nobody meant."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from understudy.analyzers.interpreters import TESTS, NoInterpreter, interpreter


def program(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("there", "folder", "setting", "environ", "expected"),
    [
        (["w/.venv/bin/python", "named"], "", "{}/named", {}, "named"),
        (["w/tools/python"], "", "tools/python", {}, "w/tools/python"),
        (["w/.venv/bin/python", "w/venv/bin/python"], "", "", {}, "w/.venv/bin/python"),
        (["w/venv/bin/python", "v/bin/python"], "", "", {"VIRTUAL_ENV": "v"}, "w/venv/bin/python"),
        (["w/.venv/bin/python", "w/api/.venv/bin/python"], "", "", {}, "w/.venv/bin/python"),
        (["w/.venv/bin/python", "w/api/venv/bin/python"], "api", "", {}, "w/api/venv/bin/python"),
        (["w/.venv/bin/python"], "api", "", {}, "w/.venv/bin/python"),
        (["w/envs/a/bin/python"], "", "", {"UV_PROJECT_ENVIRONMENT": "envs/a"}, "w/envs/a/bin/python"),
        (["v/bin/python"], "", "", {"VIRTUAL_ENV": "v", "CONDA_PREFIX": "c"}, "v/bin/python"),
        (["c/bin/python"], "", "", {"VIRTUAL_ENV": "v", "CONDA_PREFIX": "c"}, "c/bin/python"),
        (["b/python", "a/python3"], "", "", {"PATH": "a:b"}, "a/python3"),
        (["b/python", "b/python3"], "", "", {"PATH": "a:b"}, "b/python3"),
        (["b/python"], "", "", {"PATH": "b"}, "b/python"),
        (["w/bin/python3", "b/python3"], "", "", {"PATH": "w/bin:b"}, "b/python3"),
        (
            ["w/env/bin/python3", "w/env/pyvenv.cfg", "b/python3"],
            *("", "", {"PATH": "w/env/bin:b"}, "w/env/bin/python3"),
        ),
    ],
)  # fmt: skip
def test_the_first_that_is_there(
    there: Sequence[str],
    folder: str,
    setting: str,
    environ: Mapping[str, str],
    expected: str,
    tmp_path: Path,
) -> None:
    for name in there:
        program(tmp_path / name)
    outside = {"VIRTUAL_ENV", "CONDA_PREFIX", "PATH"}
    absolute = {
        name: ":".join(str(tmp_path / each) for each in value.split(":")) if name in outside else value
        for name, value in environ.items()
    }  # fmt: skip
    found = interpreter(str(tmp_path / "w"), folder, setting.format(tmp_path), absolute)
    assert found == str(tmp_path / expected)


def test_the_environment_that_a_file_names(tmp_path: Path) -> None:
    root = tmp_path / "w"
    program(root / "envs/one/bin/python")
    program(tmp_path / "outside/bin/python")
    (root / ".venv").write_text("envs/one\n")
    assert interpreter(str(root), "", "", {}) == str(root / "envs/one/bin/python")
    (root / ".venv").write_text(str(tmp_path / "outside"))
    with pytest.raises(NoInterpreter):
        interpreter(str(root), "", "", {})


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"PATH": ""},
        {"PATH": ".:bin:w/bin"},
        {"VIRTUAL_ENV": "v", "CONDA_PREFIX": "v"},
        {"UV_PROJECT_ENVIRONMENT": "../v"},
    ],
)
def test_what_is_relative_leads_nowhere(
    environ: Mapping[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("w/bin/python3", "bin/python3", "v/bin/python", "python3"):
        program(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NoInterpreter, match=rf"make a \.venv .* or name an interpreter in {TESTS}"):
        interpreter(str(tmp_path / "w"), "", "", environ)


def test_what_cannot_be_run_is_passed_over_and_what_is_named_is_not(tmp_path: Path) -> None:
    program(tmp_path / ".venv/bin/python")
    os.chmod(tmp_path / ".venv/bin/python", 0o644)
    program(tmp_path / "venv/bin/python")
    assert interpreter(str(tmp_path), "", "", {}) == str(tmp_path / "venv/bin/python")
    with pytest.raises(NoInterpreter, match=rf"{TESTS} names .*/none, which is no program"):
        interpreter(str(tmp_path), "", "bin/none", {})


def test_a_link_out_of_the_workspace_does_not_hide_that_it_decides(tmp_path: Path) -> None:
    """What is first on the PATH by a link in the workspace is the workspace's."""
    program(tmp_path / "real/python3")
    (tmp_path / "w").mkdir()
    (tmp_path / "w/bin").symlink_to(tmp_path / "real")
    with pytest.raises(NoInterpreter):
        interpreter(str(tmp_path / "w"), "", "", {"PATH": str(tmp_path / "w/bin")})
