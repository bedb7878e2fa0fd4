"""The diff of what a command would change, held against git."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.journal.change import Change, Entry, Kind, State
from understudy.sandbox.diff import diff, patch, quoted

from .trees import FIRST, Act, act, acts, copied, differences, link, photograph


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("a/plain.py", "a/plain.py"),
        ("with space", "with space"),
        ("né", "né"),
        ('say "hi"', '"say \\"hi\\""'),
        ("back\\slash", '"back\\\\slash"'),
        ("tab\tline\nend\r", '"tab\\tline\\nend\\r"'),
        ("\x1b[2J", '"\\033[2J"'),
        ("\x9bm", '"\\302\\233m"'),
        ("right\N{RIGHT-TO-LEFT OVERRIDE}left", '"right\\342\\200\\256left"'),
        (os.fsdecode(b"\xff"), '"\\377"'),
    ],
)
def test_names_are_quoted_as_git_does(name: str, told: str) -> None:
    assert quoted(name) == told
    assert told.isprintable()


FOLDER, SPECIAL = State(Entry.FOLDER, 0o755), State(Entry.SPECIAL, 0o644)


def text(content: str, mode: int = 0o644) -> State:
    return State.of(content.encode(), mode)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Change.between("d", None, FOLDER), "# new folder d\n"),
        (Change.between("d", None, State(Entry.FOLDER, 0o777)), "# new folder d, mode 0777\n"),
        (Change.between("d d", FOLDER, None), "# deleted folder d d\n"),
        (
            Change.between("d", FOLDER, State(Entry.FOLDER, 0o700)),
            "# folder d, mode 0755 to 0700\n",
        ),
        (Change.between("p", None, SPECIAL), "# new p (no file, folder or link)\n"),
        (
            Change.between("l", None, link("a b")),
            (
                "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n"
                "@@ -0,0 +1 @@\n+a b\n\\ No newline at end of file\n"
            ),
        ),
        (
            Change.between("s", text("x"), text("x", 0o755)),
            "diff --git a/s b/s\nold mode 100644\nnew mode 100755\n",
        ),
        (Change.between("s", text("x"), text("x", 0o600)), "# s, mode 0644 to 0600\n"),
        (
            Change.between("s", None, text("", 0o666)),
            "# new s, mode 0666\ndiff --git a/s b/s\nnew file mode 100644\n",
        ),
        (
            Change.between("s", None, text("x" * (2 << 20), 0o755)),
            "# new s, too large to show: 2 MiB, mode 0755\n",
        ),
        (
            Change.between("s", None, text("", 0o4755)),
            "# new s, mode 4755\ndiff --git a/s b/s\nnew file mode 100755\n",
        ),
        (
            Change.between("b", text("a b\n"), text("a\n"), "a"),
            (
                "diff --git a/a b/b\nrename from a\nrename to b\n--- a/a\n+++ b/b\n@@ -1 +1 @@\n"
                "-a b\n+a\n"
            ),
        ),
        (
            Change.between("big", text("1\n"), text("1\n" * 650_000)),
            "# big, too large to show: 1.2 MiB\n",
        ),
        (
            Change.between("bin", None, State.of(b"\0", 0o644)),
            "diff --git a/bin b/bin\nnew file mode 100644\nBinary files /dev/null and b/bin differ\n",
        ),
    ],
)
def test_each_kind_is_told(change: Change, told: str) -> None:
    assert diff([change]) == told


def git(root: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ("git", *arguments),
        cwd=root,
        input=given.encode(),
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent), "LC_ALL": "C"},
        capture_output=True,
        check=False,
    )


def as_git_sees_it(root: Path) -> dict[str, tuple[str, bool, bytes | str]]:
    """Without folders, and of modes only whether a file is a program."""
    return {
        path: (what, bool(mode & 0o100), content)
        for path, (what, mode, content) in photograph(root).items()
        if what != "folder"
    }


def taken_by_git(root: Path, changes: Sequence[Change]) -> None:
    told = "".join(patch(changes))
    if not any(line.startswith("diff --git") for line in told.splitlines()):
        return
    for options in (("--check",), ()):
        done = git(root, "apply", "--whitespace=nowarn", *options, given=told)
        assert done.returncode == 0, (done.stderr, told)


@settings(max_examples=60, deadline=None)
@given(
    first=acts,
    then=acts,
    more=st.lists(st.sampled_from(["one", "two\n", "tab\tend \n", "\r\n", "é"]), max_size=6),
)
def test_what_git_applies_is_the_same_tree(
    first: Sequence[Act], then: Sequence[Act], more: Sequence[str]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        root.mkdir()
        act(root, (*FIRST, *first))
        wanted = copied(root, Path(folder, "wanted"))
        content = "".join(more).encode()
        act(wanted, (*then, Act("write", "text", content=content, mode=0o644)))
        taken_by_git(root, differences(root, wanted))
        assert as_git_sees_it(root) == as_git_sees_it(wanted)


def test_a_renaming_with_another_text_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a b").write_text("one\ntwo\n")
    (tmp_path / "a b").chmod(0o644)
    before, after = text("one\ntwo\n"), text("one\n2\n", 0o755)
    change = Change.between("c\t\N{WHITE SQUARE}", before, after, "a b")
    assert change.kind is Kind.RENAMED
    taken_by_git(tmp_path, [change])
    assert as_git_sees_it(tmp_path) == {"c\t\N{WHITE SQUARE}": ("file", True, b"one\n2\n")}


_BYTES = st.binary(max_size=9).map(lambda each: each * 40) | st.binary(max_size=200)


@settings(max_examples=40, deadline=None)
@given(before=_BYTES, after=_BYTES, is_new=st.booleans(), mode=st.sampled_from([0o644, 0o755]))
def test_what_is_no_text_is_taken_and_taken_back(
    before: bytes, after: bytes, is_new: bool, mode: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        if not is_new:
            (root / "a b").write_bytes(before)
            (root / "a b").chmod(0o644)
        then = State.of(b"\0" + after, mode)
        change = Change.between("a b", None if is_new else State.of(before, 0o644), then)
        stood = as_git_sees_it(root)
        taken_by_git(root, [change])
        assert as_git_sees_it(root) == {"a b": ("file", mode == 0o755, b"\0" + after)}
        done = git(root, "apply", "-R", given="".join(patch([change])))
        assert (done.returncode, as_git_sees_it(root)) == (0, stood), done.stderr


def test_what_is_too_large_or_gone_is_named_and_the_rest_is_taken(tmp_path: Path) -> None:
    large = State.of(os.urandom(1 << 20) + b"\0", 0o644)
    (kept := tmp_path / "kept").write_bytes(b"\0")
    gone = replace(State.of(b"\0", 0o644), content=None, place=str(kept))
    kept.write_bytes(b"1")
    (root := tmp_path / "root").mkdir()
    changes = [
        Change.between("large", None, large),
        Change.between("gone", None, gone),
        Change.between("small", None, State.of(b"\0\xff", 0o644)),
    ]
    told = "".join(patch(changes))
    assert told.startswith(
        "# new large, too large to show: 1 MiB\n# new gone, cannot be read any more\ndiff --git "
    )
    taken_by_git(root, changes)
    assert as_git_sees_it(root) == {"small": ("file", False, b"\0\xff")}


def test_of_much_that_is_no_text_the_first_is_written_out(tmp_path: Path) -> None:
    changes = [Change.between(f"{n}", None, State.of(b"\0" * 900_000, 0o644)) for n in range(9)]
    changes.append(Change.between("text", None, State.of(b"text\n", 0o644)))
    taken_by_git(tmp_path, changes)
    assert sorted(as_git_sees_it(tmp_path)) == ["0", "1", "2", "3", "text"]
    assert "# new 8, too large to show: 879 KiB\n" in [*patch(changes)]
