"""The list of packages, and what a wheel made from it holds."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "server"


def modules() -> set[str]:
    """Every module below server/, by its name in the package."""
    names = set()
    for file in SERVER.rglob("*.py"):
        parts = file.relative_to(SERVER).with_suffix("").parts
        names.add(".".join(("understudy", *parts)).removesuffix(".__init__"))
    return names


def packages() -> set[str]:
    return {
        ".".join(("understudy", *file.parent.relative_to(SERVER).parts))
        for file in SERVER.rglob("*.py")
    }


def test_the_list_of_packages_is_complete() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(project["tool"]["setuptools"]["packages"]) == packages()


def test_the_link_for_type_checkers_leads_to_the_sources() -> None:
    assert (ROOT / "typings/understudy").resolve() == SERVER


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel in it, which was made from the source distribution.

    Its dependencies are those of the running environment: nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "server"):
        subprocess.run(["cp", "-r", str(ROOT / name), str(source / name)], check=True)
    build = [sys.executable, "-P", "-m", "build", "--no-isolation", "-o", str(folder), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin/python"
    install = [sys.executable, "-P", "-m", "pip", "--python", str(python), "install", "--no-index"]
    subprocess.run([*install, "--no-deps", "--quiet", str(wheel)], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return environment


def test_the_wheel_holds_every_module(installed: Path) -> None:
    code = (
        "import importlib, json, sys\n"
        "files = {n: importlib.import_module(n).__file__ for n in json.loads(sys.argv[1])}\n"
        "print(json.dumps(files))"
    )
    names = sorted(modules() - {"understudy.__main__"})
    python = installed / "bin/python"
    answer = subprocess.run(
        [python, "-P", "-c", code, json.dumps(names)], check=True, capture_output=True, text=True
    )
    outside = {
        n: f for n, f in json.loads(answer.stdout).items() if not Path(f).is_relative_to(installed)
    }
    assert not outside


def test_the_wheel_holds_the_data_files(installed: Path) -> None:
    (package,) = installed.glob("lib/python*/site-packages/understudy")
    data = [*SERVER.rglob("*.json"), *SERVER.rglob("*.mjs")]
    wanted = {"py.typed", *(str(file.relative_to(SERVER)) for file in data)}
    assert not {name for name in wanted if not (package / name).is_file()}


def test_the_installed_command_answers(installed: Path, tmp_path: Path) -> None:
    command = [str(installed / "bin/understudy"), "--version"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)
    assert answer.stdout.startswith("understudy 0.")
