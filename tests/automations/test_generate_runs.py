"""Scripts do what the programs did that they were made of; run with Python and with uv."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.automations.generate import arguments
from understudy.automations.metadata import read
from understudy.automations.pattern import Create, Parameter, Part, Pattern, Place, Shape, Type

from .patterns import FILE, TEST_OF_MODULE, pattern, run
from .scripts import draft, perform

_FILE = (Place("file"),)
_UV = (str(Path(sys.executable).with_name("uv")), "run", "--offline", "--no-project")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "workspace"
    root.mkdir()
    return root


_TEXT = "b.x=10\na+b,c,d\nB.x=9\n\nb.x=10\nab/cd (e)\tf\n  7 é\r\n"
LIKE_THE_PROGRAM = [
    ["sed", "s/b.x/_&_/", "in"],
    ["sed", r"s/b\.x/q/g", "in"],
    ["sed", r"s/\(a\)+\(b\)/\2\1/", "in"],
    ["sed", "-E", r"s/([a-z]+)=([0-9]+)$/\2=\1/", "in"],
    ["sed", "-E", "s|b/c|/|g", "in"],
    ["sed", "s/B/q/Ig", "in"],
    ["sed", "s/(e)/[e]/", "in"],
    ["sed", "s/[^a-z]*$/!/", "in"],
    ["sed", "s/^/> /", "in"],
    ["sort", "in"],
    ["sort", "-r", "in"],
    ["sort", "-u", "in"],
    ["sort", "-n", "in"],
    ["sort", "-rn", "in"],
    ["cut", "-d,", "-f", "1,3-", "in"],
    ["cut", "-d=", "-f2", "in"],
    ["cut", "-f", "2", "in"],
]


@pytest.mark.parametrize("words", LIKE_THE_PROGRAM, ids=" ".join)
def test_texts_come_out_as_from_the_program(words: list[str], root: Path) -> None:
    (root / "in").write_bytes(_TEXT.encode())
    meant = subprocess.run(
        words,
        cwd=root,
        capture_output=True,
        check=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    made = draft(pattern(run(*words, ">", "out")))
    assert made.template == "text_processing"
    done = perform(made.source, root)
    assert done.returncode == 0, done.stderr
    assert (root / "out").read_bytes() == meant.stdout
    assert (root / "in").read_bytes() == _TEXT.encode()


def test_a_set_of_letters_is_translated(root: Path) -> None:
    (root / "in").write_text("abc-xyz\n")
    source = draft(pattern(run("tr", "a-c", "X-Z", "<", "in", ">", "out"))).source
    assert perform(source, root).returncode == 0
    assert (root / "out").read_text() == "XYZ-xyz\n"


def test_texts_are_replaced_in_place_and_twice_is_as_good_as_once(root: Path) -> None:
    (root / "a.txt").write_bytes(b"a colour\r\n\xff colour\n")
    (root / "a.txt").chmod(0o640)
    given = pattern(run("sed", "-i", "s/colour/color/g", _FILE), parameters=(FILE,))
    source = draft(given).source
    assert "would write a.txt" in perform(source, root, "--file=a.txt", "--dry-run").stderr
    for told in ("write a.txt\n", "a.txt is as it should be\n"):
        assert perform(source, root, "--file=a.txt").stderr == told
        assert (root / "a.txt").read_bytes() == b"a color\r\n\xff color\n"
    assert (root / "a.txt").stat().st_mode & 0o777 == 0o640
    assert [each.name for each in root.iterdir()] == ["a.txt"]


def test_a_value_in_an_expression_is_text(root: Path) -> None:
    (root / "a").write_text("a.c abc\n")
    word = Parameter("old")
    given = pattern(run("sed", "-i", ("s/", Place("old"), "/x/g"), "a"), parameters=(word,))
    assert perform(draft(given).source, root, "--old=a.c").returncode == 0
    assert (root / "a").read_text() == "x abc\n"


_JSON = '{"b": [{"n": 2, "t": "é", "w": true}, {"n": 1, "t": "y", "w": 1}], "a": {"c": "v"}}'


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["jq", ".a", "in"], '{\n  "c": "v"\n}\n'),
        (["jq", "-r", ".a.c", "in"], "v\n"),
        (["jq", "-c", ".a.d", "in"], "null\n"),
        (
            ["jq", "-c", ".b | sort_by(.n) | map({n, t})", "in"],
            '[{"n":1,"t":"y"},{"n":2,"t":"é"}]\n',
        ),
        (["jq", "-c", ".b | map(select(.w == true))", "in"], '[{"n":2,"t":"é","w":true}]\n'),
        (["jq", "-c", '.b | map(select(.t == "y")) | map({n})', "in"], '[{"n":1}]\n'),
        (["csvcut", "-c", "c,a", "in.csv"], 'c,a\n3,"1,5"\n6,4\n'),
        (["csvgrep", "-c", "a", "-m", "1,", "in.csv"], 'a,b,c\n"1,5",2,3\n'),
        (
            ["csvjson", "-I", "in.csv"],
            '[{"a":"1,5","b":"2","c":"3"},{"a":"4","b":"5","c":"6"}]\n',
        ),
    ],
)
def test_data_are_what_is_known_of_the_program(words: list[str], meant: str, root: Path) -> None:
    (root / "in").write_text(_JSON)
    (root / "in.csv").write_text('a,b,c\n"1,5",2,3\n4,5,6\n')
    made = draft(pattern(run(*words)))
    assert (made.template, made.is_offered) == ("data_processing", True)
    done = perform(made.source, root)
    assert (done.returncode, done.stdout) == (0, meant), done.stderr


@pytest.mark.parametrize("more", [[], ["--sort-keys"], ["--no-ensure-ascii"]])
def test_json_tool_is_done_without_it(more: list[str], root: Path) -> None:
    (root / "in").write_text(_JSON)
    words = ["python", "-m", "json.tool", *more, "in"]
    meant = subprocess.run(
        [sys.executable, *words[1:]], cwd=root, capture_output=True, check=True, text=True
    )
    assert perform(draft(pattern(run(*words, "out"))).source, root).returncode == 0
    assert (root / "out").read_text() == meant.stdout


@pytest.mark.parametrize("content", ["", "{", "[1, 2", '{"b": 1}', "[" * 100_000])
def test_data_that_are_none_are_told_of(content: str, root: Path) -> None:
    (root / "in").write_text(content)
    done = perform(draft(pattern(run("jq", ".b.c", "in", ">", "out"))).source, root)
    assert done.returncode == 1
    assert done.stderr.startswith("failed: ")
    assert "Traceback" not in done.stderr
    assert not (root / "out").exists()


@pytest.mark.parametrize("program", [(sys.executable, "-P"), _UV], ids=["python", "uv"])
def test_a_workflow_stops_at_the_first_failure(program: tuple[str, ...], root: Path) -> None:
    steps = (
        Create(("a.txt",), ("a\n",)),
        run("cp", "a.txt", ("sub/", Place("name")), cwd=()),
        run("test", "-e", (Place("name"),), cwd=("sub",)),
        run("false"),
        run("touch", "never"),
    )
    made = draft(pattern(*steps, parameters=(Parameter("name"),)))
    assert made.template == "workflow"
    words = arguments(read(made.source), {"name": "it's $HOME; {x}"})
    told = perform(made.source, root, *words, "--dry-run", program=program)
    assert told.returncode == 1
    assert "would create a.txt" in told.stderr
    (root / "a.txt").write_text("a\n")
    done = perform(made.source, root, *words, program=program)
    assert done.returncode == 1
    assert "failed: false ended with 1" in done.stderr
    assert (root / "sub" / "it's $HOME; {x}").read_text() == "a\n"
    assert not (root / "never").exists()


def test_a_program_that_is_not_there_is_named(root: Path) -> None:
    done = perform(draft(pattern(run("nowhere-at-all", "x"))).source, root)
    assert done.returncode == 1
    assert "failed: there is no program 'nowhere-at-all' on the PATH" in done.stderr


def test_no_value_becomes_an_option(root: Path) -> None:
    made = draft(pattern(run("ls", _FILE), parameters=(FILE,)))
    done = perform(made.source, root, "--file=-la")
    assert done.returncode == 1
    assert "would be an option" in done.stderr


def test_each_of_many_values(root: Path) -> None:
    given = pattern(run("gzip", "-k", _FILE), parameters=(FILE,), shape=Shape.EACH)
    source = draft(given).source
    for name in ("a", "b c", "d"):
        (root / name).write_text(name)
    words = arguments(read(source), {"file": "a\nb c"})
    assert words == ["--file=a", "--file=b c"]
    assert perform(source, root, *words, "d").returncode == 0
    assert {each.name for each in root.glob("*.gz")} == {"a.gz", "b c.gz", "d.gz"}
    assert perform(source, root).returncode == 2


def _rows(*words: object) -> str:
    parameters = (FILE, Parameter("size", Type.NUMBER))
    steps = run(*words, (Place("file"),), (Place("size"),))  # type: ignore[arg-type]
    return draft(pattern(steps, parameters=parameters, shape=Shape.EACH)).source


def test_rows_of_values(root: Path) -> None:
    source = _rows("echo", "x")
    words = arguments(read(source), {"file": "a\nb c", "size": "1\n22"})
    assert perform(source, root, *words).stdout == "x a 1\nx b c 22\n"
    same = arguments(read(source), {"file": "a\nb\nc", "size": "7"})
    assert perform(source, root, *same).stdout == "x a 7\nx b 7\nx c 7\n"
    uneven = {"file": "a\nb\nc", "size": "1\n2"}
    with pytest.raises(ValueError, match="not as many values of each: 3 of file, 2 of size"):
        arguments(read(source), uneven)
    options = [f"--{name}={value}" for name in uneven for value in uneven[name].split("\n")]
    assert perform(source, root, *options).returncode == 2
    assert perform(source, root, "--file=a").returncode == 2


def test_the_first_row_that_fails_is_the_last_and_told_of(root: Path) -> None:
    source = _rows("sh", "-c", 'echo $0 $1; test "$1" -lt 3')
    words = arguments(read(source), {"file": "a\nb\nc\nd", "size": "1\n2\n3\n4"})
    done = perform(source, root, *words)
    assert (done.returncode, done.stdout) == (1, "a 1\nb 2\nc 3\n")
    assert done.stderr.endswith("ended with 1 (in row 3 of 4; those before it are done)\n")


def test_a_pattern_in_a_row_is_a_row_for_each_file_that_matches(root: Path) -> None:
    for name in ("b.png", "a.png", ".c.png", "d.jpg", "[e].gif"):
        (root / name).touch()
    source = _rows("echo")
    rows = {"file": "*.png\nout/new.jpg\n[e].gif", "size": "1\n2\n3"}
    done = perform(source, root, *arguments(read(source), rows))
    assert done.stdout == "a.png 1\nb.png 1\nout/new.jpg 2\n[e].gif 3\n"
    none = perform(source, root, "--file=*.bmp", "--size=1")
    assert (none.returncode, none.stderr) == (1, f"failed: there are no files '*.bmp' in {root}\n")


def test_a_pattern_is_the_files_that_match_as_in_a_shell(root: Path) -> None:
    (root / "sub").mkdir()
    for name in ("b.py", "a c.py", ".d.py", "e.txt", "-f.py", "x1", "x2", "sub/g.py"):
        (root / name).touch()
    files = Parameter("files", Type.GLOB, "[!-]*.py")
    given = pattern(run("printf", "%s\n", (Place("files", Part.MATCHES),)), parameters=(files,))
    source = draft(given).source
    for word in ("[!-]*.py", "[^-]*.py", "x[12]", "*/*.py", "?.txt", "e.txt"):
        shell = f"printf '%s\n' {word}"
        meant = subprocess.run(["bash", "-c", shell], cwd=root, capture_output=True, check=True)
        done = perform(source, root, f"--files={word}")
        assert done.stdout.encode() == meant.stdout, done.stderr
    assert perform(source, root).stdout == "a c.py\nb.py\n"


@pytest.mark.parametrize(
    ("word", "code", "why"),
    [
        ("*.md", 1, "there are no files '*.md' in "),
        ("-*", 1, "would be an option"),
        ("out/*", 1, "leads out of "),
        ("../*", 2, "not in the workspace"),
        ("/etc/*", 2, "not in the workspace"),
    ],
)
def test_a_pattern_that_is_not_for_files_of_the_workspace(
    word: str, code: int, why: str, root: Path
) -> None:
    (root / "-f").touch()
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "keep").touch()
    (root / "out").symlink_to(outside)
    files = Parameter("files", Type.GLOB)
    given = pattern(run("ls", (Place("files", Part.MATCHES),)), parameters=(files,))
    done = perform(draft(given).source, root, f"--files={word}")
    assert (done.returncode, why in done.stderr) == (code, True), done.stderr


def test_the_workspace_itself_may_be_the_folder(root: Path) -> None:
    (root / "sub").mkdir()
    folder = Parameter("folder", Type.PATH, ".")
    source = draft(pattern(run("pwd", cwd=(Place("folder"),)), parameters=(folder,))).source
    assert perform(source, root).stdout == f"{root}\n"
    assert perform(source, root, "--folder=sub").stdout == f"{root}/sub\n"


def test_file_programs_are_done_without_them(root: Path) -> None:
    steps = (
        run("mkdir", "-p", "a/b"),
        run("touch", "a/t"),
        run("cp", "a/t", "a/b"),
        run("cp", "-r", "a/b", "c"),
        run("mv", "c/t", "c/u"),
        run("ln", "-s", "c/u", "link"),
        run("rm", "-rf", "a", "missing"),
    )
    done = perform(draft(pattern(*steps)).source, root)
    assert done.returncode == 0, done.stderr
    assert sorted(str(each.relative_to(root)) for each in root.rglob("*")) == ["c", "c/u", "link"]
    assert (root / "link").readlink() == Path("c/u")


def _evil() -> list[tuple[str, Pattern, list[str]]]:
    path = (FILE,)
    return [
        ("a value", pattern(run("rm", "-r", _FILE), parameters=path), ["--file=../outside"]),
        ("absolute", pattern(run("rm", _FILE), parameters=path), ["--file=/outside"]),
        ("through a link", pattern(run("rm", "-r", "out/keep")), []),
        ("a copy of it", pattern(run("cp", "out/keep", "stolen")), []),
        ("moved over it", pattern(run("mv", "mine", "out")), []),
        ("written through it", pattern(run("sed", "-i", "s/a/b/", "out/keep")), []),
        ("linked", pattern(run("ln", "-s", "../outside/keep", "new")), []),
    ]


@pytest.mark.parametrize(("name", "given", "words"), _evil(), ids=lambda each: str(each)[:20])
def test_nothing_leads_out_of_the_workspace(
    name: str, given: Pattern, words: list[str], root: Path
) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "keep").write_text("a")
    (root / "out").symlink_to(outside)
    (root / "mine").write_text("mine")
    assert perform(draft(given).source, root, *words).returncode in (1, 2)
    assert [each.name for each in outside.iterdir()] == ["keep"]
    assert (outside / "keep").read_text() == "a"
    assert not (root / "stolen").exists()
    assert not (root / "new").is_symlink()


def test_a_secret_is_passed_by_the_name_of_its_variable(root: Path) -> None:
    parameters = (Parameter("token", Type.SECRET),)
    made = draft(pattern(run("printenv", "-0", (Place("token"),)), parameters=parameters))
    done = perform(
        made.source, root, "--token=MY_TOKEN", env={"MY_TOKEN": "PATH", "PATH": "/usr/bin"}
    )
    assert done.stdout == "/usr/bin\0"
    assert done.stderr == "run printenv -0 '$MY_TOKEN'\n"
    missing = perform(made.source, root, "--token=MY_TOKEN", env={"PATH": "/usr/bin"})
    assert (missing.returncode, "MY_TOKEN is not set" in missing.stderr) == (1, True)


def test_a_notice_is_written_where_there_is_no_desktop(root: Path) -> None:
    source = draft(pattern(run("notify-send", "-u", "low", "Done", "it's\x1b[2J"))).source
    done = perform(source, root, env={"PATH": ""})
    assert (done.returncode, done.stderr) == (0, "notify: Done\n\aDone\nit's[2J\n")


def test_a_notice_goes_to_the_desktop(root: Path) -> None:
    tools = root.parent / "bin"
    tools.mkdir()
    program = tools / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > {root}/told\n')
    program.chmod(0o755)
    source = draft(pattern(run("notify-send", "-u", "low", "Done", "it's"))).source
    assert perform(source, root, env={"PATH": str(tools)}).returncode == 0
    assert (root / "told").read_text() == "--urgency=low|--|Done|it's|"


def test_an_automation_works_where_it_lies(root: Path) -> None:
    made = draft(pattern(TEST_OF_MODULE, parameters=(FILE,), shape=Shape.FILES))
    script = root / ".understudy/automations/x.py"
    script.parent.mkdir(parents=True)
    script.write_text(made.source)
    elsewhere = root.parent / "elsewhere"
    elsewhere.mkdir()
    subprocess.run([sys.executable, str(script), "--file=a.py"], cwd=elsewhere, check=True)
    assert (root / "tests/test_a.py").exists()
    shutil.copy(script, elsewhere / "y.py")
    subprocess.run([sys.executable, "y.py", "--file=a.py"], cwd=elsewhere, check=True)
    assert (elsewhere / "tests/test_a.py").exists()


def test_what_is_wrong_on_the_command_line_ends_with_2(root: Path) -> None:
    parameters = (FILE, Parameter("n", Type.NUMBER), Parameter("how", Type.CHOICE, "a", ("a", "b")))
    places = ((Place("n"),), (Place("how"),))
    source = draft(pattern(run("echo", _FILE, *places), parameters=parameters)).source
    good = ["--file=a", "--n=1.5"]
    assert perform(source, root, *good).stdout == "a 1.5 a\n"
    for wrong in ([], [*good, "--n=x"], [*good, "--how=c"], [*good, "--file=/x"], [*good, "y"]):
        done = perform(source, root, *wrong)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), wrong
    metadata = read(source)
    for values, why in [
        ({"file": "a"}, "n is not given"),
        ({"file": "../a", "n": "1"}, "no path below the workspace"),
        ({"file": "a", "n": "x"}, "no number"),
        ({"file": "a", "n": "1", "how": "c"}, "none of a, b"),
        ({"file": "a", "n": "1", "x": "c"}, "no parameter 'x'"),
        ({"file": "a\0", "n": "1"}, "no text"),
    ]:
        with pytest.raises(ValueError, match=why):
            arguments(metadata, values)


@pytest.mark.parametrize("path", [".", "./"])
def test_the_workspace_itself_is_not_deleted(path: str, root: Path) -> None:
    (root / "a").mkdir()
    done = perform(draft(pattern(run("rm", "-rf", path))).source, root)
    assert (done.returncode, "is no path below" in done.stderr) == (1, True)
    assert (root / "a").is_dir()
