"""``understudy`` as a person or a build runs it: exit codes, streams, and what a process has."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from .support import tree, understudy, understudy_here

FLAWED = "import os\n\nanswer = eval(input())\n"
SCHEMA = Path(__file__).parents[1] / "unit/data/sarif-2.1.0-rtm.5.json"
SAMPLE = Path(__file__).parents[1] / "samples/shop"


class Shell:
    """Runs commands in ``folder``, with a home and a state folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "UNDERSTUDY_STATE_DIR": str(folder / "state"),
        }

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return understudy_here(*arguments, cwd=self.folder, environment=self.environment)

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same in a process of its own."""
        return understudy(*arguments, cwd=self.folder, environment=self.environment)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        ("x = 1\n", [], 0),
        (FLAWED, [], 1),
        (FLAWED, ["--fail-on", "critical"], 0),
        (FLAWED, ["--fail-on", "medium"], 1),
        (FLAWED, ["--only", "performance"], 0),
        (FLAWED, ["--only", "security"], 1),
        (FLAWED, ["nowhere.py"], 2),
        (FLAWED, ["--format", "xml"], 2),
        (FLAWED, ["--fail-on", "terrible"], 2),
        (FLAWED, ["--output", "no/such/folder/out.json"], 2),
    ],
)
def test_exit_codes(shell: Shell, text: str, arguments: list[str], code: int) -> None:
    shell.write("code.py", text)
    answer = shell.start("scan", *arguments)
    assert answer.returncode == code, answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_revision_that_git_does_not_know_is_a_wrong_command_line(shell: Shell) -> None:
    shell.write("code.py", FLAWED)
    subprocess.run(["git", "init", "-q", shell.folder], check=True)
    answer = shell.run("scan", "--changed=nope")
    assert answer.returncode == 2
    assert "--changed=nope: git knows no commit 'nope' here." in answer.stderr


def test_a_line_that_a_file_does_not_have_is_not_explained(shell: Shell) -> None:
    shell.write("code.py", FLAWED)
    answer = shell.run("explain", "code.py:99", "F401")
    assert answer.returncode == 2
    assert "has no line 99: it ends with line" in answer.stderr


def test_wrong_settings_are_named_with_their_place(shell: Shell) -> None:
    shell.write("code.py", FLAWED)
    config = shell.write(".understudy/config.yaml", "bandit:\n  timeoutSeconds: soon\n")
    answer = shell.run("scan")
    assert answer.returncode == 2
    assert f"{config}:2:19: " in answer.stderr
    assert answer.stdout == ""


def test_a_tool_that_cannot_be_started_is_a_failure(shell: Shell) -> None:
    shell.write("code.py", "x = 1\n")
    shell.write(".understudy/config.yaml", "ruff:\n  path: /no/such/ruff\n")
    assert shell.run("trust").returncode == 0
    answer = shell.run("scan")
    assert answer.returncode == 3
    assert "Ruff: missing" in answer.stdout
    assert "/no/such/ruff" in answer.stdout
    doctor = shell.run("doctor")
    assert doctor.returncode == 3
    assert "✗ Ruff" in doctor.stdout


def test_a_syntax_error_is_a_finding_and_no_tool_is_called_clean(shell: Shell) -> None:
    shell.write("code.py", "def broken(:\n")
    answer = shell.run("scan", "--format", "json")
    assert answer.returncode == 1
    document = json.loads(answer.stdout)
    assert any(p["path"] == "code.py" for p in document["problems"])
    silent = {entry["tool"] for entry in document["withoutVerdict"]}
    assert silent == {"bandit", "complexipy", "radon"}
    assert document["tools"].keys() == {"ruff", *silent}, "those that are on and have a version"
    assert all(document["tools"].values())


def test_a_broken_configuration_is_told_of_the_tools_and_not_of_a_file(shell: Shell) -> None:
    shell.write("code.py", FLAWED)
    shell.write("more.py", "x = 1\n")
    shell.write("pyproject.toml", "[tool.bandit\n")
    answer = shell.run("scan")
    assert answer.returncode == 3
    assert "No findings in 2 files." in answer.stdout
    for tool in ("Bandit", "Ruff", "complexipy"):
        assert answer.stdout.count(f"{tool}: failed (code.py, more.py)") == 1
    assert answer.stdout.count("line 1, column 13") == 3


def test_only_what_is_named_is_scanned(shell: Shell) -> None:
    named, other = shell.write("a.py", FLAWED), shell.write("deep/b.py", FLAWED)
    answer = shell.run("scan", "--format", "json", str(named))
    assert {p["path"] for p in json.loads(answer.stdout)["problems"]} == {"a.py"}
    answer = shell.run("scan", "--format", "json", str(other.parent))
    assert {p["path"] for p in json.loads(answer.stdout)["problems"]} == {"b.py"}


@pytest.mark.parametrize(
    ("only", "rules"),
    [("security", {"B307", "S307"}), ("quality", {"F401"}), ("performance", {"C901", "R701"})],
)
def test_only_one_kind_is_told(shell: Shell, only: str, rules: set[str]) -> None:
    branches = "".join(f"    if x == {n}:\n        return {n}\n" for n in range(12))
    shell.write("app.py", f"{FLAWED}\n\ndef f(x):\n{branches}")
    shell.write("pyproject.toml", '[tool.ruff]\nlint.select = ["F401", "S307", "C901"]\n')
    done = shell.run("scan", "--only", only, "--format", "json")
    problems = json.loads(done.stdout)["problems"]
    assert {f["rule"] for problem in problems for f in problem["findings"]} == rules


def test_names_are_relative_to_the_marked_root(shell: Shell) -> None:
    shell.write(".understudy/config.yaml", "rules:\n  ignore: [F401]\n")
    file = shell.write("deep/b.py", FLAWED)
    answer = shell.run("scan", "--format", "json", str(file))
    problems = json.loads(answer.stdout)["problems"]
    assert {p["path"] for p in problems} == {"deep/b.py"}
    assert "F401" not in {f["rule"] for p in problems for f in p["findings"]}


@pytest.mark.parametrize("name", ["text", "json", "sarif", "github"])
def test_output_goes_to_the_file_whole(shell: Shell, name: str) -> None:
    shell.write("code.py", FLAWED)
    direct = shell.run("scan", "--format", name)
    answer = shell.run("scan", "--format", name, "--output", "found")
    assert answer.stderr.endswith(" The report is in found.\n")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert (shell.folder / "found").read_text(encoding="utf-8") == direct.stdout


@pytest.mark.parametrize("name", ["text", "json", "sarif", "github"])
@pytest.mark.parametrize("locale", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"LC_ALL": "C.UTF-8"}])
def test_any_name_to_any_terminal(shell: Shell, name: str, locale: dict[str, str]) -> None:
    (shell.folder / os.fsdecode(b"\xff\xc3\xa9.py")).write_text(FLAWED)
    shell.environment |= {"PYTHONCOERCECLOCALE": "0", **locale}
    for rest in ([], ["--output", "found"]):
        answer = shell.start("scan", "--format", name, *rest)
        told = answer.stderr.removesuffix(" The report is in found.\n")
        assert (answer.returncode, told.startswith("2 problems") or not told) == (1, True), told
    assert "S307" in (shell.folder / "found").read_text(encoding="utf-8")
    (shell.folder / "found").unlink()


def test_a_pipe_is_written_to_and_not_replaced(shell: Shell) -> None:
    shell.write("code.py", FLAWED)
    pipe = shell.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert shell.run("scan", "--format", "json", "--output", "pipe").returncode == 1
        assert json.loads(os.read(reader, 1 << 20))
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_a_run_that_fails_keeps_the_report_of_the_last(shell: Shell) -> None:
    report = shell.write("report.txt", "precious")
    shell.write(".understudy/config.yaml", "bandit: nonsense\n")
    assert shell.run("scan", "--output", "report.txt").returncode == 2
    assert report.read_text() == "precious"
    assert shell.run("scan", "--output", ".").returncode == 2


def test_what_is_no_file_is_refused(shell: Shell) -> None:
    os.mkfifo(shell.folder / "pipe.py")
    answer = shell.run("scan", "pipe.py")
    assert answer.returncode == 2
    assert "neither a file nor a folder" in answer.stderr
    assert shell.run("scan").returncode == 0


@pytest.mark.parametrize(
    ("content", "options", "code", "text"),
    [
        (b"NAME = 'Jos\xe9'\n", ["--only", "security"], 3, "not analysed"),
        (b"NAME = 'Jos\xe9'\n", ["--fail-on", "critical"], 3, "not analysed"),
        (b"NAME = (\n", [], 1, "invalid-syntax"),
        (b"NAME = (\n", ["--fail-on", "critical"], 0, "invalid-syntax"),
    ],
)
def test_what_nobody_could_read_is_not_clean(
    shell: Shell, content: bytes, options: list[str], code: int, text: str
) -> None:
    (shell.folder / "code.py").write_bytes(content)
    answer = shell.run("scan", *options)
    assert answer.returncode == code, answer.stdout
    assert text in answer.stdout
    assert "No findings" not in answer.stdout


def test_a_file_that_no_tool_looks_at_is_told_of(shell: Shell) -> None:
    shell.write("notes.txt", "x = eval(y)\n")
    answer = shell.run("scan", "notes.txt")
    assert answer.stdout.splitlines() == [
        "notes.txt: no tool looks at such a file",
        "No findings in 0 files.",
    ]


@pytest.mark.parametrize("name", ["pyproject.toml", "ruff.toml", ".bandit", ".gitignore"])
def test_a_configuration_that_never_ends_is_no_configuration(shell: Shell, name: str) -> None:
    shell.write("code.py", FLAWED)
    (shell.folder / name).symlink_to("/dev/zero")
    answer = shell.run("scan", "--format", "json")
    assert answer.returncode in (1, 3), answer.stderr
    assert "B307" in answer.stdout


def test_sarif_of_real_findings_is_valid(shell: Shell) -> None:
    answer = shell.run("scan", "--format", "sarif", str(SAMPLE))
    document = json.loads(answer.stdout)
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text())).validate(document)
    (run,) = document["runs"]
    assert {extension["name"] for extension in run["tool"]["extensions"]} == {
        "Bandit",
        "Radon",
        "Ruff",
        "complexipy",
    }
    assert len(run["results"]) > 20


def test_a_second_scan_says_the_same(shell: Shell) -> None:
    shell.write("code.py", FLAWED)
    assert shell.run("scan").stdout == shell.run("scan").stdout


def test_trust_is_remembered(shell: Shell) -> None:
    assert "nobody has decided" in shell.run("status").stdout
    assert shell.run("trust").returncode == 0
    assert shell.run("status").stdout.splitlines()[0].endswith(": trusted")
    assert shell.run("untrust").returncode == 0
    assert shell.run("status").stdout.splitlines()[0].endswith(": not trusted")


def test_trust_is_that_of_the_workspace_around_unless_a_folder_is_named(shell: Shell) -> None:
    inner = shell.write("packages/web/code.py", "x = 1\n").parent
    (shell.folder / ".git").mkdir()

    def run(*arguments: str) -> str:
        return understudy(*arguments, cwd=inner, environment=shell.environment).stdout

    assert run("trust", ".") == f"{inner} is now trusted.\n"
    assert f"{shell.folder} is not trusted" in run("doctor")
    assert run("status").startswith(f"{shell.folder}: not trusted (nobody has decided)\n")
    assert run("trust") == f"{shell.folder} is now trusted.\n"
    assert f"{shell.folder} is trusted" in run("doctor")
    assert run("status").startswith(f"{shell.folder}: trusted\n")
    assert run("status", ".").startswith(f"{inner}: trusted\n")
    assert run("untrust") == f"{shell.folder} is now not trusted.\n"


def test_doctor_tries_the_tools(shell: Shell) -> None:
    answer = shell.run("doctor")
    assert answer.returncode == 0, answer.stdout
    assert answer.stdout.count(", works") == 4
    report = json.loads(shell.run("report", "--format", "json").stdout)
    assert report["findings"]["severities"] == []  # what it tried the tools on is none of ours


def test_doctor_tries_each_tool_on_a_file_of_its_kind(shell: Shell) -> None:
    printing = "printf, '[]'"
    custom = "{command: [%s], files: ['*.%s'], input: file, output: json}"
    shell.write(
        "../home/.config/understudy/config.yaml",
        "analyzers:\n  custom:\n"
        f"    gone: {custom % ('/no/such/program', 'one')}\n"
        f"    there: {custom % (printing, 'two')}\n",
    )
    answer = shell.run("doctor")
    assert answer.returncode == 0, answer.stdout
    assert answer.stdout.count("not trusted: the workspace is not trusted") == 2
    assert answer.stdout.count("→ If you trust what it brings along, run: understudy trust") == 2
    assert "detect-secrets 1.5.0, switched off in the settings" in answer.stdout
    assert shell.run("trust").returncode == 0
    answer = shell.run("doctor")
    assert answer.returncode == 3
    assert "✗ gone       missing: " in answer.stdout
    assert "✓ there      works" in answer.stdout


def test_doctor_names_a_broken_configuration_of_a_tool(shell: Shell) -> None:
    shell.write("pyproject.toml", "[tool.ruff]\nline-length = 'long'\n")
    answer = shell.run("doctor")
    assert answer.returncode == 3
    assert "✗ Ruff" in answer.stdout
    assert "line-length" in answer.stdout
    assert "✓ Bandit" in answer.stdout


def test_doctor_warns_of_what_is_not_in_the_way(shell: Shell) -> None:
    shell.write(".understudy/config.yaml", "triggers: {rules: {r: {tasks: [no], on: [save]}}}\n")
    answer = shell.run("doctor")
    assert answer.returncode == 0
    assert "! settings" in answer.stdout


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("echo git version 7.8.9", "✓ git        7.8.9"),
        ("echo it is broken >&2; exit 2", "it is broken\n"),
        (None, "! git        git is not installed"),
    ],
)
def test_doctor_tells_how_git_is(
    shell: Shell, tmp_path: Path, script: str | None, told: str
) -> None:
    shell.environment["PATH"] = str(tmp_path / "bin")
    if script is not None:
        program = tree(tmp_path / "bin", {"git": f"#!/bin/sh\n{script}\n"}) / "git"
        program.chmod(0o755)
    answer = shell.run("doctor")
    assert told in answer.stdout
    assert ("! git" in answer.stdout) == ("→ Install git" in answer.stdout) == ("7.8.9" not in told)


def test_doctor_names_wrong_settings(shell: Shell) -> None:
    shell.write(".understudy/config.yaml", "bandit: 7\n")
    answer = shell.run("doctor")
    assert answer.returncode == 2
    assert "config.yaml:1:9: " in answer.stdout


def test_a_state_folder_that_cannot_be_used_is_explained(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file", encoding="utf-8")
    shell.write("code.py", FLAWED)
    for command in ("scan", "doctor", "trust"):
        answer = shell.run(command)
        assert answer.returncode == 3
        assert str(tmp_path / "state") in answer.stdout + answer.stderr
        assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("stop",),
        ("trust",),
        ("doctor",),
        ("baseline", "create"),
        ("baseline", "status"),
        ("explain", "nowhere.py:1"),
        ("explain", "code.py:9000"),
        ("profile", "--", "python", "code.py"),
        ("activity", "forget"),
        ("undo", "--list"),
        ("sandbox", "probe"),
        ("hooks", "status"),
    ],
    ids=" ".join,
)
def test_a_folder_that_is_called_like_a_command_to_the_terminal_steers_none(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    (folder := tmp_path / "sh\x1b]0;x\x07op").mkdir()
    shell = Shell(folder)
    shell.environment["UNDERSTUDY_STATE_DIR"] = str(tmp_path / "state")
    shell.write(".git/HEAD", "")
    shell.write("code.py", "x = 1\n")
    answer = shell.run(*words)
    assert "Traceback" not in answer.stderr
    assert "\x1b" not in answer.stdout + answer.stderr


def test_a_terminal_gets_colours_and_a_file_does_not(shell: Shell) -> None:
    shell.write("code.py", FLAWED)
    assert "\x1b[" not in shell.run("scan").stdout
    master, slave = pty.openpty()
    command = [sys.executable, "-P", "-m", "understudy", "scan"]
    environment = {**shell.environment, "TERM": "xterm-256color"}
    with subprocess.Popen(
        command, cwd=shell.folder, env=environment, stdin=slave, stdout=slave, stderr=slave
    ):
        os.close(slave)
        shown = b""
        while chunk := _read(master):
            shown += chunk
    os.close(master)
    assert b"\x1b[" in shown
    assert b"2 problems in 1 file" in shown.replace(b"\x1b[1m", b"").replace(b"\x1b[0m", b"")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other end was closed
        return b""


@pytest.mark.parametrize("words", ["report --format html", "scan"])
def test_streams_that_are_closed_are_read_and_written_by_nobody(shell: Shell, words: str) -> None:
    own = f"{sys.executable} -P -m understudy {words}"
    started = ["bash", "-c", f"{own} <&- >&- 2>errors"]
    done = subprocess.run(started, cwd=shell.folder, env=shell.environment, check=False)
    assert (shell.folder / "errors").read_text() == ""
    assert done.returncode == 0


def test_a_reader_that_leaves_early_is_no_error(shell: Shell) -> None:
    shell.write("code.py", FLAWED * 3000)
    command = f"{sys.executable} -P -m understudy scan | head -n 1"
    answer = subprocess.run(
        ["bash", "-c", command],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout.startswith("code.py:")
    assert answer.stderr == ""


def test_the_server_starts_without_what_only_the_others_need(shell: Shell) -> None:
    code = (
        "import sys, understudy.lsp.serving, understudy.cli;"
        "print({'click', 'rich', 'bandit', 'git', 'pydantic', 'yaml'} & set(sys.modules))"
    )
    command = [sys.executable, "-P", "-c", code]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"


def test_version(shell: Shell) -> None:
    assert shell.run("--version").stdout.startswith("understudy 0.")


@pytest.mark.parametrize("format_", ["text", "github"])
def test_the_most_important_are_listed_and_all_are_counted(shell: Shell, format_: str) -> None:
    shell.write("code.py", FLAWED)
    shell.write("more.py", "import re\n")
    answer = shell.run("scan", "--most", "1", "--format", format_)
    assert answer.returncode == 1
    assert "B307" in answer.stdout
    assert "`os` imported but unused" not in answer.stdout
    assert "2 problems less important are not listed: --most 1." in answer.stdout
    if format_ == "text":
        assert "3 problems in 2 files" in answer.stdout
    assert "not listed" not in shell.run("scan", "--most", "3", "--format", format_).stdout


def test_of_a_line_without_end_a_part_is_printed(shell: Shell) -> None:
    shell.write("long.py", f"x = [{'1, ' * 20_000}eval(y)]\n")
    answer = shell.run("scan")
    assert "B307" in answer.stdout
    assert max(map(len, answer.stdout.splitlines())) < 400


def test_at_the_end_nothing_is_looked_through_for_garbage() -> None:
    program = (
        "import atexit, gc, sys\nfrom understudy.cli import main\nmain(['--version'])\n"
        "before = gc.get_freeze_count()\natexit._run_exitfuncs()\n"
        "sys.exit(before or not gc.get_freeze_count())"
    )
    assert subprocess.run([sys.executable, "-P", "-c", program], check=False).returncode == 0
