"""Nothing of a workspace runs before it is trusted; who decided is remembered, and kept private."""

from __future__ import annotations

import contextlib
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.core.support import understudy

from .conftest import Start
from .editor import Editor
from .processes import survivors
from .tools import RUFF, Pipe, SlowBandit, program

EVAL = "def f(x):\n    return eval(x)\n"


def tripwires(workspace: Path) -> tuple[dict[str, dict[str, str]], Path]:
    """Settings that name programs of the workspace's, and the file that these write when run."""
    ran = workspace / "ran"
    tools = workspace / "tools"
    tools.mkdir(exist_ok=True)
    python = program(tools / "python", f'echo python >> "{ran}"\necho "no module" >&2; exit 1')
    ruff = program(tools / "ruff", f'echo ruff >> "{ran}"\nexec "{RUFF}" "$@"')
    return {"bandit": {"interpreter": python}, "ruff": {"path": ruff}}, ran


async def test_the_workspaces_programs_wait_for_trust(start: Start, workspace: Path) -> None:
    settings, ran = tripwires(workspace)
    editor = await start(trusted=False, settings=settings)
    file = editor.open(workspace / "a.py", EVAL)
    for tool in ("bandit", "ruff"):
        await editor.until(lambda: "not trusted" in editor.tool(tool).get("why", ""))  # noqa: B023
        assert editor.tool(tool)["state"] == "not trusted"
    assert editor.status["trusted"] is False
    await editor.command("scanWorkspace")
    await editor.actions(file, "eval")
    assert not ran.exists()
    editor.notify("understudy/trust", {"trusted": True})
    await editor.sees(file, "Bandit not-analysed", "Ruff S307")
    assert set(ran.read_text().split()) == {"python", "ruff"}
    await editor.until(lambda: editor.status["trusted"] is True)
    await editor.idle()  # what began in trust has written, too
    ran.unlink()
    editor.notify("understudy/trust", {"trusted": False})
    await editor.until(lambda: editor.status["trusted"] is False)
    editor.edit(file, "eval", "exec")
    editor.save(file)
    await editor.idle()
    assert not ran.exists()


async def test_a_project_cannot_name_programs_before(
    start: Start, workspace: Path, tmp_path: Path
) -> None:
    """Wherever they lie: the project's settings are the workspace's word."""
    settings, ran = tripwires(tmp_path)
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir()
    interpreter, ruff = settings["bandit"]["interpreter"], settings["ruff"]["path"]
    config.write_text(f"bandit:\n  interpreter: {interpreter}\nruff:\n  path: {ruff}\n")
    editor = await start(trusted=False)
    file = editor.open(workspace / "a.py", EVAL)
    await editor.sees(file, "Bandit, Ruff B307")
    told = await editor.sees(config, "Understudy settings", "Understudy settings")
    assert all("not trusted" in each["message"] for each in told)
    assert not ran.exists()
    editor.notify("understudy/trust", {"trusted": True})
    await editor.sees(config)
    await editor.until(lambda: "Bandit B307" not in str(editor.found(file)) and ran.exists())


async def test_distrust_ends_what_began_in_trust(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """The scan and the analysis of a buffer do not go on to start anything more."""
    for number in range(60):
        (workspace / f"m{number}.py").write_text(EVAL)
    brought = shutil.copy(slow_bandit.interpreter, workspace / "slow-python")
    editor = await start(settings={"bandit": {"interpreter": str(brought)}})
    file = editor.open(workspace / "m0.py")
    await slow_bandit.started()
    _, scan = editor.ask("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    await slow_bandit.started()
    editor.notify("understudy/trust", {"trusted": False})
    await editor.until(lambda: editor.status["trusted"] is False)
    slow_bandit.let_go(99)
    assert await scan is None
    assert await survivors(slow_bandit.look(), 10) == []
    await editor.until(lambda: "not trusted" in editor.tool("bandit")["why"])
    await editor.sees(file, "Ruff S307")
    begun = len(slow_bandit.look())
    assert (await editor.command("scanWorkspace"))["files"] == 60
    assert len(slow_bandit.look()) == begun


async def test_distrust_ends_what_is_asked_of_a_program(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    brought = shutil.copy(slow_bandit.interpreter, workspace / "slow-python")
    editor = await start(settings={"bandit": {"interpreter": str(brought)}})
    editor.open(workspace / "a.py", EVAL)
    asked_ = await slow_bandit.started()
    editor.notify("understudy/trust", {"trusted": False})
    assert await survivors([asked_], 10) == []


async def test_distrust_ends_the_workspaces_tasks(
    start: Start, workspace: Path, tmp_path: Path
) -> None:
    config = workspace / ".understudy" / "config.yaml"
    config.parent.mkdir()
    with contextlib.closing(Pipe(tmp_path / "told")) as told:
        script = f"echo $$ > {told.path}; exec sleep 1000"
        config.write_text(f"tasks:\n  custom:\n    wait:\n      command: [sh, -c, {script!r}]\n")
        editor = await start()
        assert await editor.command("runTask", "wait", {}) is not None
        await told.readable()
        (running,) = map(int, told.lines())
        editor.notify("understudy/trust", {"trusted": False})
        assert await survivors([running], 10) == []


def asked(editor: Editor) -> list[str]:
    return [request["message"] for request in editor.said("window/showMessageRequest")]


@pytest.mark.parametrize(
    ("answer", "trusted", "asked_again"),
    [("Trust", True, False), ("Do not trust", False, False), (None, False, True)],
)
async def test_the_user_is_asked(
    environment: dict[str, str],
    workspace: Path,
    tmp_path: Path,
    answer: str | None,
    trusted: bool,
    asked_again: bool,
) -> None:
    """By a client that does not say itself; an answer holds in later sessions too."""
    for is_asked in (True, asked_again):
        async with Editor.start(environment, tmp_path) as editor:
            editor.replies["window/showMessageRequest"] = lambda _: answer and {"title": answer}
            await editor.initialize(workspace, trusted=None)
            await editor.sees(editor.open(workspace / "a.py", EVAL), "Bandit, Ruff B307")
            await editor.until(lambda: editor.status.get("trusted") is trusted)
            assert len(asked(editor)) == is_asked
            assert all(str(workspace) in message for message in asked(editor))


async def test_commands_decide(start: Start, workspace: Path) -> None:
    editor = await start(trusted=None)
    await editor.until(lambda: editor.status.get("trusted") is False)
    await editor.command("trust")
    await editor.until(lambda: editor.status["trusted"] is True)
    assert await editor.quit() == 0
    again = await start(trusted=None)
    await again.until(lambda: again.status.get("trusted") is True)
    assert asked(again) == []
    await again.command("untrust")
    await again.until(lambda: again.status["trusted"] is False)


async def test_a_decision_in_a_terminal_holds_in_the_editor(
    start: Start, workspace: Path, environment: dict[str, str]
) -> None:
    editor = await start(trusted=None)
    await editor.until(lambda: editor.status.get("trusted") is False)
    for word, trusted in (("trust", True), ("untrust", False)):
        decided = understudy(word, ".", cwd=workspace, environment=environment)
        assert decided.returncode == 0, decided.stderr
        await editor.until(lambda: editor.status["trusted"] is trusted)  # noqa: B023


async def test_the_state_is_private(start: Start, workspace: Path) -> None:
    editor = await start(trusted=None)
    editor.replies["window/showMessageRequest"] = lambda _: {"title": "Trust"}
    file = editor.open(workspace / "a.py", "import os\n" + EVAL)
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307")
    await editor.command("trust")
    actions = await editor.actions(file, "os")
    await editor.choose(actions["Ignore F401 in this project"])
    await editor.sees(file, "Bandit, Ruff B307")
    await editor.command("scanWorkspace")
    during = modes([editor.state])
    assert await editor.quit() == 0
    for found in (during, modes([editor.state])):
        assert {mode for path, mode in found.items() if path.endswith("/")} == {0o700}
        assert {mode for path, mode in found.items() if not path.endswith("/")} == {0o600}
        assert len(found) >= 5


def modes(places: Iterable[Path]) -> dict[str, int]:
    """The permissions of all that lies at and below; folders end in a slash."""
    found: dict[str, int] = {}
    for place in places:
        is_folder = place.is_dir()
        found[f"{place}{'/' if is_folder else ''}"] = stat.S_IMODE(place.stat().st_mode)
        found |= modes(place.iterdir()) if is_folder else {}
    return found
