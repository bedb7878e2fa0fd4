"""ESLint in the editor: what it finds on save is shown, its fixes are tried and offered; nothing of
it runs before the workspace is trusted."""

from __future__ import annotations

import json
from pathlib import Path

from tests.core.eslint_support import NODE, project, stand_in
from tests.core.support import tree, understudy

from .conftest import Start
from .processes import survivors
from .test_actions import begins

SETTINGS = {"eslint": {"node": NODE}}
CLEAN = 'export const s = "😀";\n'
VAR = f"{CLEAN[:-1]} var x = 1;\n"


async def test_a_save_shows_what_it_finds_and_a_fix_takes_it_away(
    start: Start, workspace: Path
) -> None:
    project(workspace, {})
    editor = await start(settings=SETTINGS)
    file = editor.open(workspace / "a.js", CLEAN, language="javascript")
    await editor.until(lambda: editor.tool("eslint").get("state") == "clean")
    editor.rewrite(file, VAR)
    editor.save(file)
    (shown,) = await editor.sees(file, "ESLint no-var")
    assert shown["severity"] == 1
    assert shown["range"]["start"] == {"line": 0, "character": VAR.index("var") + 1}
    assert shown["codeDescription"]["href"] == "https://eslint.org/docs/latest/rules/no-var"
    fix = begins(await editor.actions(file, "var"), "Fix: Unexpected var")
    assert fix["isPreferred"]
    await editor.choose(fix)
    assert file.text == VAR.replace("var", "let")
    editor.save(file)
    await editor.sees(file)


async def test_a_fix_that_brings_something_new_is_not_offered(
    start: Start, workspace: Path
) -> None:
    plugin = """\
export default [{
  plugins: { own: { rules: { wrong: {
    meta: { fixable: "code" },
    create: (context) => ({ DebuggerStatement: (node) => context.report({
      node, message: "No.", fix: (fixer) => fixer.replaceText(node, "alert();"),
    }) }),
  } } } },
  rules: { "own/wrong": 2, "no-alert": 2 },
}];
"""
    project(workspace, {"eslint.config.mjs": plugin})
    editor = await start(settings=SETTINGS)
    file = editor.open(workspace / "a.js", "debugger;\n", language="javascript")
    await editor.sees(file, "ESLint own/wrong")
    assert not [each for each in await editor.actions(file, "debugger") if each.startswith("Fix")]


async def test_a_configuration_that_changes_holds_at_once(start: Start, workspace: Path) -> None:
    project(workspace, {})
    editor = await start(settings=SETTINGS)
    file = editor.open(workspace / "a.js", VAR, language="javascript")
    await editor.sees(file, "ESLint no-var")
    configuration = workspace / "eslint.config.mjs"
    configuration.write_text("export default [];\n")
    editor.touch(configuration)
    await editor.sees(file)


def ran(mark: Path) -> bool:
    return mark.exists()


async def trap(start: Start, workspace: Path, mark: Path, rule: str) -> None:
    """``mark`` is written by what runs, and ``rule`` told."""
    editor = await start(trusted=False, settings=SETTINGS)
    file = editor.open(workspace / "a.js", VAR, language="javascript")
    await editor.until(lambda: "not trusted" in editor.tool("eslint").get("why", ""))
    assert editor.tool("eslint")["state"] == "not trusted"
    await editor.command("scanWorkspace")
    await editor.actions(file, "var")
    assert not ran(mark)
    editor.notify("understudy/trust", {"trusted": True})
    await editor.sees(file, f"ESLint {rule}")
    assert ran(mark)


async def test_the_configuration_waits_for_trust(
    start: Start, workspace: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    trapped = f"""\
import fs from "node:fs";
fs.writeFileSync({json.dumps(str(mark))}, "");
export default [{{ rules: {{ "no-var": 2 }} }}];
"""
    project(workspace, {"eslint.config.mjs": trapped})
    await trap(start, workspace, mark, "no-var")


async def test_the_projects_eslint_waits_for_trust(
    start: Start, workspace: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "ran"
    message = '{ ruleId: "r", severity: 1, message: "m", line: 1, column: 1 }'
    write = f"require('node:fs').writeFileSync({json.dumps(str(mark))}, '');"
    stand_in(workspace, f"{write} return [{{ messages: [{message}] }}];")
    await trap(start, workspace, mark, "r")


async def test_what_hangs_is_stopped_and_told(start: Start, workspace: Path) -> None:
    stand_in(workspace, "for (;;) {}")
    settings = {"eslint": {"node": NODE, "timeoutSeconds": 1.5}}
    editor = await start(settings=settings)
    editor.open(workspace / "a.js", VAR, language="javascript")
    await editor.until(lambda: editor.tool("eslint").get("state") == "timed out")
    assert "1.5 s" in editor.tool("eslint")["why"]
    assert await survivors(editor.processes("eslint/host"), 10) == []


async def test_a_project_without_it_is_no_failure(start: Start, workspace: Path) -> None:
    editor = await start(settings=SETTINGS)
    file = editor.open(workspace / "a.ts", VAR, language="typescript")
    await editor.until(lambda: "no configuration" in editor.tool("eslint").get("why", ""))
    await editor.idle()
    assert editor.tool("eslint")["state"] == "not analysed"
    assert editor.status["state"] == "idle"
    assert editor.found(file) == []


def test_a_scan_from_the_command_line(workspace: Path, environment: dict[str, str]) -> None:
    project(workspace, {f"src/{n}.js": VAR for n in range(30)} | {"src/clean.js": CLEAN})
    own = Path(environment["HOME"], ".config/understudy")
    tree(own, {"config.yaml": f"eslint:\n  node: {NODE}\n"})
    untrusted = understudy("scan", cwd=workspace, environment=environment)
    assert untrusted.returncode == 3
    assert "not trusted" in untrusted.stdout + untrusted.stderr
    understudy("trust", cwd=workspace, environment=environment)
    done = understudy("scan", cwd=workspace, environment=environment)
    assert done.returncode == 1
    assert done.stdout.count("ESLint no-var") == 30
