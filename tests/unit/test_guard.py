"""What needs a consent by its name alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from understudy.journal.guard import CONSENTS, is_repository, needed, needed_for_link

NAMED = {
    "git": [
        *(".git/hooks/pre-commit", "sub/.GIT/config", ".git", ".husky/_/h", ".githooks/x"),
        *("lefthook.yml", ".lefthook.yml", "lefthook-local.yaml", "lefthook.toml"),
        *(".lefthook.toml", "lefthook.json", ".lefthook/pre-push/x.sh", ".gitconfig"),
        *(".config/git/config", ".pre-commit-config.yaml", ".overcommit.yml"),
    ],
    "editor": [
        *(".vscode/tasks.json", "app/.idea/x.xml", "x.code-workspace", "x.sublime-project"),
        *(".config/nvim/init.lua", ".vim/plugin/x.vim", ".nvim.lua", ".devcontainer.json"),
        *(".emacs.d/init.el", ".dir-locals-2.el", ".lazy.lua"),
    ],
    "agent": [".claude/settings.json", ".cursor/rules/x", ".mcp.json", ".codex/config.toml"],
    "CI": [
        *(".github/workflows/ci.yml", ".forgejo/workflows/x.yml", ".gitea/workflows/x.yml"),
        *(".buildkite/pipeline.yml", ".gitlab-ci.yml", ".gitlab-ci.yaml", "Jenkinsfile"),
        *(".circleci/config.yml", "azure-pipelines-2.yaml", ".cirrus.yml"),
    ],
    "tools": [
        *(".npmrc", ".yarnrc.yml", ".yarn/plugins/x.cjs", ".pnpmfile.cjs", "mise.toml"),
        *("mise.local.toml", ".mise.toml", ".cargo/config.toml", ".gdbinit", ".pdbrc", ".Rprofile"),
    ],
    "shell": [".bashrc", ".envrc", "home/.bash_profile", ".config/fish/conf.d/x.fish", ".zshenv"],
    "session": [
        *(".ssh/authorized_keys", ".local/bin/ls", ".local/share/applications/x.desktop"),
        *(".config/autostart/x.desktop", ".config/systemd/user/x.service"),
    ],
    "understudy": [".understudy/settings.json"],
}
PLAIN = [
    *("README.md", ".gitignore", "git/x", ".github/CODEOWNERS", ".config/app.toml", "Makefile"),
    *(".tool-versions", "package.json", "src/vscode/x", ".local/share/x", "pyproject.toml"),
    *("lefthook/x.py", "promise.toml", "cargo/config.toml"),
]


@pytest.mark.parametrize(
    ("path", "consent"), [(path, name) for name, paths in NAMED.items() for path in paths]
)
def test_what_programs_run_by_themselves_needs_its_consent(path: str, consent: str) -> None:
    assert needed(path) == {consent}
    assert needed(f"deep/er/{path.upper()}") == {consent}


@pytest.mark.parametrize("path", PLAIN)
def test_other_names_need_none(path: str) -> None:
    assert not needed(path)


@pytest.mark.parametrize(
    ("path", "consents"),
    [
        (".github", {"CI"}),
        (".config", {"git", "editor", "shell", "session", "tools"}),
        (".local/share", {"session"}),
        (".vscode", {"editor"}),
        (".github/workflows", {"CI"}),
        ("x/.yarn", {"tools"}),
        ("link", set()),
        (".github/CODEOWNERS", set()),
    ],
)
def test_a_link_can_bring_guarded_names_with_it(path: str, consents: set[str]) -> None:
    assert needed_for_link(path) == consents


@pytest.mark.parametrize(
    ("names", "is_one"),
    [
        (("HEAD", "objects", "refs"), True),
        (("objects", "refs", "config"), True),
        (("head", "Objects", "REFS"), True),
        (("HEAD", "commondir", "gitdir"), True),
        (("HEAD", "objects"), False),
        (("objects", "config"), False),
        (("commondir",), False),
        ((), False),
    ],
)
def test_what_git_may_take_for_a_repository(names: tuple[str, ...], *, is_one: bool) -> None:
    assert is_repository(names) is is_one


def test_every_consent_is_in_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs" / "undo.md").read_text()
    rows = dict(re.findall(r"^\| (\w+) \| (.*) \|$", page, re.MULTILINE))
    assert rows.keys() - {"consent"} == CONSENTS.keys()
