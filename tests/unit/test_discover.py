"""Which files are looked at: ignored ones are not, odd ones are, and nothing makes it stop."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.discover import discover, rediscover, why_excluded, why_left_out

# A user whose permissions count, also where the tests run as root.
BOUND = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"]
AS_A_USER = BOUND if os.geteuid() == 0 else []


def tree(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def found(root: Path, *exclude: str) -> list[str]:
    return [
        os.path.relpath(each.path, root)
        for each in discover(root, root, frozenset({".py"}), exclude)
    ]


def test_the_files_of_a_suffix_in_a_stable_order(tmp_path: Path) -> None:
    tree(tmp_path, dict.fromkeys(("b.py", "a.py", "a/z.py", "a.txt", "c.pyc", "d/e/f.py"), ""))
    assert found(tmp_path) == ["a/z.py", "a.py", "b.py", "d/e/f.py"]


def test_what_is_told_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    stat = path.stat()
    (each,) = discover(tmp_path, tmp_path, frozenset({".py"}), ())
    assert each == (str(path), stat.st_mtime_ns, 6, stat.st_ino, stat.st_mode, "")


@pytest.mark.parametrize(
    "name", [".venv", ".git", "__pycache__", "node_modules", ".cache", "site-packages", ".tox"]
)
def test_folders_that_hold_nobodys_sources(name: str, tmp_path: Path) -> None:
    tree(tmp_path, {f"{name}/a.py": "", f"src/{name}/b.py": "", "a.py": ""})
    assert found(tmp_path) == ["a.py"]


# ── .gitignore ──────────────────────────────────────────────────────────────────────────────────

IGNORED: dict[str, tuple[dict[str, str], list[str]]] = {
    "a file": ({".gitignore": "b.py\n"}, ["a.py", "in/a.py"]),
    "a file at the top alone": ({".gitignore": "/b.py\n"}, ["a.py", "in/a.py", "in/b.py"]),
    "a folder": ({".gitignore": "in/\n"}, ["a.py", "b.py"]),
    "a pattern": ({".gitignore": "*.py\n"}, []),
    "but one": ({".gitignore": "*.py\n!b.py\n"}, ["b.py", "in/b.py"]),
    "one but again": ({".gitignore": "!b.py\n*.py\n"}, []),
    "nothing below an ignored folder comes back": ({".gitignore": "in/\n!in/a.py\n"}, ["a.py", "b.py"]),
    "the contents of a folder but one": ({".gitignore": "in/*\n!in/a.py\n"}, ["a.py", "b.py", "in/a.py"]),
    "further in": ({"in/.gitignore": "b.py\n"}, ["a.py", "b.py", "in/a.py"]),
    "further in decides": (
        {".gitignore": "*.py\n", "in/.gitignore": "!b.py\n"},
        ["in/b.py"],
    ),
    "further in, its own top": ({"in/.gitignore": "/a.py\n"}, ["a.py", "b.py", "in/b.py"]),
    "comments, blanks, spaces": ({".gitignore": "# a.py\n\n  \nb.py  \n"}, ["a.py", "in/a.py"]),
    "CRLF": ({".gitignore": "b.py\r\n"}, ["a.py", "in/a.py"]),
    "two stars": ({".gitignore": "**/a.py\n"}, ["b.py", "in/b.py"]),
    "all but": ({".gitignore": "*\n!*/\n!a.py\n"}, ["a.py", "in/a.py"]),
    "all but a folder and a file there": ({".gitignore": "*\n!in/\n!in/b.py\n"}, ["in/b.py"]),
    "a class": ({".gitignore": "[a-b].py\n!b.py"}, ["b.py", "in/b.py"]),
}  # fmt: skip


@pytest.mark.parametrize("case", IGNORED)
def test_gitignore(case: str, tmp_path: Path) -> None:
    files, expected = IGNORED[case]
    tree(tmp_path, {"a.py": "", "b.py": "", "in/a.py": "", "in/b.py": "", **files})
    assert found(tmp_path) == sorted(expected, key=lambda name: name.split("/"))
    assert set(found(tmp_path)) == listed_by_git(tmp_path)


def listed_by_git(root: Path) -> set[str]:
    """What git itself does not ignore, for comparison."""
    git = ["git", "-c", "core.excludesFile=/dev/null", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    command = [*git, "ls-files", "-z", "--others", "--exclude-standard"]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name for name in answer.split("\0") if name.endswith(".py")}


LINES = st.lists(
    st.sampled_from(["a.py", "/b.py", "!a.py", "in/", "!in/", "*.py", "in/*", "!in/b.py", "**/b.py", "d*", "!**/", "*", "!*/", "!in", "in/deep", "in/**", "*i*d*e*p", "**/i*n/**/[ab].p*y", "*/*e*e*/?.py"]),
    max_size=4,
)  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(LINES, LINES)
def test_gitignore_as_git_reads_it(
    tmp_path_factory: pytest.TempPathFactory, outer: list[str], inner: list[str]
) -> None:
    files = {".gitignore": "\n".join(outer), "in/.gitignore": "\n".join(inner)}
    sources = ("a.py", "b.py", "in/a.py", "in/b.py", "in/deep/a.py", "d/a.py")
    root = tree(tmp_path_factory.mktemp("git"), files | dict.fromkeys(sources, ""))
    assert set(found(root)) == listed_by_git(root)


@pytest.mark.parametrize("content", [b"\xff\xfe\n", b"[\n", b"!\n/\n\\\n", b"\0\n", b"a.py" * 9999])
def test_a_gitignore_that_says_nothing_sensible(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / ".gitignore").write_bytes(content)
    assert found(tmp_path) == ["a.py"]


def test_a_gitignore_that_is_a_folder(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": "", ".gitignore/b.py": ""})
    assert found(tmp_path) == [".gitignore/b.py", "a.py"]


# ── excludes ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        (["b.py"], ["a.py", "in/a.py"]),
        (["in/"], ["a.py", "b.py"]),
        (["/a.py", "in/b.py"], ["b.py", "in/a.py"]),
        (["*", "!in/", "!in/a.py"], ["in/a.py"]),
        (["nothing"], ["a.py", "b.py", "in/a.py", "in/b.py"]),
    ],
)
def test_excluded(exclude: list[str], expected: list[str], tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": "", "b.py": "", "in/a.py": "", "in/b.py": ""})
    assert sorted(found(tmp_path, *exclude)) == expected


def test_a_folder_is_looked_at_under_the_rules_of_its_root(tmp_path: Path) -> None:
    """Patterns with a slash are counted from where they stand, not from where one looks."""
    rules = {".gitignore": "/in/a.py\n", "in/.gitignore": "/deep/b.py\n"}
    sources = ("in/a.py", "in/deep/a.py", "in/deep/b.py", "in/deep/c.py", "in/deep/d.py")
    tree(tmp_path, rules | dict.fromkeys(sources, ""))
    for folder in ("in", "in/deep"):
        seen = discover(tmp_path / folder, tmp_path, frozenset({".py"}), ["/in/deep/c.py"])
        assert [Path(each.path).name for each in seen] == ["a.py", "d.py"]


RULES = {".gitignore": "b.py\n/out/\n", "in/.gitignore": "!b.py\n/deep/a.py\n"}
SOURCES = (
    "a.py",
    "b.py",
    "in/a.py",
    "in/b.py",
    "in/deep/a.py",
    "in/deep/c.py",
    "index.py",
    "out/a.py",
    "out/in/a.py",
    "venv/a.py",
)


@given(st.sets(st.sampled_from([*SOURCES, "in", "in/deep", "out", "venv", ".", "gone", "in/gone"])))
def test_a_part_is_found_as_the_whole_is(
    tmp_path_factory: pytest.TempPathFactory, names: set[str]
) -> None:
    root = tmp_path_factory.getbasetemp() / "parts"
    tree(root, RULES | dict.fromkeys(SOURCES, ""))
    places = {os.path.normpath(root / name) for name in names}
    rest: tuple[set[str], list[str], set[str]] = ({".py"}, ["/in/a.py"], {f"{root}/in/deep"})
    assert list(rediscover(places, root, *rest)) == [
        each
        for each in discover(root, root, *rest)
        if any(Path(each.path).is_relative_to(place) for place in places)
    ]


def test_a_folder_that_is_left_out(tmp_path: Path) -> None:
    tree(tmp_path, dict.fromkeys(("a.py", "in/b.py", "in/deep/c.py", "inner/d.py"), ""))
    for folder, expected in (
        ("in", ["a.py", "inner/d.py"]),
        ("in/deep", ["a.py", "in/b.py", "inner/d.py"]),
    ):
        seen = discover(tmp_path, tmp_path, {".py"}, (), {str(tmp_path / folder)})
        assert [os.path.relpath(each.path, tmp_path) for each in seen] == expected


def test_a_part_that_the_root_lies_in(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", {"a.py": "", "in/b.py": ""})
    for places in ({str(tmp_path)}, {str(root), str(root / "in")}):
        seen = rediscover(places, root, frozenset({".py"}), ())
        assert [Path(each.path).name for each in seen] == ["a.py", "b.py"]
    assert list(rediscover({f"{root}.py", "/"}, root, frozenset({".py"}), ())) == []


@pytest.mark.parametrize("exclude", ["b.py", "in/", "/a.py", "in/*.py"])
def test_a_file_that_is_opened_is_excluded_like_one_that_is_found(
    exclude: str, tmp_path: Path
) -> None:
    sources = ("a.py", "b.py", "in/a.py", "in/deep/b.py", "venv/c.py", "x/node_modules/d.py")
    tree(tmp_path, dict.fromkeys(sources, ""))
    opened = [
        name for name in sources if not why_excluded(f"{tmp_path}/{name}", tmp_path, [exclude])
    ]
    assert opened == found(tmp_path, exclude)


def test_an_exclude_is_not_undone_by_gitignore(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": "", "b.py": "", ".gitignore": "!b.py\n"})
    assert found(tmp_path, "b.py") == ["a.py"]


# ── what stands in the way ──────────────────────────────────────────────────────────────────────


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"x.py": ""})
    root = tree(tmp_path / "root", {"a.py": "", "in/b.py": ""})
    (root / "in/loop").symlink_to(root)
    (root / "itself").symlink_to(root / "itself")
    (root / "away").symlink_to(outside)
    (root / "away.py").symlink_to(outside / "x.py")
    (root / "dangling.py").symlink_to(root / "gone.py")
    assert found(root) == ["a.py", "in/b.py"]


def test_only_regular_files(tmp_path: Path) -> None:
    (tmp_path / "a.py").touch()
    os.mkfifo(tmp_path / "fifo.py")
    (tmp_path / "folder.py").mkdir()
    (tmp_path / "folder.py" / "b.py").touch()
    assert found(tmp_path) == ["a.py", "folder.py/b.py"]


def test_what_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.py": "", "shut/b.py": "", "shut/in/c.py": "", "z.py": ""})
    (root / "a.py").chmod(0)
    (root / "shut").chmod(0)
    code = (
        "import sys; from pathlib import Path\n"
        "from understudy.discover import discover\n"
        "root = Path(sys.argv[1])\n"
        "print(*(Path(f.path).name for f in discover(root, root, {'.py'}, ())))\n"
        "open(sys.argv[1] + '/a.py')"
    )
    command = [*AS_A_USER, sys.executable, "-P", "-c", code, str(root)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    (root / "shut").chmod(0o700)
    assert "PermissionError" in answer.stderr, "the permissions did not count"
    assert answer.stdout == "a.py z.py\n"


def test_a_file_and_a_folder_that_vanish(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a.py": "", "b/c.py": "", "d.py": "", "e/f.py": ""})
    walk = discover(root, root, frozenset({".py"}), ())
    assert Path(next(walk).path).name == "a.py"
    (root / "b/c.py").unlink()
    (root / "b").rmdir()
    (root / "d.py").unlink()
    assert [Path(each.path).name for each in walk] == ["f.py"]


def test_a_root_that_is_none(tmp_path: Path) -> None:
    assert found(tmp_path / "gone") == []
    (tmp_path / "file").touch()
    assert found(tmp_path / "file") == []


ODD = [
    b"with space.py",
    b"-rf.py",
    b"--help.py",
    b"new\nline.py",
    b"quote'\".py",
    b"%41.py",
    b"#.py",
    b"?.py",
    b"*.py",
    b"!.py",
    b"\\.py",
    b"caf\xc3\xa9.py",
    b"\xf0\x9f\x98\x80.py",
    b"invalid\xff.py",
    b".py",
    b"..py",
    b"a.PY",
]


def test_odd_names(tmp_path: Path) -> None:
    for name in ODD:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).touch()
    (tmp_path / ".gitignore").write_text("nothing\n")
    assert {os.fsencode(name) for name in found(tmp_path)} == set(ODD) - {b"a.PY"}


def test_odd_names_under_rules(tmp_path: Path) -> None:
    """The rules are matched against names that are no Unicode, too."""
    tree(tmp_path, {".gitignore": "b*.py\n", "b.py": "", "c.py": ""})
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.py")).touch()
    assert found(tmp_path, "c.py") == []


def test_a_tree_as_deep_as_the_system_allows(tmp_path: Path) -> None:
    """Deeper than Python would recurse; below it, a path is too long to be named at all."""
    here = os.open(tmp_path, os.O_RDONLY)
    depth = 0
    try:
        while depth < 1_800:
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
            depth += 1
            if depth in (1, 1_500):
                os.close(os.open(f"{depth}.py", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    finally:
        os.close(here)
    names = [Path(each.path).name for each in discover(tmp_path, tmp_path, frozenset({".py"}), ())]
    subprocess.run(["rm", "-rf", tmp_path / "d"], check=True)  # pytest's own clean-up recurses
    assert names == ["1.py", "1500.py"]


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize(
    ("path", "is_left_out"),
    [
        ("a.py", False),
        ("sub/a.py", False),
        ("a.log", True),
        ("sub/a.log", True),
        ("sub/kept.log", False),
        ("out/a.py", True),
        ("out", True),
        ("node_modules/a/b.py", True),
        ("node_modules", True),
        ("generated/a.py", True),
        ("sub/inner.py", True),
        ("inner.py", False),
    ],
)
def test_of_what_has_gone_it_is_known_whether_it_is_left_out(
    tmp_path: Path, path: str, is_left_out: bool, exists: bool
) -> None:
    tree(tmp_path, {".gitignore": "*.log\nout/\n", "sub/.gitignore": "!kept.log\n/inner.py\n"})
    if exists and "." in path:
        tree(tmp_path, {path: ""})
    assert bool(why_left_out(str(tmp_path / path), tmp_path, ["generated"])) == is_left_out
    if exists and path.endswith(".py"):
        assert (path in found(tmp_path, "generated")) != is_left_out
