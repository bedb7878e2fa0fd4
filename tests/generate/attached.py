"""Which files editors hand to the server: those that analyzers which come with us look at, switched
on or not, and what audits of dependencies read."""

from __future__ import annotations

from collections.abc import Iterable

from understudy.analyzers.table import BUILT_IN, OPTIONAL
from understudy.tasks.audits.workspace import MANIFESTS

_OURS = (*BUILT_IN, *OPTIONAL)
_LANGUAGES = frozenset(name for each in _OURS for name in each.languages)
"""As VS Code calls them; they count where a file's name has no suffix."""
_GLOBS = frozenset(glob for each in _OURS for glob in each.patterns)
_SUFFIXES = frozenset(suffix for each in _OURS for suffix in each.suffixes) | {
    glob[1:] for glob in _GLOBS if glob.startswith("*.") and glob.count(".") == 1
}
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
    ".cc": "cpp",
    ".cjs": "javascript",
    ".cts": "typescript",
    ".env": "sh env",
    ".gradle": "groovy",
    ".h": "c cpp",
    ".htm": "html",
    ".ini": "dosini",
    ".js": "javascript",
    ".jsx": "javascriptreact",
    ".ksh": "sh",
    ".kt": "kotlin",
    ".md": "markdown",
    ".mjs": "javascript",
    ".mts": "typescript",
    ".pl": "perl",
    ".properties": "jproperties",
    ".py": "python",
    ".pyi": "python",
    ".pyw": "python",
    ".rb": "ruby",
    ".rs": "rust",
    ".tf": "tf terraform",
    ".tfvars": "terraform terraform-vars",
    ".ts": "typescript",
    ".tsx": "typescriptreact",
    ".txt": "text requirements",
    ".yml": "yaml",
    ".netrc": "netrc",
    ".npmrc": "dosini",
    "Dockerfile": "dockerfile",
    "Jenkinsfile": "groovy",
    "Makefile": "make",
}
"""Neovim's names by suffix or name, in all its versions, where it is not the suffix itself."""
_NOTHING = frozenset({".cnf", ".config", ".dash", ".key"})
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
    plain = {suffix[1:] for suffix in _SUFFIXES - _FILETYPES.keys() - _NOTHING}
    names = {name for words in _FILETYPES.values() for name in words.split()}
    return (
        "-- Generated from the analyzers and the audits: `make generate`\n"
        f"return {{\n{_lines(plain | names)}}}\n"
    )


def _lines(words: Iterable[str]) -> str:
    return "".join(f'  "{word}",\n' for word in sorted(words))
