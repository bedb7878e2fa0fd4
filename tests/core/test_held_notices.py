"""What is told later is not lost when the process that holds it back is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from .support import gone, own_environment, tree, understudy, until

CONFIG = """
tasks:
  custom:
    first: {{command: ["true"], notify: [completion]}}
    second: {{command: ["true"], notify: [completion]}}
    third: {{command: ["true"], notify: [completion]}}
notifications:
  burst: 1
  channels:
    ear: {{options: {{path: {path}}}}}
triggers: {{enabled: false}}
"""
EAR = """
import json

class Ear:
    name = "ear"
    def __init__(self, path):
        self.path = path
    async def deliver(self, notice):
        with open(self.path, "a") as file:
            file.write(json.dumps(notice.to_json()) + "\\n")
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def heard(tmp_path: Path) -> Callable[[], list[Any]]:
    """What the channel was told."""
    path = tmp_path / "heard.jsonl"
    return lambda: [json.loads(x) for x in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    site = tree(
        tmp_path / "site",
        {
            "ear.py": EAR,
            "ear-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: ear\nVersion: 1.0\n",
            "ear-1.0.dist-info/entry_points.txt": "[understudy.channels]\near = ear:Ear\n",
        },
    )
    config = CONFIG.format(path=tmp_path / "heard.jsonl")
    root = tree(tmp_path / "shop", {".understudy/config.yaml": config})
    run = partial(understudy, cwd=root, environment=own_environment(tmp_path, PYTHONPATH=str(site)))
    run("trust", ".")
    assert run("start").returncode == 0
    yield run
    run("stop")


def deliveries(run: Run) -> list[tuple[str, str]]:
    """State and outcome of each, the oldest first."""
    jobs = json.loads(run("tasks", "--all", "--json").stdout)["jobs"]
    return [(j["state"], j["status"]) for j in reversed(jobs) if "deliver" in j["task"]]


async def test_what_is_held_back_survives_sigkill(run: Run, heard: Callable[[], list[Any]]) -> None:
    for task in ("first", "second", "third"):
        assert run("run", task).returncode == 0
    await until(heard)
    held = [("ended", "done"), ("queued", ""), ("queued", "")]
    await until(lambda: deliveries(run) == held)
    status = json.loads(run("status", "--json").stdout)
    assert (status["jobs"], status["open"]) == ({}, [])  # a notice is no task of its user's
    pid = status["holder"]["pid"]
    os.kill(pid, signal.SIGKILL)
    assert await gone([pid])
    assert deliveries(run) == held
    assert [notice["title"] for notice in heard()] == ["first completed"]
    assert run("start").returncode == 0
    digest = (await until(lambda: heard()[1:]))[0]
    titles = [member["title"] for member in digest["data"]["digest"]]
    assert titles == ["second completed", "third completed"]
    ended = [("ended", "done"), ("ended", "merged"), ("ended", "merged"), ("ended", "done")]
    await until(lambda: deliveries(run) == ended)
    assert len(heard()) == 2
