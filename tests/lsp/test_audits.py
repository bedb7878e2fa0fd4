"""Audits of dependencies in an editor: shown where they are declared, raised by a code action."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.core.advisories import Service, serving
from tests.core.support import AS_A_USER, tree
from tests.core.test_audits import NPM_PROJECT, npm_program

from .conftest import Start
from .connection import COMMAND
from .editor import Editor
from .test_tasks import jobs, run
from .test_triggers import ON, config, ended, watches
from .text import Json


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as service:
        yield service


def settings(service: Service, tmp_path: Path) -> Json:
    npm = npm_program(tmp_path / "bin")
    wrapper = tmp_path / "npm"
    wrapper.write_text(f'#!/bin/sh\nPATH={npm.parent}:$PATH exec {npm} "$@"\n')
    wrapper.chmod(0o755)
    audit = {"osvUrl": service.url, "registry": service.url, "npm": str(wrapper)}
    return {"audit": audit, "tasks": {"retries": 0}}


def raising(actions: dict[str, Json]) -> list[str]:
    return [title for title in actions if title.startswith("Raise")]


async def test_a_dependency_is_raised_and_the_finding_goes(
    start: Start, workspace: Path, tmp_path: Path, service: Service
) -> None:
    """In an untrusted workspace, where the text has changed since the audit."""
    text = "# 😀\nrequests==2.19.0  # 😀\nurllib3==1.23\n"
    (workspace / "requirements.txt").write_text(text)
    editor = await start(trusted=False, settings=settings(service, tmp_path))
    file = editor.open(workspace / "requirements.txt", text)
    job = await run(editor, "dependency_audit")
    assert (job["status"], job["issues"]) == ("done", 2)
    shown = await editor.sees(file, "pip-audit PYSEC-2018-28", "pip-audit PYSEC-2019-133")
    assert [each["severity"] for each in shown] == [1, 1]
    assert shown[0]["codeDescription"]["href"].endswith("GHSA-x84v-xcm2-53pg")
    assert "CWE-522" in (await editor.hover(file, "requests") or "")
    editor.edit(file, "# 😀\n", "# 😀\nflask==3.0\n\n")
    actions = await editor.actions(file, "requests==")
    assert raising(actions) == ["Raise requests to 2.20.0"]
    assert "Ignore PYSEC-2018-28 in this project" in actions
    later = (await editor.actions(file, "urllib3"))["Raise urllib3 to 1.25.9"]
    (edit,) = later["edit"]["documentChanges"]
    assert [each["newText"] for each in edit["edits"]] == ["==1.25.9"]
    await editor.choose(actions["Raise requests to 2.20.0"])
    assert file.text == "# 😀\nflask==3.0\n\nrequests==2.20.0  # 😀\nurllib3==1.23\n"
    editor.save(file)
    await run(editor, "dependency_audit")
    await editor.sees(file, "pip-audit PYSEC-2019-133")
    editor.edit(file, "1.23", "1.26")
    assert raising(await editor.actions(file, "urllib3")) == []


async def test_an_entry_of_package_json_is_raised_in_its_own_style(
    start: Start, workspace: Path, tmp_path: Path, service: Service
) -> None:
    tree(workspace, NPM_PROJECT)
    editor = await start(settings=settings(service, tmp_path))
    job = await run(editor, "dependency_audit")
    assert (job["status"], job["issues"]) == ("done", 3)
    file = editor.open(workspace / "package.json", NPM_PROJECT["package.json"])
    await editor.sees(file, "npm audit GHSA-35jh-r3h4-6jhm", "npm audit GHSA-xvch-5gv4-984h")
    actions = await editor.actions(file, '"lodash"')
    await editor.choose(actions["Raise lodash to 4.17.21"])
    assert json.loads(file.text)["dependencies"] == {"lodash": "^4.17.21"}
    assert raising(await editor.actions(file, '"mkdirp"')) == []


async def test_a_failed_audit_is_in_the_status(
    start: Start, workspace: Path, tmp_path: Path, service: Service
) -> None:
    (workspace / "requirements.txt").write_text("requests==2.19.0\n")
    service.status = 500
    editor = await start(settings=settings(service, tmp_path))
    await run(editor, "dependency_audit")
    await editor.until(lambda: editor.tool("pip-audit").get("state") == "failed")
    assert editor.status["state"] == "attention"
    assert "127.0.0.1 was asked" in editor.tool("pip-audit")["why"]
    service.status = 200
    await run(editor, "dependency_audit")
    await editor.until(lambda: editor.tool("pip-audit")["state"] == "findings")


async def test_a_folder_that_an_audit_cannot_read_is_in_the_status_alone(
    environment: Mapping[str, str], workspace: Path, tmp_path: Path, service: Service
) -> None:
    (workspace / "requirements.txt").write_text("requests==2.19.0\n")
    (workspace / "own").mkdir(mode=0)
    async with Editor.start(environment, tmp_path, [*AS_A_USER, *COMMAND]) as editor:
        await editor.initialize(workspace, settings=settings(service, tmp_path))
        job = await run(editor, "dependency_audit")
        assert (job["status"], job["issues"]) == ("failed", 1)
        await editor.until(lambda: editor.tool("understudy").get("state") == "failed")
        assert "own cannot be read" in editor.tool("understudy")["why"]
        await editor.until(lambda: editor.tool("pip-audit").get("state") == "findings")
        assert {each.uri.rpartition("/")[2] for each in editor.published} == {"requirements.txt"}


async def test_nothing_is_asked_before_the_user_says_so(
    start: Start, workspace: Path, tmp_path: Path, service: Service
) -> None:
    """A change of a manifest starts an audit only where that is switched on, and not by a project
    that is not trusted."""
    chosen = settings(service, tmp_path) | ON
    config(workspace, triggers={"auditOnChange": True, "auditDaily": True})
    editor = await start(trusted=False, settings=chosen)
    await watches(editor)
    manifest = workspace / "requirements.txt"
    manifest.write_text("requests==2.19.0\n")
    await ended(editor, "created requirements.txt [security-on-change]")
    assert "dependency_audit" not in {job["task"] for job in jobs(editor)}
    assert service.asked == []
    switched_on = {"triggers": {**ON["triggers"], "auditOnChange": True}}
    await editor.configure(chosen | switched_on)
    await editor.idle()
    manifest.write_text("requests==2.19.1\n")
    await ended(editor, "changed requirements.txt [audit-on-change]")
    await editor.sees(manifest, "pip-audit PYSEC-2018-28")
    assert service.asked
