"""The optional programs: what the real ones say is what their own command lines say."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from understudy.analyzers.base import Analyzer
from understudy.analyzers.programs import (
    hadolint,
    kingfisher,
    mypy,
    semgrep,
    shellcheck,
    ty,
    zizmor,
)
from understudy.analyzers.programs.program import check
from understudy.analyzers.table import analyzers
from understudy.findings import codec
from understudy.findings.owasp import owasp_of
from understudy.model import State
from understudy.settings import Settings

from .. import needs
from .planted import GITHUB
from .programs import program
from .support import DEFAULTS, Asker, own_environment, tree, understudy

WORKFLOW = """\
name: "😀"
on:
  pull_request_target:
jobs:
  build:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: echo "${{ github.event.pull_request.title }}"
"""
ACTION = """\
name: x
description: x
runs:
  using: composite
  steps:
    - run: echo "${{ inputs.name }}"
      shell: bash
"""
SCRIPT = '#!/bin/sh\n# 😀\necho "😀" $1\n\tread line\nif [ $x == 1 ]; then :; fi\n'
DOCKERFILE = "FROM debian\nRUN cd /tmp && apt-get install curl\n"
TYPES = 'x: int = "😀"\ny = x.nothing + (1 + "a")\n'
RULES = """\
rules:
  - id: no-eval
    languages: [python]
    severity: ERROR
    message: no eval
    metadata: {cwe: ["CWE-95: Eval Injection"]}
    pattern: eval(...)
"""
SAMPLES: dict[str, tuple[Analyzer, str, str]] = {
    "zizmor": (zizmor.ANALYZER, ".github/workflows/-a b😀.yml", WORKFLOW),
    "shellcheck": (shellcheck.ANALYZER, "bin/-a b😀.sh", SCRIPT),
    "hadolint": (hadolint.ANALYZER, "-a b😀/Dockerfile", DOCKERFILE),
    "mypy": (mypy.ANALYZER, "pkg/-a b😀.py", TYPES),
    "ty": (ty.ANALYZER, "pkg/-a b😀.py", TYPES),
    "semgrep": (semgrep.ANALYZER, "pkg/-a b😀.py", 'eval("😀")\n'),
    "kingfisher": (kingfisher.ANALYZER, "pkg/-a b😀.py", f'x = "😀", "{GITHUB}"\n'),
}


SEMGREP = Path(__file__).parents[2] / ".cache/semgrep/bin/semgrep"


def executable(tool: str) -> str:
    beside = SEMGREP if tool == "semgrep" else Path(sys.executable).with_name(tool)
    found = str(beside) if beside.exists() else shutil.which(tool)
    if not found:
        needs.missing(f"missing: {tool}: `make test` installs it")
    return found


def on(tool: str, **more: Any) -> Settings:
    return Settings.of({f"{tool}.enabled": True} | {f"{tool}.{k}": v for k, v in more.items()})


def sample(tool: str, root: Path) -> tuple[Asker, str]:
    analyzer, name, content = SAMPLES[tool]
    tree(root, {name: content, ".semgrep.yml": RULES})
    return Asker(analyzer, root), name


def theirs(tool: str, root: Path, name: str) -> set[tuple[str, int]]:
    """What its own command line says: rules and lines."""
    path = str(root / name)
    words = {
        "zizmor": ["--offline", "--format=json", path],
        "shellcheck": ["--format=json", "--", path],
        "hadolint": ["--format=json", "--", path],
        "mypy": ["--output=json", "--", path],
        "ty": ["check", "--output-format=gitlab", "--", path],
        "semgrep": ["scan", "--json", "--metrics=off", "--disable-version-check", "--config",
                    str(root / ".semgrep.yml"), path],
        "kingfisher": ["scan", "--format=json", "--redact", "--no-validate", "--no-update-check",
                       "--quiet", path],
    }[tool]  # fmt: skip
    done = subprocess.run(
        [executable(tool), *words], cwd=root, capture_output=True, text=True, check=False
    )
    if tool == "mypy":
        rows = [json.loads(line) for line in done.stdout.splitlines()]
        return {(row["code"], row["line"]) for row in rows}
    answer = json.loads(done.stdout)
    if tool == "ty":
        return {
            (row["check_name"], row["location"]["positions"]["begin"]["line"]) for row in answer
        }
    if tool == "zizmor":
        return {
            (row["ident"], place["concrete"]["location"]["start_point"]["row"] + 1)
            for row in answer
            for place in row["locations"]
            if place["symbolic"]["kind"] == "Primary"
        }
    if tool == "semgrep":
        return {(row["check_id"], row["start"]["line"]) for row in answer["results"]}
    if tool == "kingfisher":
        return {(row["rule"]["id"], row["finding"]["line"]) for row in answer["findings"]}
    prefix = "SC" if tool == "shellcheck" else ""
    return {(f"{prefix}{row['code']}", row["line"]) for row in answer}


@pytest.mark.parametrize("tool", SAMPLES)
def test_the_real_one_is_heard(tool: str, tmp_path: Path) -> None:
    path = executable(tool)
    asker, name = sample(tool, tmp_path)
    report = asker.both(name, on(tool, path=path))
    assert report.state is State.FINDINGS, report.why
    seen = {(found.rule, found.range.start.line + 1) for found in report.findings}
    assert seen == theirs(tool, tmp_path, name)
    for found in report.findings:
        assert found.tool == tool
        assert found.url.startswith("https://") or tool == "semgrep"
        assert found.cwe == 95 or tool != "semgrep"


COLUMNS = {
    "zizmor": (
        "template-injection",
        'on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: echo "😀 ${{ github.head_ref }}"\n',
    ),
    "shellcheck": ("SC2086", '#!/bin/sh\necho "😀" $HERE\n'),
    "mypy": ("attr-defined", "😀 = 1\n".replace("😀", "é") + 'x = ("é" + "😀").HERE\n'),
    "ty": ("missing-attribute", 'x = ("é" + "😀").HERE\n'),
    "kingfisher": ("betterleaks.github-pat", f'x = ("é" + "😀"), "{GITHUB}"\n'),
}


@pytest.mark.parametrize("tool", COLUMNS)
def test_columns_behind_an_emoji(tool: str, tmp_path: Path) -> None:
    """Each counts in its own way; mypy and ty point at the whole expression."""
    rule, text = COLUMNS[tool]
    path = executable(tool)
    asker, name = sample(tool, tmp_path)
    tree(tmp_path, {name: text})
    report = asker.both(name, on(tool, path=path))
    (found,) = (each for each in report.findings if each.rule == rule)
    whole = '("é" + "😀").HERE'
    words = {"zizmor": "github.head_ref", "shellcheck": "$HERE", "kingfisher": GITHUB}
    part = words.get(tool, whole)
    line = text.split("\n")[found.range.start.line]
    assert found.range.start.column == line.index(part), line[found.range.start.column :]


def test_semgrep_looks_at_many_files_in_one_call(tmp_path: Path) -> None:
    """It starts more threads for them; all have room in the memory that a tool may take."""
    names = [f"f{number}.py" for number in range(50)]
    tree(tmp_path, {".semgrep.yml": RULES} | dict.fromkeys(names, "eval(1)\n"))
    settings = on("semgrep", path=executable("semgrep"))
    context: Any = Asker(semgrep.ANALYZER, tmp_path).configuration(names[0], settings).context
    items = tuple((str(tmp_path / name), None, ()) for name in names)
    reports = [codec.loads(text) for _, text in check(context, items)]
    assert {(each.state, each.why) for each in reports} == {(State.FINDINGS, "")}


@pytest.mark.parametrize("tool", SAMPLES)
def test_the_real_one_has_nothing_to_say(tool: str, tmp_path: Path) -> None:
    path = executable(tool)
    asker, name = sample(tool, tmp_path)
    clean = {
        "zizmor": "name: x\non: push\npermissions: {}\njobs: {}\n",
        "hadolint": "FROM debian:12.5\n",
        "shellcheck": "#!/bin/sh\n:\n",
    }
    tree(tmp_path, {name: clean.get(tool, "x = 1\n")})
    report = asker.both(name, on(tool, path=path))
    assert (report.state, report.why) == (State.CLEAN, "")


@pytest.mark.parametrize(
    ("tool", "broken"),
    [
        ("zizmor", "on: [push\njobs: {"),
        ("zizmor", "on: push\njobs: {a: {steps: []}}\n"),
        ("mypy", "def f(:\n"),
        ("ty", "def f(:\n"),
        ("hadolint", "FRMO x\n"),
        ("shellcheck", "#!/bin/sh\nif ; then\n"),
        ("semgrep", "eval(1)\n)))) = eval( $$ ?? \n"),  # it reads what a rule's words are in
    ],
)
def test_a_file_that_cannot_be_parsed_is_not_clean(tool: str, broken: str, tmp_path: Path) -> None:
    path = executable(tool)
    asker, name = sample(tool, tmp_path)
    tree(tmp_path, {name: broken})
    report = asker.both(name, on(tool, path=path))
    assert report.state in (State.FINDINGS, State.FAILED)
    assert report.findings


@pytest.mark.parametrize("tool", SAMPLES)
def test_off_until_it_is_wanted(tool: str) -> None:
    assert tool not in {each.name for each in analyzers(DEFAULTS)}
    assert tool in {each.name for each in analyzers(on(tool))}


@pytest.mark.parametrize("tool", SAMPLES)
def test_one_that_is_wanted_and_not_there_is_missing(
    tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("understudy.analyzers.programs.optional._BESIDE_US", str(tmp_path))
    asker, name = sample(tool, tmp_path / "root")
    report = asker.both(name, on(tool))
    assert (report.state, report.findings) == (State.MISSING, ())
    assert "install it" in report.why
    assert f"{tool}.path" in report.why


VERSIONS: list[tuple[str, State, str]] = [
    ("echo tool 0.0.1", State.WRONG_VERSION, "has version 0.0.1, but"),
    ("echo nothing", State.FAILED, "does not tell a version"),
    ("echo 99.1; exit 1", State.FAILED, "does not tell a version"),
    ("kill -9 $$", State.FAILED, "does not tell a version"),
]


@pytest.mark.parametrize("tool", SAMPLES)
@pytest.mark.parametrize(("body", "state", "why"), VERSIONS)
def test_the_wrong_version(tool: str, body: str, state: State, why: str, tmp_path: Path) -> None:
    asker, name = sample(tool, tmp_path / "root")
    fake = program(tmp_path / "bin" / tool, body)
    report = asker.both(name, on(tool, path=str(fake)))
    assert report.state is state
    assert why in report.why


WAYS: dict[str, tuple[str, str]] = {
    "crashes": ("kill -SEGV $$", "Segmentation fault"),
    "garbage": ("printf '\\377garbage\\001'", "its answer is not"),
    "an error and status 0": ("echo broken >&2", "broken"),
    "another status": ("echo broken >&2; exit 42", "broken"),
    "garbage and a status of findings": ("echo garbage; exit 1", ""),
}


@pytest.mark.parametrize("tool", SAMPLES)
@pytest.mark.parametrize("way", WAYS)
def test_a_broken_one_is_never_clean(tool: str, way: str, tmp_path: Path) -> None:
    body, why = WAYS[way]
    asker, name = sample(tool, tmp_path / "root")
    version = 'case "$1" in --version) echo 99.1; exit;; esac'
    fake = program(tmp_path / "bin" / tool, f"{version}\n{body}")
    report = asker.both(name, on(tool, path=str(fake)))
    assert report.state is State.FAILED
    assert why in report.why
    assert {found.rule for found in report.findings} == {"not-analysed"}


def test_what_can_run_code_needs_trust(tmp_path: Path) -> None:
    trusting = {"mypy", "semgrep"}
    for tool in SAMPLES:
        asker, name = sample(tool, tmp_path)
        outside = on(tool, path="/bin/true")
        assert asker.configuration(name, outside).needs_trust is (tool in trusting)
        assert asker.configuration(name, on(tool, path="bin/own")).needs_trust


def test_the_workspaces_own_mypy_goes_first(tmp_path: Path) -> None:
    asker, name = sample("mypy", tmp_path)
    own = program(tmp_path / ".venv/bin/mypy", "")
    context: Any = asker.configuration(name, on("mypy")).context
    assert context.argv[0] == str(own)


def test_rules_of_semgrep_are_files(tmp_path: Path) -> None:
    """None is the name of something to be fetched."""
    asker, name = sample("semgrep", tmp_path)
    given = ("p/python", "auto", "https://example.org/r", "../r.yml", "/r.yml")
    context: Any = asker.configuration(name, on("semgrep", rules=given)).context
    rules = [word.partition("=")[2] for word in context.argv if word.startswith("--config=")]
    assert len(rules) == len(given)
    assert all(os.path.isabs(rule) for rule in rules)
    assert "--metrics=off" in context.argv


@pytest.mark.parametrize(
    ("tool", "changed"),
    [
        ("semgrep", ".semgrep.yml"),
        ("semgrep", "rules/deep/own.yml"),
        ("semgrep", ".semgrepignore"),
        ("hadolint", "-a b😀/.hadolint.yml"),
        ("hadolint", "../home/.hadolint.yaml"),
        ("hadolint", "../home/.config/hadolint.yaml"),
        ("shellcheck", "../.shellcheckrc"),
        ("shellcheck", "../home/.shellcheckrc"),
        ("shellcheck", "../home/.config/shellcheckrc"),
    ],
)
def test_a_changed_configuration_is_another_key(
    tool: str, changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    asker, name = sample(tool, tmp_path / "root")
    more = {"rules": (".semgrep.yml", "rules")} if tool == "semgrep" else {}

    def key() -> str:
        return asker.configuration(name, on(tool, path="/bin/true", **more)).key

    keys = [key()]
    for text in ("a: 1\n", "a: 1\nb: 2\n"):
        tree(tmp_path / "root", {changed: text})
        assert key() == key()
        keys.append(key())
    assert len({*keys}) == 3


@pytest.mark.parametrize(
    ("tool", "variable"), [("shellcheck", "SHELLCHECK_OPTS"), ("hadolint", "HADOLINT_IGNORE")]
)
def test_what_its_variables_say_holds_and_is_part_of_the_key(
    tool: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on the user's command line."""
    settings = on(tool, path=executable(tool))
    asker, name = sample(tool, tmp_path)
    before = asker.configuration(name, settings)
    rules = asker.rules(name, settings)
    gone = min(rules)
    monkeypatch.setenv(variable, f"--exclude={gone}" if tool == "shellcheck" else gone)
    after = asker.configuration(name, settings)
    assert (before.key != after.key, before.note, variable in after.note) == (True, "", True)
    assert asker.rules(name, settings) == rules - {gone}


def test_with_more_rules_than_can_be_looked_at_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("understudy.analyzers.programs.optional._MOST_RULES", 2)
    asker, name = sample("semgrep", tmp_path)
    settings = on("semgrep", path="/bin/true", rules=("rules",))
    for count, self_contained in ((1, True), (3, False)):
        tree(tmp_path, {f"rules/{i}.yml": RULES for i in range(count)})
        context: Any = asker.configuration(name, settings).context
        assert context.self_contained is self_contained


def test_one_that_hangs_times_out(tmp_path: Path) -> None:
    root = tree(tmp_path / "shop", {"a.sh": SCRIPT})
    fake = program(tmp_path / "bin/shellcheck", "exec sleep 1000")
    tree(tmp_path / ".config/understudy", {"config.yaml": json.dumps(
        {"shellcheck": {"enabled": True, "path": str(fake), "timeoutSeconds": 0.5}}
    )})  # fmt: skip
    done = understudy("scan", cwd=root, environment=own_environment(tmp_path))
    assert done.returncode == 3
    assert "timed out" in done.stdout + done.stderr


def test_a_workflow_is_scanned_and_other_yaml_is_not(tmp_path: Path) -> None:
    path = executable("zizmor")
    root = tree(
        tmp_path / "shop",
        {".github/workflows/a.yml": WORKFLOW, "x/action.yml": ACTION, "other.yml": WORKFLOW},
    )
    tree(tmp_path / ".config/understudy", {"config.yaml": json.dumps(
        {"zizmor": {"enabled": True, "path": path}}
    )})  # fmt: skip
    done = understudy("scan", "--format", "json", cwd=root, environment=own_environment(tmp_path))
    files = {each["path"] for each in json.loads(done.stdout)["problems"]}
    assert files == {".github/workflows/a.yml", "x/action.yml"}


# The form that semgrep_output_v1 has, with all that a rule can tell.
SEMGREP_ANSWER: dict[str, Any] = {
    "version": "1.146.0",
    "results": [
        {
            "check_id": "no-eval",
            "path": "NAME",
            "start": {"line": 1, "col": 7, "offset": 6},
            "end": {"line": 1, "col": 13, "offset": 15},
            "extra": {
                "message": "no eval",
                "metadata": {
                    "confidence": "LOW",
                    "source": "https://semgrep.dev/r/x",
                    "cwe": ["CWE-95: Eval Injection", "CWE-94: Code Injection"],
                },
                "severity": "ERROR",
                "fingerprint": "requires login",
                "lines": "requires login",
                "is_ignored": False,
                "engine_kind": "OSS",
            },
        }
    ],
    "errors": [],
    "paths": {"scanned": ["NAME"]},
    "skipped_rules": [],
}


def test_semgrep_is_not_let_ask_for_a_newer_one(tmp_path: Path) -> None:
    """Neither when it looks at files, nor when it tells its version."""
    asker, name = sample("semgrep", tmp_path / "root")
    fake = program(tmp_path / "semgrep", f'echo "$*" >> {tmp_path}/calls; echo 1.185.0')
    asker.one(name, None, on("semgrep", path=str(fake)))
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(calls) == 2
    assert all("--disable-version-check" in each for each in calls)


PARTLY = {"code": 3, "level": "warn", "type": "Syntax error", "message": "Syntax error at line 1"}


@pytest.mark.parametrize("errors", [[], [PARTLY]])
def test_what_semgrep_prints(errors: list[Any], tmp_path: Path) -> None:
    asker, name = sample("semgrep", tmp_path / "root")
    tree(tmp_path / "root", {name: 'x = ("😀", eval("1"))\n'})
    answer = json.dumps({**SEMGREP_ANSWER, "errors": errors}).replace("NAME", name)
    tree(tmp_path, {"answer": answer})
    version = 'case "$1" in --version) echo 1.146.0; exit;; esac'
    fake = program(tmp_path / "bin/semgrep", f"{version}\ncat {tmp_path}/answer")
    report = asker.both(name, on("semgrep", path=str(fake)))
    assert report.state is (State.FAILED if errors else State.FINDINGS)
    found = report.findings[0]
    assert (found.rule, found.message, found.url) == (
        "no-eval",
        "no eval",
        "https://semgrep.dev/r/x",
    )
    assert (found.severity.label, found.confidence.name, found.cwe) == ("high", "LOW", 95)
    assert owasp_of(found) == "A05:2025"
    assert (tuple(found.range.start), tuple(found.range.end)) == ((0, 6), (0, 12))
    assert ("Syntax error at line 1" in report.why) is bool(errors)


def test_what_depends_on_other_files_is_asked_anew(tmp_path: Path) -> None:
    root = tree(tmp_path / "shop", {"a.py": "x = 1\n", "a.sh": "x=1\n"})
    version = 'case "$1" in --version) echo 99.1; exit;; esac'
    tools = {
        "mypy": program(tmp_path / "bin/mypy", f"{version}\necho mypy >> {tmp_path}/calls"),
        "shellcheck": program(
            tmp_path / "bin/shellcheck",
            f"{version}\necho shellcheck >> {tmp_path}/calls\necho '{{\"comments\": []}}'",
        ),
    }
    config = {tool: {"enabled": True, "path": str(path)} for tool, path in tools.items()}
    tree(tmp_path / ".config/understudy", {"config.yaml": json.dumps(config)})
    environment = own_environment(tmp_path)
    understudy("trust", ".", cwd=root, environment=environment)
    for _ in range(2):
        assert understudy("scan", cwd=root, environment=environment).returncode == 0
    calls = (tmp_path / "calls").read_text().split()
    assert sorted(calls) == ["mypy", "mypy", "shellcheck"]


ECHO = "#!/bin/sh\necho $1\n"
FOLLOWING = "#!/bin/sh\n. ./lib.sh\necho $1\n"
PIPED: dict[str, tuple[str, str, bool]] = {
    "shellcheck": ("bin/a.sh", SCRIPT, True),
    "shellcheck, configured": ("quiet/a.sh", ECHO, True),
    "shellcheck, without a shell": ("bin/b.sh", "echo $1\n", True),
    "shellcheck, by its first line": ("bin/a.bash", "#!/usr/bin/env bash\necho $1 [[ \n", True),
    "shellcheck, by its name": ("bin/b.bash", "[[ $1 ]]\n", False),
    "shellcheck, with what it follows": ("bin/c.sh", FOLLOWING, False),
    "shellcheck, where nothing is": ("gone/a.sh", ECHO, False),
    "hadolint": ("Dockerfile", DOCKERFILE, True),
    "hadolint, deep": ("x/y.Dockerfile", f"{DOCKERFILE}CMD x\n", True),
    "mypy": ("a.py", TYPES, False),
}


@pytest.mark.parametrize("case", PIPED)
def test_a_text_that_is_not_on_disk_is_judged_as_if_it_were(case: str, tmp_path: Path) -> None:
    """Or not at all."""
    name, text, judged = PIPED[case]
    tool = case.partition(",")[0]
    settings = on(tool, path=executable(tool))
    tree(tmp_path, {
        name: text, "bin/lib.sh": "", "quiet/.shellcheckrc": "disable=SC2086\n",
        ".hadolint.yaml": "ignored: [DL3006]\n",
    })  # fmt: skip
    path = tmp_path / name
    analyzer = SAMPLES[tool][0]
    asker = Asker(analyzer, tmp_path)
    told = asker.both(name, settings)
    if name.startswith("gone/"):
        shutil.rmtree(path.parent)
    else:
        path.write_text("another\n")
    report = asker.one(name, text.encode(), settings)
    assert report == told if judged else report.state is State.NOT_ANALYSED


@pytest.mark.parametrize(
    ("tool", "name"),
    [("ty", "ty.toml"), ("ty", "pkg/pyproject.toml"), ("shellcheck", "bin/.shellcheckrc")],
)
def test_a_configuration_without_end_is_named_and_not_read(
    tool: str, name: str, tmp_path: Path
) -> None:
    settings = on(tool, path=str(program(tmp_path / "called", f"touch {tmp_path}/mark")))
    asker, file = sample(tool, tmp_path)
    os.mkfifo(tmp_path / name)
    report = asker.both(file, settings)
    assert report.state is State.FAILED
    assert f"{tmp_path / name}, from which it is configured, is no regular file" in report.why
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize(
    ("content", "needed"),
    [
        ("external-sources=true\n", True),
        ("disable=SC2086 external-sources=true", True),
        ("external-sources=false\n", False),
        ("disable=SC2086\n", False),
    ],
)
def test_a_script_is_followed_anywhere_in_trust_alone(
    content: str, needed: bool, tmp_path: Path
) -> None:
    """It may name a device, which has no end."""
    asker, file = sample("shellcheck", tree(tmp_path / "root", {".shellcheckrc": content}))
    settings = on("shellcheck", path=str(program(tmp_path / "shellcheck", "")))
    assert asker.configuration(file, settings).needs_trust is needed
