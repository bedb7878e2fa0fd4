"""What manifests and lock files declare, and where."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from understudy.model import Range
from understudy.tasks.audits import npm_manifests, python_locks, python_manifests, workspace
from understudy.tasks.audits.dependencies import (
    TOP,
    Advisory,
    Declared,
    Dependency,
    finding,
    lowest,
    raised,
)
from understudy.text import Lines

from ..core.support import AS_A_USER, tree


def words(text: str, at: Range | None) -> str:
    return "" if at is None else Lines(text).slice(at)


def seen(text: str, found: list[Declared]) -> list[tuple[str, ...]]:
    """Name, version, the text at its place, and the text of its versions."""
    return [(d.name, d.version, words(text, d.at), words(text, d.spec_at)) for d in found]


REQUIREMENTS = [
    ("requests==2.19.0", [("requests", "2.19.0", "requests==2.19.0", "==2.19.0")]),
    ("  Flask_Login == 1.0 # x", [("flask-login", "1.0", "Flask_Login == 1.0", "== 1.0")]),
    ("a[x,y]==1;python_version<'3'", [("a", "1", "a[x,y]==1;python_version<'3'", "==1")]),
    ("a===1.0", [("a", "1.0", "a===1.0", "===1.0")]),
    ("a==1.*", [("a", "", "a==1.*", "==1.*")]),
    ("a>=1,<2", [("a", "", "a>=1,<2", ">=1,<2")]),
    ("a", [("a", "", "a", "")]),
    ("a==1.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nb==2", [
        ("a", "1.0", "a==1.0", ""),
        ("b", "2", "b==2", "==2"),
    ]),
    ("a==1 --hash=sha256:00", [("a", "1", "a==1", "")]),
    ("a==1 --config-settings=x=1 # --hash=", [("a", "1", "a==1", "==1")]),
    ("a \\\n  ==1.0", [("a", "1.0", "a", "")]),
    ("# 😀\r\n\r\né\r\na==1\r\n", [("é", "", "é", ""), ("a", "1", "a==1", "==1")]),
    ("-r other.txt\n--index-url https://x\n-c c.txt\n", []),
    ("-e .\n", [("-e .", "", "-e .", "")]),
    ("a @ https://x/a.whl\n", [("a", "", "a @ https://x/a.whl", "")]),
    ("./local\n", [("./local", "", "./local", "")]),
    ("a==1==2\n", [("a==1==2", "", "a==1==2", "")]),
    ("", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), REQUIREMENTS)
def test_requirements(text: str, expected: list[tuple[str, ...]]) -> None:
    assert seen(text, python_manifests.requirements(text)) == expected


@pytest.mark.parametrize(
    ("text", "fixed", "told", "titles"),
    [
        ("a==1\n", ("2",), "Fixed in 2.", ["Raise a to 2"]),
        (
            "a==1 \\\n  --hash=sha256:00\n",
            ("2",),
            "Fixed in 2. It is pinned with its hashes: the file has to be compiled anew.",
            [],
        ),
        ("a==1 --hash=sha256:00\n", (), "No fix is known.", []),
    ],
)
def test_a_pin_with_hashes_is_not_raised(
    text: str, fixed: tuple[str, ...], told: str, titles: list[str]
) -> None:
    (declared,) = python_manifests.requirements(text)
    use = Dependency(declared.name, declared.version, "m", declared.at, declared=declared)
    shown = finding("pip-audit", use, Advisory("X", "bad", fixed=fixed), "2" if fixed else "")
    assert shown.message == f"a 1: bad. {told}"
    assert [fix.title for fix in shown.fixes] == titles


def test_a_rule_is_no_longer_than_any_name_of_an_advisory() -> None:
    use = Dependency("a", "1", "m", TOP)
    assert (
        finding("pip-audit", use, Advisory("GHSA-x" * 100_000, "bad")).rule == ("GHSA-x" * 17)[:100]
    )


def test_included_files() -> None:
    text = (
        "-r a.txt\n--requirement=b/c.txt # x\n-c d.txt\n -r  'e f.txt'\nrequests\n"
        "-rg.txt\n--constraint 'h\n--require-hashes\n"
    )
    found = python_manifests.included(text)
    assert [(each.name, words(text, each.at), each.constrains) for each in found] == [
        ("a.txt", "-r a.txt", False),
        ("b/c.txt", "--requirement=b/c.txt", False),
        ("d.txt", "-c d.txt", True),
        ("e f.txt", "-r  'e f.txt'", False),
        ("g.txt", "-rg.txt", False),
        ("'h", "--constraint 'h", True),
    ]


PYPROJECT = """\
# requests==1 is not meant: "requests==2.19.0"
[project]
name = "requests==2.19.0"
dependencies = ["requests==2.19.0", 'Flask[async] >= 1 ; python_version > "3"',
  "x @ https://e/x.whl"]
[project.optional-dependencies]
"a b" = [ "requests==2.19.0" ]
[dependency-groups]
dev = [{ include-group = "x" }, "pytest"]
[tool.poetry.dependencies]
python = "^3.11"
django = "^4.2"
"zope.interface" = { extras = ["😀"], version = "5.0" }
local = { path = "../local" }
[tool.poetry.group.test.dependencies]
django = "^4.2"
"""


def test_pyproject() -> None:
    found = python_manifests.pyproject(PYPROJECT)
    assert seen(PYPROJECT, found) == [
        ("requests", "2.19.0", "requests==2.19.0", "==2.19.0"),
        ("flask", "", 'Flask[async] >= 1 ; python_version > "3"', ">= 1"),
        ("x", "", "x @ https://e/x.whl", ""),
        ("requests", "2.19.0", "requests==2.19.0", "==2.19.0"),
        ("pytest", "", "pytest", ""),
        ("django", "", 'django = "^4.2', "^4.2"),
        (
            "zope-interface",
            "",
            '"zope.interface" = { extras = ["😀"], version = "5.0',
            "5.0",
        ),
        ("local", "", 'local = { path = "../local" }', ""),
        ("django", "", 'django = "^4.2', "^4.2"),
    ]
    assert [each.at.start.line for each in found] == [3, 3, 4, 6, 8, 11, 12, 13, 15]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[project]\ndependencies = 7",
        "[project]\ndependencies = [7]",
        "project = 1",
        "[tool.poetry]\ngroup = 1",
    ],
)
def test_a_pyproject_that_declares_nothing(text: str) -> None:
    assert python_manifests.pyproject(text) == []


UV = """\
version = 1
[[package]]
name = "shop"
version = "1"
source = { editable = "." }
dependencies = [{ name = "a" }]
[[package]]
name = "a"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "b" }, { name = "c", marker = "x" }]
[[package]]
name = "b"
version = "2.0.0"
dependencies = [{ name = "c" }]
[[package]]
name = "c"
version = "3"
[[package]]
name = "c"
version = "4"
[[package]]
name = "left"
version = "5"
"""
POETRY = """\
[[package]]
name = "A_a"
version = "1"

[package.dependencies]
b = {version = ">=1", optional = true}

[[package]]
name = "b"
version = "2"
source = {type = "git", url = "x"}
"""
PDM = '[[package]]\nname = "a"\nversion = "1"\ndependencies = ["B_b>=1; x"]\n'
PYLOCK = 'lock-version = "1.0"\n[[packages]]\nname = "a"\nversion = "1"\n[[packages]]\nname = "b"\ndirectory = {path = "."}\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            UV,
            [
                ("shop", "", ("a",)),
                ("a", "1.0", ("b", "c")),
                ("b", "2.0.0", ("c",)),
                ("c", "3", ()),
                ("c", "4", ()),
                ("left", "5", ()),
            ],
        ),
        (POETRY, [("a-a", "1", ("b",)), ("b", "", ())]),
        (PDM, [("a", "1", ("b-b",))]),
        (PYLOCK, [("a", "1", ()), ("b", "", ())]),
    ],
)
def test_locks(text: str, expected: list[object]) -> None:
    found = python_locks.lock(text)
    assert [(each.name, each.version, each.needs) for each in found] == expected
    for each in found:
        name, _, version = words(text, each.at).partition('"\nversion = "')
        assert canonicalize_name(name) == each.name
        assert each.version in (version, "")
    crlf = python_locks.lock(text.replace("\n", "\r\n"))
    assert [each.at for each in crlf] == [each.at for each in found]


def test_what_is_locked_is_shown_at_what_leads_to_it() -> None:
    locked = python_locks.lock(UV)
    declared = python_manifests.requirements("a>=1\nc\nb\n")
    found = python_locks.resolved([("m", declared)], "uv.lock", locked)
    assert [(d.name, d.version, d.path, d.at.start.line, d.through, d.others) for d in found] == [
        ("a", "1.0", "m", 0, (), 0),
        ("b", "2.0.0", "m", 2, (), 0),
        ("c", "3", "m", 1, (), 0),
        ("c", "4", "m", 1, (), 0),
        ("left", "5", "uv.lock", 22, (), 0),
    ]
    (only,) = (
        d for d in python_locks.resolved([("m", declared[:1])], "l", locked) if d.version == "4"
    )
    assert (only.through, only.declared) == (("a",), None)
    pair = python_manifests.requirements("a\nb\n")
    (twice,) = (d for d in python_locks.resolved([("m", pair)], "l", locked) if d.version == "4")
    assert (twice.others, len(twice.through)) == (1, 1)


@pytest.mark.parametrize("text", ["package = 7", "x", '[package]\nname = "a"'])
def test_what_is_no_lock(text: str) -> None:
    with pytest.raises(ValueError, match=r"list of packages|Expected"):
        python_locks.lock(text)


PACKAGE = """\
{"name": "lodash", "scripts": {"lodash": "^4"},
 "dependencies": {"lodash": "^4", "@a/b" : "1.2.3", "local": "file:../x"},
 "devDependencies": {"lodash": "3", "😀": "~1.0"},
 "overrides": {"lodash": "^4"}, "peerDependencies": {"p": ">=1"}}
"""


def test_package_json() -> None:
    found = npm_manifests.package(PACKAGE)
    assert seen(PACKAGE, found) == [
        ("lodash", "", '"lodash": "^4"', "^4"),
        ("@a/b", "1.2.3", '"@a/b" : "1.2.3"', "1.2.3"),
        ("local", "", '"local": "file:../x"', ""),
        ("😀", "", '"😀": "~1.0"', "~1.0"),
        ("p", "", '"p": ">=1"', ">=1"),
    ]
    assert found[0].at.start == (1, 18)
    assert [each.optional for each in found] == [False, False, False, False, True]


SPECS = [
    ("8.57.1", "8.57.1", "8.57.1"),
    ("latest", "", "latest"),
    ("npm:eslint@8.57.1", "8.57.1", "8.57.1"),
    ("npm:@a/eslint@^8 || 7", "", "^8 || 7"),
    ("npm:eslint@", "", ""),
    ("npm:eslint", "", None),
    ("npm:@a/eslint", "", None),
    ("npm:eslint@file:../x", "", None),
    ("github:me/foo#v1.0.0", "", None),
    ("me/foo#semver:^1.0.0", "", None),
    ("git+ssh://git@github.com/me/foo.git#v1.0.0", "", None),
    ("git@github.com:me/foo.git", "", None),
    ("https://x/foo@1.0.0.tgz", "", None),
    ("../foo", "", None),
    ("workspace:^1.0.0", "", None),
    ("catalog:", "", None),
    (r"npm:eslint\u00408.57.1", "", None),
    (r"npm:eslint@8.57.\u0031", "8.57.1", r"8.57.\u0031"),
]


@pytest.mark.parametrize(("spec", "version", "place"), SPECS)
def test_only_the_versions_of_what_a_registry_has_are_edited(
    spec: str, version: str, place: str | None
) -> None:
    text = f'{{"dependencies": {{"foo": "{spec}"}}}}'
    (found,) = npm_manifests.package(text)
    assert (found.name, found.version, words(text, found.at)) == (
        "foo",
        version,
        f'"foo": "{spec}"',
    )
    assert (words(text, found.spec_at) if found.spec_at else None) == place


@pytest.mark.parametrize("text", ["", "[]", "7", '{"a": }', "[" * 100_000])
def test_what_is_no_package_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"Expecting|JSON object|too deeply"):
        npm_manifests.package(text)


LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"a": "1", "b": "1"}, "devDependencies": {"w": "1"}},
        "node_modules/a": {
            "version": "1.0.0",
            "dependencies": {"b": "2"},
            "devDependencies": {"x": "1"},
        },
        "node_modules/a/node_modules/b": {"version": "2.0.0", "dependencies": {"c": "1"}},
        "node_modules/b": {"version": "1.0.0", "dependencies": {"a": "1"}},
        "node_modules/@s/c": {"version": "1.0.0"},
        "node_modules/c": {"name": "@s/c", "version": "1.0.0"},
        "node_modules/w": {"resolved": "packages/w", "link": True},
        "packages/w": {"version": "1.0.0", "dependencies": {"c": "1", "d": "1"}},
        "packages/w/node_modules/d": {"version": "1.0.0", "optionalDependencies": {"c": "1"}},
    },
}
OLD_LOCK = {
    "lockfileVersion": 1,
    "dependencies": {
        "a": {
            "version": "1.0.0",
            "requires": {"b": "2"},
            "dependencies": {"b": {"version": "2.0.0"}},
        },
        "b": {"version": "1.0.0"},
    },
}


def test_ways_through_a_lock() -> None:
    tree = npm_manifests.nodes(LOCK)
    assert npm_manifests.importers(tree) == ["", "packages/w"]
    root, member = npm_manifests.ways(tree, ""), npm_manifests.ways(tree, "packages/w")
    assert root["node_modules/a"] == ("a", (), 0)
    assert root["node_modules/a/node_modules/b"] == ("a", ("a",), 1)
    assert root["node_modules/c"] == ("w", ("w",), 2)
    assert member["node_modules/c"] == ("c", (), 0)
    assert tree["node_modules/c"].name == "@s/c"
    assert npm_manifests.resolve(tree, "node_modules/a", "none") == ""


def test_ways_through_an_old_lock() -> None:
    tree = npm_manifests.nodes(OLD_LOCK)
    ways = npm_manifests.ways(tree, "")
    assert ways["node_modules/a/node_modules/b"] == ("a", ("a",), 0)
    assert ways["node_modules/b"] == ("b", (), 0)


def _npm_lock(needs: dict[str, list[str]], direct: list[str]) -> dict[str, object]:
    packages: dict[str, object] = {"": {"dependencies": dict.fromkeys(direct, "1")}}
    for name, each in needs.items():
        about = {"version": "1.0.0", "dependencies": dict.fromkeys(each, "1")}
        packages[f"node_modules/{name}"] = about
    return {"packages": packages}


def test_a_long_chain_has_short_ways() -> None:
    names = [f"a{number}" for number in range(5_000)]
    needs = {name: [after] for name, after in itertools.pairwise([*names, "x"])}
    tracemalloc.start()
    ways = npm_manifests.ways(npm_manifests.nodes(_npm_lock(needs, names[:10])), "")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert ways["node_modules/a4999"] == (
        "a9",
        ("a9", "a10", "a11", "a12", "a13", "…", "a4995", "a4996", "a4997", "a4998"),
        9,
    )
    assert peak < 50_000_000


def test_a_dense_lock_has_an_end() -> None:
    names = [f"a{number}" for number in range(800)]
    lock = _npm_lock({name: [*names, "x"] for name in names} | {"x": []}, names)
    way = npm_manifests.ways(npm_manifests.nodes(lock), "")["node_modules/x"]
    assert way[:2] == ("a0", ("a0",))
    assert way.others > 0
    locked = [python_locks.Locked(name, "1", TOP, tuple(names)) for name in names]
    declared = [Declared(name, "", TOP) for name in names]
    found = python_locks.resolved([("m", declared)], "l", locked)
    assert {(each.path, each.through, each.others) for each in found} == {("m", (), 0)}


@pytest.mark.parametrize("lock", [{}, {"packages": 7}, {"dependencies": []}])
def test_what_is_no_lock_of_npm(lock: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="it has no packages"):
        npm_manifests.nodes(lock)


RAISED = [
    ("==2.19.0", "==2.20.0"),
    ("== 2.19", "== 2.20.0"),
    ("~=2.19", "~=2.20.0"),
    (">=2", ">=2.20.0"),
    ("^2.19", "^2.20.0"),
    ("~2.19", "~2.20.0"),
    ("2.19.0", "2.20.0"),
    ("v2.19.0", "2.20.0"),
    ("", ">=2.20.0"),
    ("*", ">=2.20.0"),
    ("2.x", ">=2.20.0"),
    ("==2.*", ">=2.20.0"),
    (">=1,<2.20", ">=2.20.0"),
    ("^1 || ^2", ">=2.20.0"),
    ("<3", ">=2.20.0"),
]


@pytest.mark.parametrize(("spec", "expected"), RAISED)
def test_raised(spec: str, expected: str) -> None:
    assert raised(spec, "2.20.0") == expected


def test_lowest() -> None:
    assert lowest("^4.17.15") == (4, 17, 15)
    assert lowest("") < lowest(">=0")


@given(st.text(alphabet="abc=<>~ .1#\\\n\r-@[],;\"'{}", max_size=60))
def test_whatever_stands_there_has_a_place(text: str) -> None:
    lines = Lines(text)
    for each in python_manifests.requirements(text):
        for at in (each.at, each.spec_at or each.at):
            assert at.start <= at.end
            assert lines.position(lines.offset(at.end)) == at.end
        if each.spec_at is not None:
            assert lines.slice(each.spec_at) == each.spec


@given(
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4),
    st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=4),
)
def test_every_entry_is_found_whatever_it_is_called(
    one: dict[str, str], other: dict[str, str]
) -> None:
    text = json.dumps(
        {"scripts": other, "devDependencies": other, "dependencies": one}, ensure_ascii=False
    )
    found = {each.name: each for each in npm_manifests.package(text)}
    assert {name: each.spec for name, each in found.items()} == {**other, **one}
    for name, each in found.items():
        assert json.loads(f"{{{words(text, each.at)}}}") == {name: each.spec}
        if each.spec_at is not None:
            assert json.loads(f'"{words(text, each.spec_at)}"') == each.spec
        else:
            assert set(each.spec) & {":", "/"}


def test_one_name_for_many_things_costs_no_more_than_as_many_names() -> None:
    other = json.dumps([{"lodash": "3"}] * 50_000)
    text = f'{{"x": {other}, "dependencies": {{"lodash": "^4"}}, "y": {other}}}'
    assert seen(text, npm_manifests.package(text)) == [("lodash", "", '"lodash": "^4"', "^4")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"dependencies": {"a": "1", "b": "1"}, "dependencies": {"a": "2"}}', ["2"]),
        ('{"dependencies": {"a": "1", "a": ["3"], "\\u0061" : "2"}}', ["2"]),
        ('{"dependencies": {"a": "1", "a": {"b": "3"}}}', []),
        ('{"dependencies": {"a": "1"}, "dependencies": ["a"]}', []),
        ('\ufeff{"dependencies": {"a": "{\\"]"}}', ['{\\"]']),
    ],
)
def test_of_two_entries_with_one_name_the_last_counts(text: str, expected: list[str]) -> None:
    found = npm_manifests.package(text)
    assert [words(text, each.spec_at) for each in found] == expected


def test_what_a_compiled_requirements_file_pins_is_audited_there(tmp_path: Path) -> None:
    manifest = '[project]\nname = "x"\ndependencies = ["a>=1", "b"]\n'
    (tmp_path / "pyproject.toml").write_text(manifest)
    (tmp_path / "requirements.txt").write_text("a==1.5\nc==2\n")
    found = workspace.read(tmp_path, ()).python
    shown = [(each.name, each.version, Path(each.path).name) for each in found.dependencies]
    assert shown == [("a", "1.5", "requirements.txt"), ("c", "2", "requirements.txt")]
    assert [each.why.split(":")[0] for each in found.notes] == ["b"]


def test_a_link_to_a_manifest_of_the_workspace_is_followed(tmp_path: Path) -> None:
    made = tree(tmp_path, {"a/deps/prod.lst": "flask==0.5\n-r ../x.txt\n", "a/x.txt": "x==1\n"})
    (made / "a/requirements.txt").symlink_to("x.txt")
    (made / "requirements.txt").symlink_to("a/deps/prod.lst")
    found = workspace.read(tmp_path, ()).python
    assert [(each.name, Path(each.path).name, each.path) for each in found.dependencies] == [
        ("x", "requirements.txt", f"{tmp_path}/a/requirements.txt"),
        ("flask", "requirements.txt", f"{tmp_path}/requirements.txt"),
    ]
    assert [each.why.partition(":")[0] for each in found.notes] == ["../x.txt"], "as for pip"


@pytest.mark.parametrize(
    "name", ["requirements.txt", "pyproject.toml", "package.json", "uv.lock", "pylock.a.toml"]
)
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "outside", "nowhere"])
def test_a_manifest_that_is_no_file_of_the_workspace_is_not_audited(
    tmp_path: Path, name: str, kind: str
) -> None:
    outside = tree(tmp_path / "outside", {"x": "flask==0.5\n"}) / "x"
    root = tree(tmp_path / "root", {"requirements/x": ""})
    match kind:
        case "pipe":
            os.mkfifo(root / name)
        case "folder":
            (root / name).mkdir()
        case _:
            target = {"device": "/dev/zero", "outside": str(outside), "nowhere": "nowhere"}[kind]
            (root / name).symlink_to(target)
    found = workspace.read(root, ())
    assert (found.python.dependencies, found.npm) == ((), ())
    told = "it is no regular file of the workspace, so it was not read"
    assert [(each.path, each.why) for each in found.python.notes] == [(f"{root}/{name}", told)]
    assert workspace.read(root, (name,)).python.notes == (), "but for what is excluded"


@pytest.mark.parametrize("deep", ["x=" + "[" * 3_000, "x=" + "[" * 3_000 + "]" * 3_000])
def test_a_file_that_is_nested_too_deeply_leaves_the_others_audited(
    tmp_path: Path, deep: str
) -> None:
    manifest = '[project]\nname = "x"\ndependencies = ["flask"]\n'
    marker = "(" * 3_000 + "os_name=='x'" + ")" * 3_000
    files = {"requirements.txt": f"flask==1.0\nx==1; {marker}\n", "bad/pyproject.toml": deep}
    for name in python_locks.NAMES:
        files |= {f"{name[:3]}/{name}": deep, f"{name[:3]}/pyproject.toml": manifest}
    found = workspace.read(tree(tmp_path, files), ())
    assert [(each.name, each.version) for each in found.python.dependencies] == [("flask", "1.0")]
    notes = {str(Path(each.path).relative_to(tmp_path)): each.why for each in found.python.notes}
    assert notes.pop("requirements.txt").endswith("this is no name with a version")
    assert notes.pop("bad/pyproject.toml") == "it is no TOML: it is nested too deeply"
    assert notes == {
        f"{name[:3]}/{name}": "it is no lock file: it is nested too deeply"
        for name in python_locks.NAMES
    }


def test_an_included_file_that_is_not_read_is_told_where_it_is_named(tmp_path: Path) -> None:
    names = ["missing.txt", "../outside.txt", "/etc/passwd", "pipe", ".", "https://example.org/x"]
    lines = [f"{option} {name}" for name in names for option in ("-r", "-c")]
    text = "\n".join([*lines, "-r x.lst", "-c x.lst"])
    root = tree(tmp_path / "root", {"requirements.txt": text, "x.lst": "flask==0.5\n"})
    tree(tmp_path, {"outside.txt": "flask==0.5\n"})
    os.mkfifo(root / "pipe")
    found = workspace.read(root, ()).python
    assert [words(text, each.at) for each in found.notes] == lines
    assert {each.why.rpartition(": ")[2] for each in found.notes} == {
        "it is no regular file of the workspace, so it was not read"
    }
    assert [(each.name, each.path) for each in found.dependencies] == [("flask", f"{root}/x.lst")]


_READ = """
import sys
from pathlib import Path
from understudy.tasks.audits import workspace
found = workspace.read(Path(sys.argv[1]), ())
print(found.unlocked, found.unread)
"""


def test_what_cannot_be_read_is_not_audited(tmp_path: Path) -> None:
    """There may be a manifest in it."""
    tree(tmp_path, {"package.json": "{}", "sub/own/requirements.txt": "requests==2.19.0\n"})
    (tmp_path / "sub/own").chmod(0)
    command = [*AS_A_USER, sys.executable, "-P", "-c", _READ, str(tmp_path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert told == "() ('sub/own cannot be read: Permission denied',)\n"
