"""Figures for Prometheus: for whoever has the token, and for nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from understudy.app.overview.listing import SEVERITIES
from understudy.dashboard.metrics import token_of

from ..core.support import understudy
from .conftest import World
from .server import Server, serving

TOKEN = "a-token-of-this-test"


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o600)
    return file


def test_a_scraper_with_the_token_is_told(world: World, token: Path) -> None:
    with serving(world.environment, world.root, options=("--metrics-token", str(token))) as server:
        answer = server.ask("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert answer.status == 200
        told = {
            (sample.name, *(v for k, v in sample.labels.items() if k != "workspace")): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }
        assert sum(told["understudy_findings", each] for each in SEVERITIES) >= 3
        assert told["understudy_files",] == 3
        assert told["understudy_trusted",] == 1
        assert told["understudy_engine_up",] == 0
        assert told["understudy_task_runs", "shout"] >= 1
        assert told["understudy_task_success_ratio", "shout"] == 1
        for wrong in ("", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN):
            assert server.ask("/metrics", headers={"Authorization": wrong}).status == 401
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert server.ask("/metrics", headers={**bearer, "Host": "evil.example"}).status == 421
        assert server.ask("/metrics", headers={**bearer, "Origin": "http://evil"}).status == 403
        assert server.ask(server.base, headers=bearer).status == 401
        cookie = {"Cookie": server.enter(server.first).cookie}
        assert server.ask("/metrics", headers=cookie).status == 401


def test_without_a_token_there_are_none(server: Server) -> None:
    for wrong in ("", "Bearer ", "Bearer x"):
        assert server.ask("/metrics", headers={"Authorization": wrong}).status == 401


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (TOKEN, 0o644, "others may read"),
        (TOKEN, 0o660, "others may"),
        ("short", 0o600, "16 characters"),
    ],
)
def test_a_token_that_is_none_is_not_taken(
    world: World, tmp_path: Path, content: str, mode: int, why: str
) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    file.chmod(mode)
    with pytest.raises(ValueError, match=why):
        token_of(file)
    words = ("dashboard", "--no-open", "--metrics-token", str(file))
    done = understudy(*words, cwd=world.root, environment=world.environment)
    assert done.returncode == 2
    assert why in done.stderr
