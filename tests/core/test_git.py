"""git in repositories that want to run something, and what it tells of ordinary ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from understudy.git import (
    Blob,
    GitError,
    Push,
    Repository,
    hook_variables,
    is_stored_as,
    pushes,
)

from .repositories import Git
from .support import tree

ZERO = "0" * 40


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    git = Git.new(tmp_path)
    for name in Git.ISOLATION:
        monkeypatch.setenv(name, git.environment[name])
    return git


def names(blobs: tuple[Blob, ...]) -> set[str]:
    return {blob.path for blob in blobs}


def contents(repository: Repository, blobs: tuple[Blob, ...]) -> dict[str, bytes]:
    return {blob.path: content for blob, content in repository.contents(blobs)}


# ── nothing runs ────────────────────────────────────────────────────────────────────────────────


def everything(repository: Repository) -> None:
    """Every question that can be asked."""
    repository.hooks()
    head = repository.head()
    dict(repository.contents(repository.staged()))
    repository.changed("ORIG_HEAD", "HEAD")
    repository.renames("ORIG_HEAD")
    repository.last_change("a.py")
    repository.tree(repository.named("main..."))
    dict(repository.contents(repository.outgoing(Push("a", head.commit, "b", ""))))


CONFIGURED = {
    "core.fsmonitor": "touch {marker}; false",
    "core.pager": "touch {marker}; cat",
    "core.sshCommand": "touch {marker}; false",
    "core.askPass": "{script}",
    "core.gitProxy": "{script}",
    "core.alternateRefsCommand": "{script}",
    "core.editor": "{script}",
    "core.attributesFile": "{attributes}",
    "credential.helper": "!touch {marker}",
    "diff.external": "{script}",
    "diff.trap.command": "{script}",
    "diff.trap.textconv": "{script}",
    "filter.trap.clean": "{script}",
    "filter.trap.smudge": "{script}",
    "filter.trap.process": "{script}",
    "filter.trap.required": "true",
    "interactive.diffFilter": "{script}",
    "gpg.program": "{script}",
    "log.showSignature": "true",
    "pager.diff-index": "{script}",
    "pager.rev-parse": "{script}",
    "alias.rev-parse": "!touch {marker}",
    "alias.diff-index": "!touch {marker}",
    "alias.cat-file": "!touch {marker}",
    "index.version": "4",
    "core.splitIndex": "false",
}


def set_traps(git: Git, marker: Path) -> None:
    """All the programs that a repository can name; each makes ``marker``."""
    script = git.root / ".git/trap"
    script.write_text(f"#!/bin/sh\ntouch '{marker}'\ncat\n")
    script.chmod(0o755)
    attributes = git.root / ".git/info/attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("* filter=trap diff=trap merge=trap\n")
    for hook in ("post-index-change", "post-checkout", "pre-commit", "reference-transaction"):
        (git.root / ".git/hooks").mkdir(exist_ok=True)
        (git.root / ".git/hooks" / hook).write_text(f"#!/bin/sh\ntouch '{marker}'\n")
        (git.root / ".git/hooks" / hook).chmod(0o755)
    for key, value in CONFIGURED.items():
        git("config", key, value.format(marker=marker, script=script, attributes=attributes))


def test_nothing_that_a_repository_names_is_run(git: Git, tmp_path: Path) -> None:
    git.commit({"a.py": "x = 1\n", ".gitattributes": "* filter=trap diff=trap\n"})
    git.commit({"a.py": "x = 2\n"})
    git("update-ref", "ORIG_HEAD", "HEAD~1")
    tree(git.root, {"a.py": "x = 3\n"})
    git("add", "a.py")
    tree(git.root, {"a.py": "x = 4\n"})
    marker = tmp_path / "marker"
    set_traps(git, marker)
    assert not marker.exists()
    index = (git.root / ".git/index").read_bytes()
    everything(Repository.at(git.root))
    assert not marker.exists()
    assert (git.root / ".git/index").read_bytes() == index
    git.run("status")  # the traps are armed
    assert marker.exists()


@pytest.mark.parametrize("trap", ["core.fsmonitor", "diff.external", "filter.trap.clean"])
def test_each_of_the_traps_is_one(git: Git, tmp_path: Path, trap: str) -> None:
    """A trap that never closes shows nothing."""
    git.commit({"a.py": "x = 1\n", ".gitattributes": "* filter=trap\n"})
    marker, script = tmp_path / "marker", tmp_path / "trap"
    script.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    script.chmod(0o755)
    git("config", trap, str(script))
    tree(git.root, {"a.py": "x = 3\n"})
    git.run("diff")
    assert marker.exists()
    marker.unlink()
    Repository.at(git.root).staged()
    assert not marker.exists()


def test_an_object_that_is_missing_is_not_fetched(git: Git, tmp_path: Path) -> None:
    """A partial clone asks its remote, which may be a command."""
    git.commit({"a.py": "x = 1\n"})
    tree(git.root, {"b.py": "y = 1\n"})
    git("add", "b.py")
    marker = tmp_path / "marker"
    script = tmp_path / "trap"
    script.write_text(f"#!/bin/sh\ntouch '{marker}'\n")
    script.chmod(0o755)
    for key, value in {
        "remote.origin.url": f"ext::{script}",
        "remote.origin.promisor": "true",
        "remote.origin.partialclonefilter": "blob:none",
        "extensions.partialClone": "origin",
        "core.repositoryFormatVersion": "1",
        "protocol.ext.allow": "always",
    }.items():
        git("config", key, value)
    repository = Repository.at(git.root)
    (blob,) = repository.staged()
    (git.root / ".git/objects" / blob.oid[:2] / blob.oid[2:]).unlink()
    with pytest.raises(GitError):
        dict(repository.contents([blob]))
    assert not marker.exists()
    git.run("cat-file", "-p", blob.oid)
    assert marker.exists()


def test_a_repository_of_another_user_is_refused(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setattr("understudy.git.running._KEPT", ("GIT_CONFIG_", "GIT_TEST_"))
    with pytest.raises(GitError, match="dubious ownership"):
        Repository.at(git.root)
    Path(git.environment["GIT_CONFIG_GLOBAL"]).write_text(f"[safe]\n\tdirectory = {git.root}\n")
    assert Repository.at(git.root).root == git.root


def test_what_the_environment_says_of_another_repository_does_not_count(
    git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git.beside(other)("init", "--quiet")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / "index"))
    assert Repository.at(git.root).common == git.root / ".git"
    assert Repository.at(git.root, hook_variables(os.environ)).common == other / ".git"


# ── where things are ────────────────────────────────────────────────────────────────────────────


def test_the_folder_of_hooks(git: Git, tmp_path: Path) -> None:
    git.commit({"pkg/a.py": ""})
    repository = Repository.at(git.root / "pkg")
    assert repository.root == git.root
    assert repository.hooks() == git.root / ".git/hooks"
    git("worktree", "add", "--quiet", str(tmp_path / "second"))
    second = Repository.at(tmp_path / "second")
    assert second.root == tmp_path / "second"
    assert second.hooks() == git.root / ".git/hooks"
    assert second.head().branch == "second"
    git("config", "core.hooksPath", "team/hooks")
    assert repository.hooks() == git.root / "team/hooks"
    assert second.hooks() == tmp_path / "second/team/hooks"
    git("config", "core.hooksPath", "~/hooks")
    assert repository.hooks() == tmp_path / "home/hooks"


def test_a_path_may_hold_an_end_of_line(git: Git, tmp_path: Path) -> None:
    odd = tmp_path / "two\nlines \N{SNOWMAN}"
    odd.mkdir()
    git.beside(odd)("init", "--quiet")
    assert Repository.at(odd).hooks() == odd / ".git/hooks"


def test_head(git: Git) -> None:
    repository = Repository.at(git.root)
    assert repository.head() == ("main", "")
    commit = git.commit({"a.py": ""})
    assert repository.head() == ("main", commit)
    git("checkout", "--quiet", "--detach")
    assert repository.head() == ("", commit)


@pytest.mark.parametrize("make", [lambda p: p.mkdir(), lambda p: None])
def test_no_repository_is_said(tmp_path: Path, make: Callable[[Path], None]) -> None:
    folder = tmp_path / "nothing"
    make(folder)
    with pytest.raises(GitError, match="nothing"):
        Repository.at(folder)


def test_no_git_is_said(git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitError, match="git is not installed"):
        Repository.at(git.root)


# ── contents ────────────────────────────────────────────────────────────────────────────────────


def test_what_is_staged_is_not_what_is_on_disk(git: Git) -> None:
    git("config", "core.autocrlf", "true")
    git("config", "core.quotePath", "true")
    odd = "caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{PARTY POPPER}\n.py"
    staged: dict[str, str | bytes] = {odd: "x = 1\n", "sub/b.bin": b"\0\n\xff\n", "empty.py": b""}
    tree(git.root, staged | {"gone.py": "1\n"})
    os.symlink("a.py", git.root / "link.py")
    git("add", "--all")
    repository = Repository.at(git.root)
    tree(git.root, {odd: "eval('later')\n", "untracked.py": ""})
    wanted = {odd: b"x = 1\n", "sub/b.bin": b"\0\n\xff\n", "empty.py": b"", "gone.py": b"1\n"}
    assert contents(repository, repository.staged()) == wanted
    git("commit", "--quiet", "-m", "all")
    assert repository.staged() == ()
    git("rm", "--quiet", "--cached", "gone.py")
    git("add", odd)
    assert contents(repository, repository.staged()) == {odd: b"eval('later')\n"}


def test_many_files_are_read_in_several_parts(git: Git) -> None:
    files: dict[str, str | bytes] = {f"f{n}.txt": f"{n}\n" * (n + 1) for n in range(257)}
    tree(git.root, files)
    git("add", "--all")
    repository = Repository.at(git.root)
    found = contents(repository, repository.staged())
    assert found == {name: str(text).encode() for name, text in files.items()}


def test_sha256(git: Git, tmp_path: Path) -> None:
    other = tmp_path / "sha256"
    other.mkdir()
    there = git.beside(other)
    there("init", "--quiet", "--object-format=sha256")
    tree(other, {"a.py": "x = 1\n"})
    there("add", "a.py")
    repository = Repository.at(other)
    assert contents(repository, repository.staged()) == {"a.py": b"x = 1\n"}


def test_the_index_of_the_commit_that_calls(git: Git, tmp_path: Path) -> None:
    """``git commit a.py`` takes only that file, from an index of its own."""
    git.commit({"a.py": "1\n", "b.py": "1\n"})
    tree(git.root, {"a.py": "2\n", "b.py": "2\n"})
    git("add", "b.py")
    seen = tmp_path / "seen"
    hook = git.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f"#!/bin/sh\nenv | grep ^GIT_ > '{seen}'\ncp \"$GIT_INDEX_FILE\" '{seen}.index'\n"
    )
    hook.chmod(0o755)
    git("commit", "--quiet", "-m", "one", "a.py")
    variables = hook_variables(dict(v.split("=", 1) for v in seen.read_text().splitlines()))
    assert "GIT_INDEX_FILE" in variables
    variables["GIT_INDEX_FILE"] = f"{seen}.index"
    git("update-ref", "HEAD", "HEAD~1")
    assert names(Repository.at(git.root, variables).staged()) == {"a.py"}


# ── between commits ─────────────────────────────────────────────────────────────────────────────


def test_what_changed_between_two_commits(git: Git) -> None:
    first = git.commit({"a.py": "1\n", "b.py": "1\n", "c.py": "1\n" * 20})
    os.rename(git.root / "c.py", git.root / "d.py")
    (git.root / "b.py").unlink()
    second = git.commit({"a.py": "2\n"})
    repository = Repository.at(git.root)
    assert names(repository.changed(first, second)) == {"a.py", "d.py"}
    assert contents(repository, repository.changed(first, "HEAD"))["a.py"] == b"2\n"
    git("update-ref", "ORIG_HEAD", first)
    assert names(repository.changed("ORIG_HEAD", "HEAD")) == {"a.py", "d.py"}


@pytest.mark.parametrize("revision", ["--output=/tmp/x", "-h", "", "ab cd", "f" * 40, "HEAD^{/x}"])
def test_what_is_no_commit_is_said(git: Git, revision: str) -> None:
    git.commit({"a.py": "1\n"})
    with pytest.raises(GitError):
        Repository.at(git.root).changed(revision, "HEAD")


def test_lines_of_a_push() -> None:
    one, two = "1" * 40, "2" * 40
    text = f"refs/heads/a {one} refs/heads/b {two}\n(delete) {ZERO} refs/heads/c {two}\n"
    text += f"HEAD~1 of it {one} refs/heads/d {ZERO}\n"
    assert pushes(text) == (
        Push("refs/heads/a", one, "refs/heads/b", two),
        Push("(delete)", "", "refs/heads/c", two),
        Push("HEAD~1 of it", one, "refs/heads/d", ""),
    )
    assert pushes("") == ()


@pytest.mark.parametrize("text", ["x\n", "a b c d\n", f"a {ZERO} b --all\n"])
def test_other_lines_are_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        pushes(text)


def test_what_a_push_brings(git: Git, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    git("init", "--quiet", "--bare", str(remote))
    git("remote", "add", "origin", str(remote))
    first = git.commit({"a.py": "1\n", "b.py": "1\n"})
    repository = Repository.at(git.root)
    fresh = Push("refs/heads/main", first, "refs/heads/main", "")
    assert names(repository.outgoing(fresh)) == {"a.py", "b.py"}
    git("push", "--quiet", "origin", "main")
    git.commit({"b.py": "2\n", "temporary.py": ""})
    (git.root / "temporary.py").unlink()
    last = git.commit({"c.py": "1\n"})
    known = Push("refs/heads/main", last, "refs/heads/main", first)
    branch = Push("refs/heads/new", last, "refs/heads/new", "")
    moved = Push("refs/heads/main", last, "refs/heads/main", "e" * 40)
    for push in (known, branch, moved):
        found = contents(repository, repository.outgoing(push))
        assert found == {"b.py": b"2\n", "c.py": b"1\n"}, push
    assert repository.outgoing(Push("(delete)", "", "refs/heads/main", first)) == ()


# ── what was changed, and what it was called ────────────────────────────────────────────────────


LONG = "".join(f"line {n}\n" for n in range(50))


def test_renames_are_those_of_the_index(git: Git) -> None:
    first = git.commit({"a b.py": LONG, "é.py": LONG.replace("line", "row"), "c.py": "x\n"})
    repository = Repository.at(git.root)
    assert repository.renames(first) == {}
    git("mv", "a b.py", "d.py")
    git.commit({"d.py": LONG + "more\n"})
    git("mv", "é.py", "\tf.py")
    assert repository.renames(first) == {"a b.py": "d.py", "é.py": "\tf.py"}


def test_the_last_change_of_a_file(git: Git) -> None:
    repository = Repository.at(git.root)
    assert repository.last_change("a.py") == "", "before the first commit"
    first = git.commit({"a.py": "x\n"})
    git.commit({"b.py": "x\n"})
    assert repository.last_change("a.py") == first
    assert repository.last_change("nowhere.py") == ""
    assert repository.last_change("*.py") == "", "a name is no pattern"


def test_what_a_person_calls_a_commit(git: Git) -> None:
    first = git.commit({"a.py": "x\n"})
    git("checkout", "-q", "-b", "work")
    second = git.commit({"a.py": "y\n"})
    git("checkout", "-q", "main")
    third = git.commit({"b.py": "y\n"})
    git("tag", "v1")
    git("checkout", "-q", "work")
    repository = Repository.at(git.root)
    for name, commit in (
        ("HEAD", second),
        ("main", third),
        ("v1", third),
        ("HEAD~1", first),
        ("main...", first),
        (first[:9], first),
    ):
        assert repository.named(name) == commit
    for name in ("", "...", "--all", "-x", "nowhere", "nowhere...", "HEAD:a.py", "main..work"):
        with pytest.raises(GitError, match="no commit"):
            repository.named(name)
    git("checkout", "-q", "--orphan", "other")
    git.commit({})
    with pytest.raises(GitError, match="in common"):
        repository.named("main...")


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_whether_bytes_are_a_blob(git: Git, kind: str) -> None:
    git("init", "--quiet", f"--object-format={kind}", "other")
    other = git.beside(git.root / "other")
    commit = other.commit({"a.py": b"\xff\r\n", "b/c.py": ""})
    tree_ = Repository.at(other.root).tree(commit)
    assert is_stored_as(b"\xff\r\n", tree_["a.py"].oid)
    assert is_stored_as(b"", tree_["b/c.py"].oid)
    assert not is_stored_as(b"\xff\n", tree_["a.py"].oid)
