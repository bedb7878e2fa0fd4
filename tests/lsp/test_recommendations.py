"""Recommendations in an editor: code actions in workflow files, pages, what is said to one."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from understudy.state import workspace_dir
from understudy.store.recommendations import FILE

from ..unit.test_workflow_definitions import CI
from .conftest import Start
from .editor import Editor
from .text import Json

PATH = ".github/workflows/ci.yml"


def here(root: Path, text: str = CI) -> Path:
    (root / PATH).parent.mkdir(parents=True)
    (root / PATH).write_text(text)
    (root / "requirements.txt").touch()
    (root / "package-lock.json").touch()
    return root / PATH


def ours(actions: dict[str, Any]) -> list[Json]:
    return [each for each in actions.values() if each["kind"] == "refactor.understudy"]


async def test_a_workflow_file_offers_what_is_recommended(start: Start, workspace: Path) -> None:
    path = here(workspace, f"# 😀\n{CI}")
    editor: Editor = await start()
    buffer = editor.open(path, path.read_text())
    cache, not_this = ours(await editor.actions(buffer, "- uses: actions/setup-python"))
    assert cache["title"] == "Cache what pip downloads in the job lint"
    assert not_this["title"] == "Not this: Cache what pip downloads in the job lint"
    await editor.choose(cache)
    assert buffer.text.replace("          cache: pip\n", "") == f"# 😀\n{CI}"
    assert "          cache: pip\n" in buffer.text
    assert not ours(await editor.actions(buffer, "- uses: actions/setup-python"))
    concurrency, _ = ours(await editor.actions(buffer, "on:"))
    assert concurrency["title"] == "Cancel runs of a pull request that a newer push made stale"


async def test_one_that_is_dismissed_is_offered_no_more(start: Start, workspace: Path) -> None:
    path = here(workspace)
    editor: Editor = await start()
    buffer = editor.open(path, CI)
    _, not_this = ours(await editor.actions(buffer, "- uses: actions/setup-python"))
    command = not_this["command"]
    assert await editor.command(command["command"].partition(".")[2], *command["arguments"])
    assert not ours(await editor.actions(buffer, "- uses: actions/setup-python"))
    assert ours(await editor.actions(buffer, "on:"))
    assert "Cache what pip" not in await editor.command("showRecommendations")


async def test_nothing_is_offered_that_may_have_been_dismissed(
    start: Start, workspace: Path
) -> None:
    path = here(workspace)
    editor: Editor = await start()
    (workspace_dir(workspace, Path(editor.state)) / FILE).mkdir()
    buffer = editor.open(path, CI)
    assert await editor.actions(buffer, "- uses: actions/setup-python") == {}
    assert await editor.command("showRecommendations") is None
    assert "That could not be done" in editor.said("window/showMessage")[-1]["message"]


async def test_the_pages(start: Start, workspace: Path) -> None:
    here(workspace)
    editor: Editor = await start()
    page = await editor.command("showRecommendations")
    assert page.startswith(f"# Recommendations for {workspace}\n")
    assert "- how: Cache what npm downloads in the job test" in page
    assert "gain not known: its runs are on GitHub" in page
    page = await editor.command("showWorkflows")
    assert f"## {PATH} “CI” (github-actions): " in page
    assert not editor.said("window/showMessage")


async def test_one_is_done_after_a_question(start: Start, workspace: Path) -> None:
    path = here(workspace)
    editor: Editor = await start()
    asked: list[str] = []
    offered: list[list[Json]] = []

    def answer(params: Json) -> Json | None:
        asked.append(params["message"])
        offered.append(params["actions"])
        return dict(params["actions"][0])

    editor.replies["window/showMessageRequest"] = answer
    assert await editor.command("acceptRecommendation") is True
    which, question = asked
    assert which == "Which one is to be done?"
    titles = [each["title"] for each in offered[0]]
    able = await editor.command("openRecommendations")
    assert titles[1:] == [f"{each['path']}: {each['title']}" for each in able]
    assert len({*titles}) == len(titles), "each can be told from the others"
    assert {each["root"] for each in able} == {str(workspace)}
    assert "? It adds: " in question
    assert path.read_text() != CI
    editor.replies["window/showMessageRequest"] = lambda _: None
    before = path.read_text()
    assert await editor.command("acceptRecommendation") is False
    assert path.read_text() == before


async def test_a_chain_becomes_tasks_after_a_question_that_shows_them(
    start: Start, workspace: Path
) -> None:
    scripts = {"all": "npm run lint && npm test", "lint": "eslint .", "test": "node --test"}
    (workspace / "package.json").write_text(json.dumps({"scripts": scripts}))
    editor: Editor = await start()
    page = await editor.command("showRecommendations")
    assert "- how: Add the task all-at-once and what it needs: all-lint, all-test;" in page
    id_ = re.search(r"runs in sequence: (\w+)\n", page)
    assert id_
    asked: list[str] = []

    def answer(params: Json) -> Json | None:
        asked.append(params["message"])
        return dict(params["actions"][0])

    editor.replies["window/showMessageRequest"] = answer
    assert await editor.command("acceptRecommendation", str(workspace), id_[1]) is True
    (question,) = asked
    assert "all-test:; command: [npm, test]; all-at-once:; command: ['true']; needs: " in question
    written = yaml.safe_load((workspace / ".understudy/config.yaml").read_text())
    assert written["tasks"]["custom"]["all-at-once"]["needs"] == ["all-lint", "all-test"]


async def test_what_is_not_there_is_told(start: Start, workspace: Path) -> None:
    editor: Editor = await start()
    assert await editor.command("acceptRecommendation", str(workspace), "nothing") is None
    assert (
        "there is no recommendation 'nothing'" in editor.said("window/showMessage")[-1]["message"]
    )
    assert await editor.command("dismissRecommendation", 3, "nothing") is None
    assert (
        "a folder is named by its path, not by 3"
        in editor.said("window/showMessage")[-1]["message"]
    )


@pytest.mark.parametrize(
    "command", ["showWorkflows", "showRecommendations", "acceptRecommendation"]
)
async def test_without_a_folder_it_is_said_why_there_is_nothing(start: Start, command: str) -> None:
    editor: Editor = await start(None)
    assert await editor.command(command) is None
    said = editor.said("window/showMessage")[-1]["message"]
    assert "no folder is open, and workflows are those of folders" in said
