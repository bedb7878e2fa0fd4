"""Programs as analyzers: every way to end is the right state, no finding is lost, none invented."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from understudy.analyzers.programs.program import check
from understudy.findings import codec
from understudy.model import Report, State

from .programs import declaring, only, program
from .support import Asker, tree

TEXT = "one\ntwo\nthree\n"
SARIF: dict[str, Any] = {
    "runs": [
        {
            "tool": {"driver": {"name": "fake", "rules": [{"id": "R1", "helpUri": "https://r/1"}]}},
            "results": [
                {
                    "ruleId": "R1",
                    "level": "error",
                    "message": {"text": "bad"},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": "a.txt"},
                                "region": {"startLine": 2, "startColumn": 1, "endColumn": 3},
                            }
                        }
                    ],
                }
            ],
        }
    ]
}
NO_RUNS: dict[str, Any] = {"runs": [{"tool": {"driver": {"name": "fake"}}, "results": []}]}
JSON = {"file": "a.txt", "line": 2, "message": "bad", "severity": "error"}
GOOD = {
    "sarif": json.dumps(SARIF),
    "json": json.dumps([JSON]),
    "jsonl": json.dumps(JSON),
    "lines": "a.txt:2:1: error: bad",
}
NOTHING = {"sarif": json.dumps(NO_RUNS), "json": "[]", "jsonl": "", "lines": ""}
FORMS = tuple(GOOD)


def asked(root: Path, body: str, form: str, name: str = "a.txt", **fields: Any) -> Report:
    tree(root, {name: TEXT})
    output = {} if form == "lines" else {"output": form}
    settings = declaring(program(root / "bin/fake", body), **output, **fields)
    return Asker(only(settings), root).both(name, settings)


def printing(text: str, status: int = 0, errors: str = "") -> str:
    said = f"cat >&2 <<'EOF'\n{errors}\nEOF\n" if errors else ""
    return f"{said}cat <<'EOF'\n{text}\nEOF\nexit {status}"


def told(report: Report) -> list[str]:
    """What the program itself found."""
    return [found.message for found in report.findings if found.rule != "not-analysed"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("status", "text", "errors", "state", "found", "why"),
    [
        (0, GOOD, "", State.FINDINGS, ["bad"], ""),
        (1, GOOD, "", State.FINDINGS, ["bad"], ""),
        (1, GOOD, "warning: slow", State.FINDINGS, ["bad"], ""),
        (0, NOTHING, "", State.CLEAN, [], ""),
        (3, GOOD, "", State.FAILED, ["bad"], "status 3"),
        (3, GOOD, "no licence", State.FAILED, ["bad"], "no licence"),
        (1, NOTHING, "", State.FAILED, [], "status 1, but no finding can be read"),
        (2, NOTHING, "cannot open", State.FAILED, [], "cannot open"),
    ],
)
def test_how_it_ends(
    form: str,
    status: int,
    text: dict[str, str],
    errors: str,
    state: State,
    found: list[str],
    why: str,
    tmp_path: Path,
) -> None:
    report = asked(tmp_path, printing(text[form], status, errors), form)
    assert (report.state, told(report)) == (state, found), report.why
    assert why in report.why
    if found:
        assert report.findings[0].range.start.line == 1
        assert report.findings[0].severity.label == "high"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("echo 'cannot read it' >&2", "cannot read it"),
        ("kill -SEGV $$", "Segmentation fault"),
        ("printf '\\377\\376\\000\\001garbage\\200'", "its answer is not"),
        ("yes garbage", "printed more than"),
    ],
)
def test_what_is_no_answer_is_not_clean(form: str, body: str, why: str, tmp_path: Path) -> None:
    report = asked(tmp_path, body, form)
    assert (report.state, told(report)) == (State.FAILED, [])
    assert why in report.why
    assert "fake did not check this file" in report.why


@pytest.mark.parametrize("form", ["sarif", "json"])
@pytest.mark.parametrize(
    "text",
    ["", "{", "[", "null", "7", '"x"', "[1]", '{"runs": 7}', '{"runs": [{}]}', "[[[[" * 5_000],
)
def test_garbage_is_told(form: str, text: str, tmp_path: Path) -> None:
    report = asked(tmp_path, printing(text), form)
    assert (report.state, told(report)) == (State.FAILED, [])


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ({"runs": []}, "no tool ran"),
        ({"runs": [NO_RUNS["runs"][0] | {"results": None}]}, "the tool did not start"),
        ({"runs": [*NO_RUNS["runs"], NO_RUNS["runs"][0] | {"results": None}]}, "did not start"),
        ({"runs": [NO_RUNS["runs"][0] | {"results": {}}]}, "no list"),
        ({"runs": [NO_RUNS["runs"][0] | {"results": 0}]}, "no list"),
        ({"runs": [{"tool": {"driver": {"name": "x"}}}]}, "results"),
    ],
)
def test_sarif_of_no_run_is_not_clean(log: object, why: str, tmp_path: Path) -> None:
    report = asked(tmp_path, printing(json.dumps(log)), "sarif")
    assert (report.state, told(report)) == (State.FAILED, [])
    assert why in report.why


LINES = {
    "long": ("a.txt:1: error: " + "x" * 3_000, ["x" * 2_000]),
    "with other ends": ("a.txt:1: error: one\x0btwo\x85three\u2028four", None),
    "again": ("a.txt:1: error: one\na.txt:1: error: one\na.txt:2: error: one", ["one", "one"]),
}


@pytest.mark.parametrize("case", LINES)
def test_each_line_is_one_finding_once(case: str, tmp_path: Path) -> None:
    text, messages = LINES[case]
    report = asked(tmp_path, printing(text), "lines")
    assert report.state is State.FINDINGS, report.why
    found = [message[:2_000] for message in told(report)]
    assert found == messages if messages else len(found) == 1


def test_of_a_line_without_end_nothing_is_lost_silently(tmp_path: Path) -> None:
    report = asked(tmp_path, "head -c 200000 /dev/zero | tr '\\0' x", "lines")
    assert report.state is State.FAILED
    assert "a line has more than 100,000 characters" in report.why


def test_who_finds_something_where_no_file_is_has_failed(tmp_path: Path) -> None:
    """As one does that runs in a container, and sees the folder elsewhere."""
    report = asked(tmp_path, printing("/src/a.txt:1: error: leak", status=1), "lines")
    assert (report.state, told(report)) == (State.FAILED, [])
    assert "/src/a.txt, where there is no file: leak" in report.why


@pytest.mark.parametrize(
    ("name", "counts"), [("-", True), ("<stdin>", True), ("/etc/passwd", False)]
)
def test_what_is_told_of_another_file_is_none_of_a_text(
    name: str, counts: bool, tmp_path: Path
) -> None:
    text = f"a.txt:1: error: one\n{name}:2: error: two"
    report = asked(tmp_path, printing(text), "lines", input="stdin")
    assert told(report) == ["one", "two"][: 1 + counts]


@pytest.mark.parametrize(
    ("kind", "severities"),
    [
        ("fail", ["high"]),
        ("review", ["info"]),
        ("open", ["info"]),
        ("pass", []),
        ("notApplicable", []),
        ("informational", []),
    ],
)
def test_what_sarif_leaves_to_people_is_shown(
    kind: str, severities: list[str], tmp_path: Path
) -> None:
    (run,) = SARIF["runs"]
    log = {"runs": [{**run, "results": [{**run["results"][0], "kind": kind}]}]}
    report = asked(tmp_path, printing(json.dumps(log)), "sarif")
    assert [found.severity.label for found in report.findings] == severities


def test_half_of_an_answer_keeps_its_findings(tmp_path: Path) -> None:
    report = asked(tmp_path, printing(f"{GOOD['jsonl']}\n{GOOD['jsonl'][:20]}"), "jsonl")
    assert (report.state, told(report)) == (State.FAILED, ["bad"])


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.unlink(), "was not found, or cannot be run"),
        (lambda path: path.chmod(0o644), "was not found, or cannot be run"),
        (lambda path: path.write_text("no shebang"), ""),
        (lambda path: path.write_text("#!/no/such/interpreter\n"), "cannot be started"),
        (lambda path: path.write_bytes(b"\x7fELF\x00\x00"), "cannot be started"),
    ],
)
def test_what_cannot_be_started_is_missing(make: Any, why: str, tmp_path: Path) -> None:
    tree(tmp_path, {"a.txt": TEXT})
    path = program(tmp_path / "bin/fake", "")
    make(path)
    settings = declaring(path)
    report = Asker(only(settings), tmp_path).both("a.txt", settings)
    assert (report.state, report.findings) == (State.MISSING, ())
    assert why in report.why
    assert "analyzers.custom.fake.command" in report.why


NAMES = ["with space.txt", "-n.txt", "--help.txt", "😀 ü.txt", "a'b\"c.txt", "$HOME.txt", "%20.txt"]
QUOTING = """python3 -c '
import json, sys
name, form = sys.argv[2], sys.argv[1]
if form == "sarif":
    from urllib.parse import quote
    place = {"artifactLocation": {"uri": "file://" + quote(name)}, "region": {"startLine": 3}}
    found = {"message": {"text": "bad"}, "locations": [{"physicalLocation": place}]}
    print(json.dumps({"runs": [{"tool": {"driver": {}}, "results": [found]}]}))
elif form == "lines":
    print(f"{name}:3: error: bad")
else:
    print(json.dumps({"file": name, "line": 3, "message": "bad"}))
' "$@" """


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_names_of_all_kinds(form: str, name: str, tmp_path: Path) -> None:
    tree(tmp_path, {name: TEXT})
    output = {} if form == "lines" else {"output": form}
    settings = declaring(program(tmp_path / "fake", QUOTING), form, **output)
    report = Asker(only(settings), tmp_path).both(name, settings)
    assert (report.state, told(report)) == (State.FINDINGS, ["bad"]), report.why
    assert report.findings[0].range.start.line == 2


@pytest.mark.parametrize("form", ["json", "jsonl", "lines"])
def test_bytes_that_are_no_text_lose_no_finding(form: str, tmp_path: Path) -> None:
    text = GOOD[form].replace("bad", "b\\200d").replace('"', '\\"')
    report = asked(tmp_path, f'printf "{text}\\n"', form)
    assert (report.state, told(report)) == (State.FINDINGS, ["b�d"]), report.why


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff.txt")
    (tmp_path / name).write_text(TEXT)
    settings = declaring(program(tmp_path / "fake", 'echo "$1:2: error: bad"'))
    report = Asker(only(settings), tmp_path).both(name, settings)
    assert (report.state, told(report)) == (State.FINDINGS, ["bad"])


# ── what it is given ────────────────────────────────────────────────────────────────────────────


def answers(settings: Any, root: Path, *items: tuple[str, bytes | None]) -> list[Report]:
    configuration = Asker(only(settings), root).configuration(".", settings)
    given = tuple((name, content, ()) for name, content in items)
    context: Any = configuration.context
    return [codec.loads(text) for _, text in check(context, given)]


def test_placeholders(tmp_path: Path) -> None:
    tree(tmp_path, {"a.txt": TEXT, "b.txt": TEXT})
    show = program(tmp_path / "show", 'for word; do echo "a.txt:1: info: $word"; done')
    paths = [f"{tmp_path}/a.txt", f"{tmp_path}/b.txt"]
    for words, input_, wanted in [
        (["x"], "file", ["x", paths[0]]),
        (["--of=${{ file }}", "${{root}}"], "file", [f"--of={paths[0]}", str(tmp_path)]),
        (["-", "${{ files }}", "+"], "files", ["-", *paths, "+"]),
        (["$(touch x)", "`y`", "*"], "stdin", ["$(touch x)", "`y`", "*"]),
    ]:
        settings = declaring(show, *words, input=input_)
        first, *_ = answers(settings, tmp_path, *((path, None) for path in paths))
        assert told(first) == wanted


def test_text_that_is_not_saved(tmp_path: Path) -> None:
    """A program that reads files says nothing of it; one that reads its standard input does."""
    path = tree(tmp_path, {"a.txt": TEXT}) / "a.txt"
    count = program(tmp_path / "count", 'echo "-:1: info: $(cat "$@" | wc -c)"')
    for input_, state in (("file", State.NOT_ANALYSED), ("stdin", State.FINDINGS)):
        settings = declaring(count, input=input_)
        for name in (str(path), "untitled"):
            (report,) = answers(settings, tmp_path, (name, b"12345"))
            assert report.state is state
            assert told(report) == (["5"] if input_ == "stdin" else [])
    assert "when it is saved" in answers(declaring(count), tmp_path, ("untitled", b""))[0].why


def test_a_file_that_changes_meanwhile_has_no_verdict(tmp_path: Path) -> None:
    report = asked(tmp_path, 'echo more >> "$1"', "lines")
    assert (report.state, report.findings) == (State.NOT_ANALYSED, ())


def test_many_files_a_call(tmp_path: Path) -> None:
    """Each has its own findings; those of files that nobody asked about are theirs."""
    files = [f"{letter}.txt" for letter in "abcd"]
    tree(tmp_path, dict.fromkeys(files, TEXT))
    body = "echo $# >> calls; echo ./b.txt:1: error: one; echo other.txt:1: error: no; echo c.txt:2: error: two"
    settings = declaring(program(tmp_path / "fake", body), input="files")
    reports = answers(settings, tmp_path, *((f"{tmp_path}/{each}", None) for each in files))
    assert [told(each) for each in reports] == [[], ["one"], ["two"], []]
    assert [each.state.is_verdict for each in reports] == [True] * 4
    assert (tmp_path / "calls").read_text() == "4\n"


def test_a_bad_file_spoils_only_itself(tmp_path: Path) -> None:
    files = ["a.txt", "bad.txt", "c.txt"]
    tree(tmp_path, dict.fromkeys(files, TEXT))
    body = 'case "$*" in *bad.txt*) echo stuck >&2; exit 9;; esac; echo "$1:1: error: found"'
    settings = declaring(program(tmp_path / "fake", body), input="files")
    reports = answers(settings, tmp_path, *((f"{tmp_path}/{each}", None) for each in files))
    assert [each.state for each in reports] == [State.FINDINGS, State.FAILED, State.FINDINGS]
    assert "stuck" in reports[1].why


def test_a_broken_program_is_not_tried_on_every_file(tmp_path: Path) -> None:
    files = [f"{number}.txt" for number in range(20)]
    tree(tmp_path, dict.fromkeys(files, TEXT))
    settings = declaring(program(tmp_path / "fake", "echo x >> calls; exit 9"), input="files")
    reports = answers(settings, tmp_path, *((f"{tmp_path}/{each}", None) for each in files))
    assert {each.state for each in reports} == {State.FAILED}
    assert (tmp_path / "calls").read_text().count("x") == 4


def test_findings_without_a_file(tmp_path: Path) -> None:
    """Of one file they are its own; of many, each is asked about alone."""
    tree(tmp_path, {"a.txt": TEXT, "b.txt": TEXT})
    output = r"^(?P<line>\d+) (?P<message>.*)$"
    for input_ in ("file", "files", "stdin"):
        settings = declaring(program(tmp_path / "fake", "echo 2 bad"), input=input_, output=output)
        reports = answers(settings, tmp_path, *((f"{tmp_path}/{n}.txt", None) for n in "ab"))
        assert [told(each) for each in reports] == [["bad"], ["bad"]]
        assert {each.state for each in reports} == {State.FINDINGS}


def test_a_place_beyond_the_end_is_drawn_back(tmp_path: Path) -> None:
    body = "echo a.txt:999999999:7: error: far; echo a.txt:1:99: error: right; echo a.txt:0: error: top"
    report = asked(tmp_path, body, "lines")
    assert [tuple(found.range.start) for found in report.findings] == [(3, 0), (0, 3), (0, 0)]


@pytest.mark.parametrize(
    ("unit", "first", "column", "wanted"),
    [
        ("characters", 1, 3, 2),
        ("characters", 0, 2, 2),
        ("utf16", 1, 4, 2),
        ("bytes", 1, 6, 2),
        ("bytes", 0, 5, 2),
        ("bytes", 0, 3, 0),
    ],
)
def test_columns(unit: str, first: int, column: int, wanted: int, tmp_path: Path) -> None:
    """Before the third character stand an emoji and a letter; a half character counts for none."""
    tree(tmp_path, {"a.txt": "😀xy\r\n"})
    body = f"echo a.txt:1:{column}: error: here"
    settings = declaring(program(tmp_path / "fake", body), columns=unit, first_column=first)
    report = Asker(only(settings), tmp_path).both("a.txt", settings)
    assert report.findings[0].range.start.column == wanted


def test_a_nested_answer(tmp_path: Path) -> None:
    text = {"files": [{"name": "a.txt", "say": [{"at": {"line": 3}, "why": "x", "how": "GONE"}]}]}
    settings = {"findings": "files.say", "file": "name", "line": "at.line", "message": "why"}
    report = asked(
        tmp_path, printing(json.dumps(text), 1), "json",
        mapping={**settings, "severity": "how"}, severity={"gone": "critical"},
    )  # fmt: skip
    (found,) = report.findings
    assert (found.message, found.range.start.line, found.severity.label) == ("x", 2, "critical")


@pytest.mark.parametrize(
    ("told", "number"),
    [
        (89, 89),
        ("89", 89),
        ("CWE-089: Injection", 89),
        (["CWE-79: Scripting", "CWE-80"], 79),
        (["none", "cwe-80"], 80),
        ("external/cwe/cwe-022", 22),
        ([], 0),
        ({}, 0),
        ("CVE-2021-44228", 0),
        (-5, 0),
        (True, 0),
    ],
)
def test_weaknesses_in_all_forms(told: object, number: int, tmp_path: Path) -> None:
    text = [{**JSON, "about": {"weak": told}}]
    mapping = {"cwe": "about.weak"}
    report = asked(tmp_path, printing(json.dumps(text)), "json", mapping=mapping)
    assert [found.cwe for found in report.findings] == [number]


def test_errors_in_an_answer_are_failures(tmp_path: Path) -> None:
    text = {"results": [JSON], "errors": [{"message": "a.txt cannot be parsed"}]}
    mapping = {"findings": "results", "errors": "errors"}
    report = asked(tmp_path, printing(json.dumps(text)), "json", mapping=mapping)
    assert (report.state, told(report)) == (State.FAILED, ["bad"])
    assert "cannot be parsed" in report.why


def test_an_upgrade_is_another_result(tmp_path: Path) -> None:
    tree(tmp_path, {"a.txt": TEXT, ".fake.yml": "a"})
    settings = declaring(program(tmp_path / "fake", ""), configured_by=(".fake.yml",))
    asker = Asker(only(settings), tmp_path)
    keys = {asker.configuration("a.txt", settings).key}
    program(tmp_path / "fake", "exit")
    keys.add(asker.configuration("a.txt", settings).key)
    (tmp_path / ".fake.yml").write_text("b")
    keys.add(asker.configuration("a.txt", settings).key)
    assert len(keys) == 3
