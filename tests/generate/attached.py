"""Which files editors hand to the server: those that analyzers which come with us look at, switched
on or not, and what audits of dependencies read."""

from __future__ import annotations

from collections.abc import Iterable

from understudy.analyzers.base import Analyzer
from understudy.analyzers.table import BUILT_IN, OPTIONAL
from understudy.tasks.audits.workspace import MANIFESTS

_OURS = (*BUILT_IN, *OPTIONAL)
_OF_ANYTHING = frozenset({"detect-secrets", "kingfisher", "semgrep"})
"""Off until they are wanted, and then for almost any text."""
STARTING = tuple(each for each in _OURS if each.name not in _OF_ANYTHING)
"""In Neovim what is opened starts a server, which is no surprise in files of these."""
_LANGUAGES = frozenset(name for each in _OURS for name in each.languages)
"""As VS Code calls them; they count where a file's name has no suffix."""
_GLOBS = frozenset(glob for each in _OURS for glob in each.patterns)


def suffixes(tools: Iterable[Analyzer]) -> frozenset[str]:
    globs = {suffix for each in tools for suffix in (*each.suffixes, *each.patterns)}
    ends = {glob.removeprefix("*") for glob in globs}
    return frozenset(
        end for end in ends if end[0] == "." and end.count(".") == 1 and "/" not in end
    )


_SUFFIXES = suffixes(_OURS)
_NAMES = frozenset(
    glob
    for glob in (*_GLOBS, *MANIFESTS, *(name for each in _OURS for name in each.names))
    if not glob.endswith(tuple(_SUFFIXES))
)
"""How the paths end of those that no suffix tells of, as globs."""

_FILETYPES = {
    ".Dockerfile": "dockerfile",
    ".bash": "sh",
    ".bats": "sh",
    ".cjs": "javascript",
    ".cts": "typescript",
    ".js": "javascript",
    ".jsx": "javascriptreact",
    ".ksh": "sh",
    ".mjs": "javascript",
    ".mts": "typescript",
    ".py": "python",
    ".pyi": "python",
    ".pyw": "python",
    ".ts": "typescript",
    ".tsx": "typescriptreact",
    ".txt": "requirements",
    ".yml": "yaml",
}
"""Neovim's names by suffix or name, in all its versions, where it is not the suffix itself."""
_MANIFESTS = frozenset({".txt", ".toml", ".json", ".yml"})
"""Of manifests and workflows. That of a text is for requirements alone."""
_NOTHING = frozenset({".dash"})
"""Suffixes of which no version of Neovim knows anything."""


def visual_studio_code() -> str:
    """client-vscode/src/attached.ts"""
    globs = [f"**/*{{{','.join(sorted(_SUFFIXES))}}}", f"**/{{{','.join(sorted(_NAMES))}}}"]
    return (
        "// Generated from the analyzers and the audits: `make generate`\n"
        "/** Languages whose files go to the server whatever they are called. */\n"
        f"export const LANGUAGES = [\n{_lines(_LANGUAGES)}];\n"
        "/** Globs of the files that go there whatever their language is called. */\n"
        f"export const PATTERNS = [\n{_lines(globs)}];\n"
    )


def neovim() -> str:
    """client-nvim/lua/understudy/filetypes.lua"""
    kinds = (suffixes(STARTING) | _MANIFESTS) - _NOTHING
    names = {_FILETYPES.get(kind, kind[1:]) for kind in kinds}
    return (
        "-- Generated from the analyzers and the audits: `make generate`\n"
        f"return {{\n{_lines(names)}}}\n"
    )


def _lines(words: Iterable[str]) -> str:
    return "".join(f'  "{word}",\n' for word in sorted(words))
