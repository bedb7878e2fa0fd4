"""Which template is chosen, what the script is allowed, and that each script is as it should be."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import pytest

from understudy.app.learning.drafts import drafted
from understudy.automations.generate import Templates, Unfit
from understudy.automations.metadata import read
from understudy.automations.pattern import (
    Call,
    Create,
    Delete,
    Move,
    Occurrence,
    Parameter,
    Part,
    Pattern,
    Place,
    Shape,
    Type,
)

from .patterns import FILE, TEST_OF_MODULE, pattern, run
from .scripts import draft

_FILE = Place("file")
_WHOLE = (_FILE,)
_FILES = Parameter("files", Type.GLOB, "*.log")


def _of_file(*words: object) -> Pattern:
    return pattern(run(*words), parameters=(FILE,))  # type: ignore[arg-type]


NATIVE: dict[str, tuple[Pattern, str]] = {
    "a file for each": (
        pattern(TEST_OF_MODULE, parameters=(FILE,), shape=Shape.FILES),
        "file_operations",
    ),
    "moves and deletes": (
        pattern(Move(("a",), ("b",)), Delete(("c é \" ' {x}",))),
        "file_operations",
    ),
    "file programs": (
        pattern(
            run("mkdir", "-p", "out"),
            run("touch", "out/a", "out/b"),
            run("cp", "-f", "out/a", "c"),
            run("mv", "c", "d"),
            run("ln", "-s", "d", "e"),
            run("rm", "-rf", "out"),
        ),
        "file_operations",
    ),
    "sed": (_of_file("sed", "-i", "s/colour/color/g", _WHOLE), "text_processing"),
    "sed, an expression": (_of_file("sed", "-Ei", r"s/v([0-9]+)/w\1/", _WHOLE), "text_processing"),
    "sort": (_of_file("sort", "-u", _WHOLE, "-o", _WHOLE), "text_processing"),
    "cut": (_of_file("cut", "-d,", "-f1,3-", _WHOLE, ">", "out.csv"), "text_processing"),
    "tr": (_of_file("tr", "a-z", "A-Z", "<", _WHOLE, ">", "out"), "text_processing"),
    "jq": (_of_file("jq", "-S", ".a.b", _WHOLE), "data_processing"),
    "json.tool": (_of_file("python", "-m", "json.tool", _WHOLE, "out.json"), "data_processing"),
    "csvcut": (_of_file("csvcut", "-c", "a,b", _WHOLE, ">", "out.csv"), "data_processing"),
    "curl": (
        _of_file("curl", "-sS", "-d", "x", ("https://api.example.com/f?", _FILE)),
        "api_call",
    ),
    "wget": (pattern(run("wget", "-q", "https://example.com/a.txt")), "api_call"),
    "httpie": (pattern(run("http", "PUT", "localhost:8000/x", "a=1", "X-A:b")), "api_call"),
    "notify-send": (pattern(run("notify-send", "Done", "it's")), "notification"),
    "programs": (pattern(run("git", "add", "-A"), run("git", "push")), "workflow"),
    "a task": (pattern(Call("tests", {"path": _WHOLE}), parameters=(FILE,)), "workflow"),
    "programs in a folder": (pattern(run("cd", "src"), run("make", cwd=("src",))), "workflow"),
    "a mixture": (pattern(TEST_OF_MODULE, run("git", "add", "."), parameters=(FILE,)), "workflow"),
    "many": (
        pattern(run("black", _WHOLE), parameters=(FILE,), shape=Shape.EACH),
        "workflow",
    ),
    "rows": (
        pattern(
            run(
                "convert", _WHOLE, "-resize", (Place("resize"),), ("out/", Place("file", Part.NAME))
            ),
            parameters=(FILE, Parameter("resize", Type.NUMBER)),
            shape=Shape.EACH,
        ),
        "workflow",
    ),
    "requests for many": (
        pattern(
            run("curl", "-o", _WHOLE, ("https://api.example.com/of/", Place("file", Part.STEM))),
            parameters=(FILE,),
            shape=Shape.EACH,
        ),
        "api_call",
    ),
    "a pattern of files": (
        pattern(run("gzip", (Place("files", Part.MATCHES),)), parameters=(_FILES,)),
        "workflow",
    ),
    "files that are deleted by a pattern": (
        pattern(run("rm", "-f", (Place("files", Part.MATCHES),)), parameters=(_FILES,)),
        "workflow",
    ),
    "patterns of texts": (
        pattern(run("sed", "-i", "s/a/b/", (Place("files", Part.MATCHES),)), parameters=(_FILES,)),
        "workflow",
    ),
}
DOUBTED: dict[str, tuple[Pattern, str]] = {
    "a filter that is not known": (_of_file("jq", ".[] | keys", _WHOLE), "data_processing"),
    "yaml": (_of_file("yq", ".a", _WHOLE), "data_processing"),
    "what a shell fills in": (pattern(run("ls", "*.py")), "workflow"),
    "a variable": (pattern(run("echo", "$HOME")), "workflow"),
}
UNFIT: dict[str, Pattern] = {
    "no steps": pattern(),
    "only a change of the folder": pattern(run("cd", "src")),
    "no web server": pattern(run("curl", "file:///etc/passwd")),
    "no time that there is": replace(pattern(run("a")), occurrences=(Occurrence(1e30, 1.0, {}),)),
    "a pipe": replace(pattern(run("a", "|", "b")), why_not="a pipe"),
    "another program each time": pattern(run(_WHOLE), parameters=(FILE,)),
    "a place without a parameter": pattern(run("a", _WHOLE)),
    "another host each time": _of_file("curl", ("https://", _FILE, ".example.com/")),
    "a host that a value could change": _of_file("curl", ("https://example.com", _FILE)),
    "outside": pattern(Create(("../x",))),
    "outside, absolute": pattern(Delete(("/etc/passwd",))),
    "outside from a folder": pattern(run("rm", "../../x", cwd=("a",))),
    "the workspace by a way around": pattern(run("rm", "-rf", "a/..")),
    "no text": pattern(run("a", "b\0c")),
    "half a character": pattern(run("a", "b\ud800c")),
    "a name of ours": pattern(run("a", (Place("root"),)), parameters=(Parameter("root"),)),
    "a password in an address": pattern(run("curl", "https://me:secret@example.com/")),
}


@pytest.mark.parametrize("name", NATIVE)
def test_the_template_is_chosen_by_what_is_done(name: str) -> None:
    given, template = NATIVE[name]
    made = draft(given)
    assert (made.template, made.is_offered, made.why) == (template, True, "")


@pytest.mark.parametrize("name", DOUBTED)
def test_what_is_in_doubt_is_only_listed(name: str, tmp_path: Path) -> None:
    given, template = DOUBTED[name]
    made = draft(given)
    assert (made.template, made.is_offered) == (template, False)
    assert "look at it first" in made.why
    kept = drafted(given, Templates.load()[0], tmp_path / "drafts", 0.0, ())
    assert f"{kept.why}." == made.why


@pytest.mark.parametrize("name", UNFIT)
def test_what_no_script_can_do_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(Unfit) as refused:
        draft(UNFIT[name])
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("given", "read_", "write", "network", "programs"),
    [
        (NATIVE["a file for each"][0], (), ("tests/test_*.py",), (), ()),
        (NATIVE["sed"][0], ("**",), ("**",), (), ()),
        (NATIVE["cut"][0], ("**",), ("out.csv",), (), ()),
        (NATIVE["curl"][0], (), (), ("api.example.com",), ()),
        (NATIVE["wget"][0], (), ("a.txt",), ("example.com",), ()),
        (NATIVE["httpie"][0], (), (), ("localhost:8000",), ()),
        (NATIVE["programs"][0], ("**",), ("**",), (), ("git",)),
        (NATIVE["a task"][0], ("**",), ("**",), (), ("understudy",)),
        (
            pattern(run("curl", "-k", "https://example.com/")),
            ("**",),
            ("**",),
            ("example.com",),
            ("curl",),
        ),
        (
            pattern(
                Create((Place("file", Part.FOLDER), "/x_", Place("file", Part.NAME))),
                parameters=(FILE,),
            ),
            (),
            ("**/x_*",),
            (),
            (),
        ),
    ],
)
def test_only_what_it_needs_is_declared(
    given: Pattern,
    read_: tuple[str, ...],
    write: tuple[str, ...],
    network: tuple[str, ...],
    programs: tuple[str, ...],
) -> None:
    found = read(draft(given).source).permissions
    assert (found.read, found.write, found.network, found.run) == (read_, write, network, programs)


@pytest.mark.parametrize(
    ("name", "functions"),
    [
        ("a file for each", {"create", "read"}),
        ("moves and deletes", {"move", "target", "delete"}),
        ("file programs", {"create", "read", "mkdir", "copy", "move", "target", "link", "delete"}),
        ("programs", set()),
        ("a mixture", {"create", "read"}),
        ("sed", {"replace", "read"}),
        ("sort", {"sort", "read"}),
    ],
)
def test_a_script_has_only_what_its_steps_need(name: str, functions: set[str]) -> None:
    given, _ = NATIVE[name]
    steps = {"create", "read", "mkdir", "copy", "move", "target", "link", "delete"}
    steps |= {"replace", "sort", "columns", "translate"}
    tree = ast.parse(draft(given).source)
    assert {e.name for e in tree.body if isinstance(e, ast.FunctionDef)} & steps == functions


def test_scripts_are_formatted_typed_and_without_a_finding(tmp_path: Path) -> None:
    for number, (given, _) in enumerate((NATIVE | DOUBTED).values()):
        script = tmp_path / f"made_{number}.py"
        script.write_text(draft(given).source, "utf-8")
        script.chmod(0o755)
    programs = Path(sys.executable).parent
    form = [str(programs / "ruff"), "format", "--isolated", "--diff", "--target-version=py311", "."]
    formatted = subprocess.run(form, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert formatted.returncode == 0, formatted.stdout
    typed = [str(programs / "mypy"), "--config-file=", "--strict", "--python-version=3.11", "."]
    types = subprocess.run(typed, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert types.returncode == 0, types.stdout
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path / "state")}
    scan = [str(programs / "understudy"), "scan", "--format=json", "."]
    found = subprocess.run(scan, cwd=tmp_path, capture_output=True, text=True, check=False, env=env)
    assert found.returncode == 0, found.stdout[:5_000]
    assert json.loads(found.stdout)["summary"]["files"] == len(NATIVE | DOUBTED)


def test_the_same_pattern_gives_the_same_bytes_in_any_process() -> None:
    code = (
        "from tests.automations.test_generate_choice import NATIVE, draft\n"
        "import hashlib\n"
        "text = ''.join(draft(given).source for given, _ in NATIVE.values())\n"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    root = Path(__file__).parents[2]
    hashes = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=root,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(hashes) == 1


@pytest.mark.alone
def test_it_is_quick() -> None:
    for given, _ in NATIVE.values():
        draft(given)
    times = []
    for given, _ in NATIVE.values():
        begin = perf_counter()
        draft(given)
        times.append(perf_counter() - begin)
    assert sorted(times)[len(times) // 2] < 0.010
    source = draft(NATIVE["programs"][0]).source
    begin = perf_counter()
    for _ in range(1_000):
        read(source)
    assert perf_counter() - begin < 1.0


_PARTLY = "a-sentence-that-fits-not-all-of"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (pattern(run("make", "-j", "4"), run("git", "push")), "make-4-git-push"),
        (pattern(run("ruff", "check", "--fix"), run("ruff", "format")), "ruff-check-format"),
        (pattern(run("curl", "-s", "http://127.0.0.1:8765/orders/7")), "curl-orders-7"),
        (pattern(run("curl", "https://api.example.com/orders")), "curl-api-example-com-orders"),
        (pattern(run("a", "sentence", "that", "fits", "not", "all", "of", "it")), _PARTLY),
        (_of_file("black", _WHOLE), "black"),
        (pattern(run("ü")), "automation"),
        (pattern(run("x" * 40)), "x" * 32),
    ],
)
def test_a_script_is_called_after_what_it_does(given: Pattern, name: str) -> None:
    assert draft(given).name == name


def test_a_parameter_is_asked_for_as_the_pattern_has_it() -> None:
    parameters = (
        Parameter("file", Type.PATH, "a.py"),
        Parameter("how", Type.CHOICE, None, ("a", "b")),
    )
    made = draft(pattern(run("x", _WHOLE, (Place("how"),)), parameters=parameters))
    file, how = read(made.source).parameters
    assert (file.type, file.default, file.many) == (Type.PATH, "a.py", False)
    assert (how.type, how.default, how.choices) == (Type.CHOICE, None, ("a", "b"))
