"""From lines that were typed to a script that does the same: one story of each template."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from understudy.automations.generate import arguments
from understudy.automations.metadata import read
from understudy.automations.mining.repeats import Repeats
from understudy.automations.pattern import Pattern, Shape, Type
from understudy.store.activity import Activity, Did

from ..needs import missing
from .scripts import draft, perform
from .server import serving

DAY = 86_400.0
NAMES = ("cart", "order", "invoice", "voucher", "customer", "refund")
PYTHON = sys.executable


def mined(lines: Sequence[str]) -> Pattern:
    """What repeats where these were typed on a day each, with a name in them."""
    log = [
        Activity(day * DAY + number * 20, Did.COMMAND, line.format(n=name), f"s{day}")
        for day, name in enumerate(NAMES)
        for number, line in enumerate(lines)
    ]
    repeats = Repeats(least=3)
    for activity in log:
        repeats.add(activity)
    (found,) = repeats.patterns(len(NAMES) * DAY, {})
    return found


def typed(root: Path, lines: Sequence[str], env: Mapping[str, str] | None = None) -> None:
    for line in lines:
        subprocess.run(["sh", "-c", line.format(n="tax")], cwd=root, check=True, env=env)


def found(root: Path) -> dict[str, bytes | None]:
    below = sorted(root.rglob("*"))
    return {str(e.relative_to(root)): e.read_bytes() if e.is_file() else None for e in below}


class Story(NamedTuple):
    """``given``: the files that are there before."""

    template: str
    lines: tuple[str, ...]
    given: Mapping[str, str]


_ROWS = "b,2\na,1\nc,3\n"
_STAMP = """import sys
with open(sys.argv[3], "w") as made:
    made.write(sys.argv[2] + " " + open(sys.argv[1]).read())
"""
_JSON = '{"items": [{"b": 2, "a": "\u00e9"}]}\n'
STORIES = {
    "files": Story(
        "file_operations",
        ("mkdir -p docs/{n}", "cp form.md docs/{n}/index.md", "touch docs/{n}/notes.md"),
        {"form.md": "# Title\n"},
    ),
    "texts": Story(
        "text_processing",
        (
            "sort {n}.csv > {n}.sorted",
            "cut -d, -f1 {n}.sorted > {n}.first",
            "tr a-z A-Z < {n}.first > {n}.upper",
        ),
        {"tax.csv": _ROWS},
    ),
    "data": Story(
        "data_processing",
        (
            "python3 -m json.tool {n}.json > {n}.pretty.json",
            "python3 -m json.tool --sort-keys < {n}.json > {n}.sorted.json",
        ),
        {"tax.json": _JSON},
    ),
    "data, of jq": Story(
        "data_processing",
        ("jq .items {n}.json > {n}.items.json", "jq -c . < {n}.items.json > {n}.small.json"),
        {"tax.json": _JSON},
    ),
    "programs": Story(
        "workflow",
        (
            f"{PYTHON} check.py {{n}}.txt > {{n}}.log || cp form.md {{n}}.txt",
            f"{PYTHON} check.py form.md < {{n}}.txt > {{n}}.last || touch failed && ls",
        ),
        {"form.md": "x\n", "check.py": "import sys\nprint(open(sys.argv[1]).read())\n"},
    ),
    "patterns of files": Story(
        "workflow",
        ("mkdir -p kept", "cp *.log kept", "wc -c *.log *.md > {n}.count"),
        {"b.log": "b\n", "a c.log": "a\n", ".d.log": "", "[x].md": "x\n"},
    ),
}


@pytest.mark.parametrize("name", STORIES)
def test_a_script_does_what_was_typed(name: str, tmp_path: Path) -> None:
    """For another name than all before."""
    story = STORIES[name]
    program = story.lines[0].split()[0]
    if not shutil.which(program):
        missing(f"missing: {program}: the package manager of the system has it")
    by_hand, by_script = tmp_path / "hand/workspace", tmp_path / "script/workspace"
    for root in (by_hand, by_script):
        root.mkdir(parents=True)
        for path, text in story.given.items():
            (root / path).write_text(text)
    repeated = mined(story.lines)
    assert repeated.why_not == ""
    made = draft(repeated)
    assert (made.template, made.is_offered) == (story.template, True)
    typed(by_hand, story.lines)
    done = perform(made.source, by_script, *asked(repeated, made.source))
    assert done.returncode == 0, done.stderr
    assert found(by_script) == found(by_hand)
    assert len(found(by_hand)) > len(story.given)


def test_rows_do_what_was_typed_for_each(tmp_path: Path) -> None:
    """In runs of two; then for three others, one of them with a pattern."""
    line = f"{PYTHON} stamp.py forms/{{1}}.txt {{0}} forms/{{1}}.made"
    repeats = Repeats(least=3)
    for number, name in enumerate(NAMES):
        day, second = divmod(number, 2)
        task = line.format(100 + number, name)
        repeats.add(Activity(day * DAY + second * 20, Did.COMMAND, task, f"s{day}"))
    (repeated,) = repeats.patterns(3 * DAY, {})
    assert (repeated.shape, repeated.why_not, repeated.count) == (Shape.EACH, "", 3)
    by_hand, by_script = tmp_path / "hand/workspace", tmp_path / "script/workspace"
    for root in (by_hand, by_script):
        (root / "forms").mkdir(parents=True)
        (root / "stamp.py").write_text(_STAMP)
        for name in ("tax", "it's", "a b"):
            (root / f"forms/{name}.txt").write_text(f"{name}\n")
    typed(by_hand, [line.format(*row) for row in ((7, "tax"), (8, "a\\ b"), (8, "it\\'s"))])
    names = [each.name for each in repeated.parameters]
    columns = ("forms/tax.txt\nforms/[!t]*.txt", "7\n8")
    source = draft(repeated).source
    words = arguments(read(source), dict(zip(names, columns, strict=True)))
    done = perform(source, by_script, *words)
    assert done.returncode == 0, done.stderr
    assert found(by_script) == found(by_hand)
    assert (by_hand / "forms/it's.made").read_text() == "8 it's\n"


def asked(repeated: Pattern, source: str) -> list[str]:
    """The words for the next name."""
    last = repeated.occurrences[-1].arguments
    values = {name: value.replace(NAMES[-1], "tax") for name, value in last.items()}
    return arguments(read(source), values)


def test_a_request(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    root.mkdir()
    with serving() as server:
        lines = [f"curl -s {server.url}/{{n}} -o {{n}}.json", f"curl -X PUT {server.url}/done"]
        repeated = mined(lines)
        made = draft(repeated)
        assert (made.template, made.is_offered) == ("api_call", True)
        done = perform(made.source, root, *asked(repeated, made.source))
        assert done.returncode == 0, done.stderr
        assert [(e.method, e.path) for e in server.asked] == [("GET", "/tax"), ("PUT", "/done")]
    assert (root / "tax.json").read_text() == "n\u00e9\n"


@pytest.mark.parametrize(
    ("line", "shown", "variable"),
    [
        ("curl -H 'Authorization: Bearer <secret>' http://h/{n}",
         "curl -H Authorization: Bearer {authorization} http://h/{url}", "AUTHORIZATION"),
        ("http GET http://h/{n} 'X-Api-Key:<secret>'",
         "http GET http://h/{url} X-Api-Key:{x_api_key}", "X_API_KEY"),
        ("curl 'http://h/?token=<secret>'", "curl http://h/?token={token}", "TOKEN"),
        ("deploy --token <secret> {n}", "deploy --token {token} {text}", "TOKEN"),
        ("deploy --token=<secret> {n}.py", "deploy --token={token} {file}", "TOKEN"),
        ("deploy -p <secret> {n}", "deploy -p {secret} {text}", "SECRET"),
    ],
)  # fmt: skip
def test_what_stands_around_a_secret_stays(line: str, shown: str, variable: str) -> None:
    repeated = mined([line, "make"])
    assert repeated.title == f"{shown} → make"
    assert repeated.why_not == ""
    (secret,) = [each.name for each in repeated.parameters if each.type is Type.SECRET]
    assert {each.arguments[secret] for each in repeated.occurrences} == {variable}


def test_two_secrets_in_a_word_are_only_listed() -> None:
    repeated = mined(["deploy --as '<secret>:<secret>'", "make"])
    assert "secrets" in repeated.why_not


def test_a_notification(tmp_path: Path) -> None:
    """The program that shows it is one of the test's, which writes down what it is given."""
    root, programs = tmp_path / "workspace", tmp_path / "programs"
    root.mkdir()
    programs.mkdir()
    program = programs / "notify-send"
    program.write_text(
        f"#!{PYTHON}\nimport sys\nopen('{tmp_path}/told', 'a').write(f'{{sys.argv[-2:]}}\\n')\n"
    )
    program.chmod(0o755)
    lines = ["notify-send Build '{n} begins'", "notify-send Build '{n} is done'"]
    repeated = mined(lines)
    made = draft(repeated)
    assert (made.template, made.is_offered) == ("notification", True)
    env = {"PATH": f"{programs}:/usr/bin:/bin"}
    typed(root, lines, env)
    done = perform(made.source, root, *asked(repeated, made.source), env=env)
    assert done.returncode == 0, done.stderr
    told = (tmp_path / "told").read_text().splitlines()
    assert told[:2] == told[2:] == ["['Build', 'tax begins']", "['Build', 'tax is done']"]
