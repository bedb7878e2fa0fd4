"""The project's own ESLint: what it says is passed on, and whatever is wrong with it is told."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from understudy.analyzers.base import Configuration
from understudy.analyzers.eslint import ANALYZER
from understudy.analyzers.eslint import child as eslint_child
from understudy.checks.files import CachedFiles
from understudy.findings import codec
from understudy.model import Position, Range, Report, Severity, State
from understudy.settings import Settings
from understudy.text import apply

from .eslint_support import NODE, SETTINGS, modules, project, stand_in
from .support import Asker, tree

BAD = 'const s = "😀"; var x = 1;\ndebugger;\nconsole.log(s, x);\n'
ONE_MESSAGE = (
    'return [{ messages: [{ ruleId: "semi", severity: 2, message: "Missing semicolon.",'
    " line: 1, column: 1 }] }];"
)


@pytest.fixture(autouse=True)
def the_process_ends() -> Iterator[None]:
    yield
    eslint_child._end()


def configuration(root: Path, name: str = "a.js", settings: Settings = SETTINGS) -> Configuration:
    return ANALYZER.configure((root / name).parent, root, settings, CachedFiles())


def ask(root: Path, *names: str, settings: Settings = SETTINGS) -> tuple[list[str], list[Report]]:
    """The digests and the reports of files, asked about in one call."""
    found = configuration(root, names[0], settings)
    items = tuple((str(root / name), None, found.hints) for name in names)
    answers = eslint_child.check(found.context, items)
    return [digest for digest, _ in answers], [codec.loads(text) for _, text in answers]


def report(root: Path, name: str = "a.js", settings: Settings = SETTINGS) -> Report:
    return Asker(ANALYZER, root).both(name, settings)


def pid() -> int:
    (process,) = eslint_child._process
    return process._process.pid


# ── what it says ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("eslint", ["eslint", "eslint-9", "eslint-8"])
def test_findings_with_places_links_and_fixes(tmp_path: Path, eslint: str) -> None:
    root = project(tmp_path, {"a.js": BAD}, eslint)
    found = report(root)
    assert [each.rule for each in found.findings] == ["no-var", "no-debugger", "no-undef"]
    var, debugger, undefined = found.findings
    assert var.range == Range(Position(0, 15), Position(0, 25))
    assert var.severity is Severity.HIGH
    assert debugger.severity is Severity.MEDIUM
    assert undefined.range == Range(Position(2, 0), Position(2, 7))
    assert var.url == "https://eslint.org/docs/latest/rules/no-var"
    (fix,) = var.fixes
    assert fix.safe
    assert apply(BAD, fix.edits) == BAD.replace("var", "let")


def test_suggestions_are_fixes_that_are_not_safe(tmp_path: Path) -> None:
    rules = '[{ rules: { "no-prototype-builtins": "error" } }]'
    text = "const o = {};\no.hasOwnProperty(1);\n"
    root = project(tmp_path, {"eslint.config.mjs": f"export default {rules};\n", "a.js": text})
    (finding,) = report(root).findings
    (fix,) = finding.fixes
    assert not fix.safe
    assert "Object.prototype.hasOwnProperty.call(o, 1)" in apply(text, fix.edits)


def test_what_is_clean_ignored_or_unreadable(tmp_path: Path) -> None:
    configured = 'export default [{ ignores: ["dist/"] }, { rules: { "no-var": "error" } }];\n'
    files: dict[str, str | bytes] = {
        "eslint.config.mjs": configured,
        "clean.js": "const x = 1;\n",
        "empty.js": "",
        "dist/a.js": "var x;\n",
        "a.ts": "let x: number;\n",
        "syntax.js": "const = 😀;\n",
        "latin.js": "// é\nvar x;\n".encode("latin-1"),
    }
    root = project(tmp_path, files)
    expected = {
        "clean.js": (State.CLEAN, ""),
        "empty.js": (State.CLEAN, ""),
        "dist/a.js": (State.NOT_ANALYSED, "ignores this file"),
        "a.ts": (State.NOT_ANALYSED, "nothing for its kind"),
        "syntax.js": (State.FINDINGS, ""),
        "latin.js": (State.NOT_ANALYSED, "not UTF-8"),
        "gone.js": (State.NOT_ANALYSED, "could not be read"),
    }
    _, reports = ask(root, *expected)
    for (name, (state, why)), said in zip(expected.items(), reports, strict=True):
        assert (said.state, why in said.why) == (state, True), (name, said)
    assert [each.rule for each in reports[4].findings] == ["invalid-syntax"]
    assert [each.rule for each in reports[5].findings] == ["not-analysed"]


@pytest.mark.parametrize("name", ["with space.js", "emoji 😀.js", "-rf.js", "a\nb.js", "[a]*.js"])
def test_names(tmp_path: Path, name: str) -> None:
    root = project(tmp_path / "fold er 😀", {name: "var x = 1;\n"})
    assert [each.rule for each in report(root, name).findings] == ["no-var"]


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.js")
    root = project(tmp_path, {name: "var x = 1;\n"})
    assert [each.rule for each in report(root, name).findings] == ["no-var"]


def test_a_byte_order_mark_moves_nothing(tmp_path: Path) -> None:
    root = project(tmp_path, {"a.js": b"\xef\xbb\xbfvar x = 1;\n"})
    (finding,) = report(root).findings
    assert finding.range.start == Position(0, 0)
    assert apply("var x = 1;\n", finding.fixes[0].edits) == "let x = 1;\n"


def test_a_file_that_was_never_saved(tmp_path: Path) -> None:
    found = configuration(project(tmp_path, {}))
    ((_, text),) = eslint_child.check(found.context, (("Untitled-1", b"var x;\n", ()),))
    assert codec.loads(text).state is State.NOT_ANALYSED


# ── what there may be instead ───────────────────────────────────────────────────────────────────


def test_what_is_not_there_needs_no_trust_and_runs_nothing(tmp_path: Path) -> None:
    flat = {"eslint.config.js": "module.exports = [];\n"}
    manifest = "node_modules/eslint/package.json"
    old = flat | {manifest: '{"version": "8.40.0"}'}
    new = flat | {manifest: '{"version": "10.1.0"}'}
    rc = ".eslintrc.json"
    tool = "eslint.node"
    cases: dict[str, tuple[dict[str, str], dict[str, object], State, str]] = {
        "nothing": ({}, {}, State.NOT_ANALYSED, "folders below may have their own"),
        "no configuration": (
            {manifest: new[manifest]},
            {},
            State.NOT_ANALYSED,
            "no configuration of ESLint",
        ),
        "old form": ({rc: "{}"}, {}, State.NOT_ANALYSED, f"{rc} .*old form.*migrate-config"),
        "old form in package.json": (
            {"package.json": '{"eslintConfig": {}}'},
            {},
            State.NOT_ANALYSED,
            "package.json .*old form",
        ),
        "not installed": (
            flat,
            {},
            State.MISSING,
            "beside the file or above it, up to .*npm install",
        ),
        "too old": (old, {}, State.WRONG_VERSION, "8.40.0.*8.57 or newer.*Upgrade"),
        "garbage for a version": (flat | {manifest: "[7]"}, {}, State.WRONG_VERSION, "8.57"),
        "no node": (new, {tool: "/nowhere/node"}, State.MISSING, "eslint.node names /nowhere"),
        "a bare name": (new, {tool: "no-such-node"}, State.MISSING, "eslint.node names no-such"),
    }
    for name, (files, settings, state, why) in cases.items():
        root = tree(tmp_path / name, {**files, "a.js": "var x;\n"})
        own = Settings.of({tool: NODE} | settings)
        assert not configuration(root, settings=own).needs_trust
        said = report(root, settings=own)
        assert (said.state, said.findings) == (state, ()), name
        assert re.search(why, said.why), (name, said.why)
    assert not eslint_child._process


def test_no_node_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = report(tree(stand_in(tmp_path, ""), {"a.js": ""}), settings=Settings())
    assert said.state is State.MISSING
    assert "not on the PATH" in said.why


def test_what_can_be_run_needs_trust(tmp_path: Path) -> None:
    assert configuration(stand_in(tmp_path, "")).needs_trust


def test_nothing_above_the_root_is_run(tmp_path: Path) -> None:
    stand_in(tmp_path, "")
    inner = tree(tmp_path / "inner", {"a.js": ""})
    assert not configuration(inner).needs_trust
    said = report(inner)
    assert said.state is State.NOT_ANALYSED
    assert f"eslint.config.mjs lies above {inner}" in said.why
    tree(inner, {"eslint.config.js": ""})
    assert report(inner).state is State.MISSING


def test_what_configures_it_is_named(tmp_path: Path) -> None:
    root = stand_in(tmp_path, "")
    assert configuration(root).source == str(root / "eslint.config.mjs")


def test_the_nearest_configuration_and_the_nearest_eslint_hold(tmp_path: Path) -> None:
    root = project(tmp_path, {"a.js": BAD, "one/a.js": BAD, "two/deep/a.js": BAD})
    tree(root, {"one/eslint.config.js": 'module.exports = [{ rules: { "no-var": 1 } }];\n'})
    project(root / "two", {"eslint.config.mjs": "export default [];\n"}, "eslint-9")
    said = {name: report(root, name) for name in ("a.js", "one/a.js", "two/deep/a.js")}
    assert [len(each.findings) for each in said.values()] == [3, 1, 0]
    assert said["one/a.js"].findings[0].severity is Severity.MEDIUM
    assert configuration(root, "two/deep/a.js").context[1] == str(root / "two/node_modules/eslint")


# ── one process, that knows what it has read ────────────────────────────────────────────────────


def test_one_process_serves_until_something_changes(tmp_path: Path) -> None:
    rules = "./rules/ours.mjs"
    configured = f'import rules from "{rules}";\nexport default [{{ rules }}];\n'
    root = project(
        tmp_path,
        {
            "eslint.config.mjs": configured,
            "rules/ours.mjs": 'export default { "no-var": "error" };\n',
            "a.js": BAD,
        },
    )

    def said() -> tuple[list[str], str, int]:
        return [each.rule for each in report(root).findings], configuration(root).key, pid()

    first = said()
    assert first[0] == ["no-var"]
    assert said() == first
    tree(root, {"rules/ours.mjs": 'export default { "no-debugger": "error" };\n'})
    second = said()
    assert second[0] == ["no-debugger"]
    assert len({first[1:], second[1:]}) == 2
    assert first[2] != second[2]
    tree(root, {"eslint.config.mjs": 'export default [{ rules: { "no-undef": 1 } }];\n'})
    assert said()[0] == ["no-undef"]
    key = configuration(root).key
    tree(root, {"node_modules/.package-lock.json": "{}"})
    assert configuration(root).key != key


def test_a_process_that_died_at_rest_is_replaced(tmp_path: Path) -> None:
    root = project(tmp_path, {"a.js": BAD})
    first = report(root)
    eslint_child._process[0]._process.kill()
    eslint_child._process[0]._process.wait()
    assert report(root) == first


def test_a_process_that_nobody_asks_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("understudy.analyzers.eslint.process._IDLE_MS", 20)
    root = project(tmp_path, {"a.js": BAD})
    first = report(root)
    assert eslint_child._process[0]._process.wait(20) == 0
    assert report(root) == first


def test_a_process_that_grew_large_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = project(tmp_path, {"a.js": BAD})
    ask(root, "a.js")
    first = pid()
    ask(root, "a.js")
    assert pid() == first
    monkeypatch.setattr("understudy.analyzers.eslint.process._KEPT_BYTES", 1)
    ask(root, "a.js")
    assert pid() != first


# ── an ESLint that is up to no good ─────────────────────────────────────────────────────────────

_MISBEHAVIOUR = {
    "throws": ('throw new Error("went boom");', "went boom"),
    "throws no error": ("throw null;", "null"),
    "exits": ("process.exit(3);", "status 3"),
    "crashes later": (
        'setImmediate(() => { throw new Error("late"); }); await new Promise(() => {});',
        "late",
    ),
    "is killed": (
        'process.kill(process.pid, "SIGKILL"); await new Promise(() => {});',
        "Killed",
    ),
    "answers nothing": ("return undefined;", "."),
    "answers garbage": ("return [7];", "."),
    "answers other messages": ("return [{ messages: [{ ruleId: 7 }] }];", "text was expected"),
    "cannot be told": ("return [{ messages: [{ n: 1n }] }];", "BigInt"),
    "recurses": ("const f = () => f() + 1; f();", "stack"),
    "fills the memory": (
        "const a = []; for (;;) a.push(new Array(1e6).fill(Math.random()));",
        "memory",
    ),
}


@pytest.mark.parametrize("name", _MISBEHAVIOUR)
def test_what_misbehaves_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("understudy.analyzers.eslint.process._MOST_HEAP_MB", 64)
    lint, why = _MISBEHAVIOUR[name]
    root = tree(stand_in(tmp_path, lint), {"a.js": "var x;\n"})
    _, (said,) = ask(root, "a.js")
    assert said.state is State.FAILED
    assert re.search(why, said.why), said.why
    assert {each.rule for each in said.findings} <= {"not-analysed"}


@pytest.mark.parametrize("bad", ['throw new Error("boom")', "process.exit(1)", "return [7]"])
def test_a_bad_file_spoils_only_itself(tmp_path: Path, bad: str) -> None:
    lint = f'if (text === "bad") {{ {bad}; }} {ONE_MESSAGE}'
    root = tree(stand_in(tmp_path, lint), {"a.js": "x", "b.js": "bad", "c.js": "x"})
    _, reports = ask(root, "a.js", "b.js", "c.js")
    assert [each.state for each in reports] == [State.FINDINGS, State.FAILED, State.FINDINGS]


def test_what_ends_on_every_file_is_not_started_for_each(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lint = f"require('node:fs').appendFileSync({json.dumps(str(log))}, 'x'); process.exit(1);"
    names = [f"{number}.js" for number in range(20)]
    root = tree(stand_in(tmp_path, lint), dict.fromkeys(names, "x"))
    _, reports = ask(root, *names)
    assert {each.state for each in reports} == {State.FAILED}
    assert "3 files in a row" in reports[-1].why
    assert len(log.read_text()) == 4


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("when", ["meanwhile", "afterwards"])
def test_what_plugins_print_is_passed_over(tmp_path: Path, stream: str, when: str) -> None:
    """Also when nobody reads it for a while."""
    flood = f'process.{stream}.write("{{\\"files\\": []}}\\n".repeat(50000));'
    later = f"setImmediate(() => {{ {flood} }});"
    root = stand_in(tmp_path, f"{flood if when == 'meanwhile' else later} {ONE_MESSAGE}")
    tree(root, {"a.js": "x" * 2_000_000})
    for _ in range(2):
        _, (said,) = ask(root, "a.js")
        assert [each.rule for each in said.findings] == ["semi"], said


def test_a_configuration_that_throws_is_read_again(tmp_path: Path) -> None:
    """Also when what was wrong with it is nothing that we look at."""
    wanted = tmp_path / "outside.txt"
    configured = (
        f'import fs from "node:fs";\nfs.readFileSync({json.dumps(str(wanted))});\n'
        'export default [{ rules: { "no-var": "error" } }];\n'
    )
    root = project(tmp_path / "project", {"eslint.config.mjs": configured, "a.js": BAD})
    said = report(root)
    assert (said.state, said.findings) == (State.FAILED, ())
    assert "refuses its configuration" in said.why
    assert "outside.txt" in said.why
    wanted.touch()
    assert [each.rule for each in report(root).findings] == ["no-var"]


@pytest.mark.parametrize(
    ("configured", "why"),
    [
        ("export default [{ rules: { 'no-such-rule': 2 } }];\n", "no-such-rule"),
        ("export default [{ rules: { 'no-var': 7 } }];\n", "no-var"),
        ("export default 7;\n", "."),
        ("export default [{ whatever: 1 }];\n", "whatever"),
        ("const = 1;\n", "Unexpected|token"),
        ('import "no-such-plugin";\nexport default [];\n', "no-such-plugin"),
    ],
)
def test_a_configuration_that_is_refused(tmp_path: Path, configured: str, why: str) -> None:
    root = project(tmp_path, {"eslint.config.mjs": configured, "a.js": BAD, "b.js": BAD})
    _, reports = ask(root, "a.js", "b.js")
    for said in reports:
        assert said.state is State.FAILED
        assert re.search(why, said.why), said.why


def test_a_rule_that_throws_is_named(tmp_path: Path) -> None:
    plugin = '{ rules: { bad: { create() { throw new Error("went boom"); } } } }'
    configured = (
        f'export default [{{ plugins: {{ own: {plugin} }}, rules: {{ "own/bad": 1 }} }}];\n'
    )
    said = report(project(tmp_path, {"eslint.config.mjs": configured, "a.js": BAD}))
    assert said.state is State.FAILED
    assert "went boom" in said.why
    assert "own/bad" in said.why
    assert [each.rule for each in said.findings] == ["not-analysed"]


# ── what depends on other files ─────────────────────────────────────────────────────────────────


def test_rules_that_look_at_other_files_are_not_remembered(tmp_path: Path) -> None:
    """And see them as they are now."""
    configured = """\
import { parser, plugin } from "typescript-eslint";
export default [{
  files: ["**/*.ts"],
  plugins: { ts: plugin },
  languageOptions: { parser, parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: { "ts/no-floating-promises": "error" },
}];
"""
    root = project(
        tmp_path,
        {
            "eslint.config.mjs": configured,
            "tsconfig.json": '{ "include": ["*.ts"] }',
            "other.ts": "export function f(): number { return 1; }\n",
            "a.ts": 'import { f } from "./other";\nf();\n',
        },
    )
    for name in ("typescript-eslint", "typescript"):
        (root / "node_modules" / name).symlink_to(modules() / name)
    digests, (before,) = ask(root, "a.ts")
    first = pid()
    assert (before.state, digests) == (State.CLEAN, [""]), before
    tree(root, {"other.ts": "export async function f(): Promise<number> { return 1; }\n"})
    _, (after,) = ask(root, "a.ts")
    assert [each.rule for each in after.findings] == ["ts/no-floating-promises"]
    assert pid() == first


def test_others_are_remembered(tmp_path: Path) -> None:
    (digest,), _ = ask(project(tmp_path, {"a.js": BAD}), "a.js")
    assert digest
