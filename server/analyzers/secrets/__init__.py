"""detect-secrets: passwords, keys and tokens in code and configuration, from inside a warm worker.

The project's ``.secrets.baseline`` holds: its plug-ins and filters configure the tool, what it
lists is known. Secrets are never verified, for that asks the services that they are for.
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ...model import Tier
from ...settings import Settings
from ..base import Analyzer, As, Configuration, Files, fingerprint, upwards
from ..installations import installed, stamp_of
from ..parsing import MALFORMED, text_of

NAME = "detect-secrets"
BASELINE = ".secrets.baseline"
_OWN = "detect_secrets."
HARDCODED_CREDENTIALS = 798
"""The weakness that a secret in a file is."""
FILE = "file://"


class Context(NamedTuple):
    """``base`` is the folder from which names count, in the baseline and for filters: the one that
    has a baseline, else the root. ``baseline`` is its text (empty: there is none), ``problem`` what
    is wrong with it, and ``code`` names the contents of the files that it has run."""

    base: str
    baseline: str = ""
    problem: str = ""
    code: str = ""


def _configure(folder: Path, root: Path, _: Settings, files: Files) -> Configuration:
    """The nearest baseline at or below the root holds. Plug-ins and filters that it names outside
    of detect-secrets are code of the workspace."""
    context = Context(str(root))
    code: tuple[str, ...] = ()
    for place in upwards(folder):
        if (content := files.read(place / BASELINE)) is not None:
            text, code, problem = _reading(content, place)
            context = Context(str(place), text, problem)
            break
        if stamp_of(place / BASELINE) is not None:
            why = f"{place / BASELINE} cannot be read, or has more than 1 MiB"
            context = Context(str(place), problem=why)
            break
        if place == root:
            break
    if code:
        contents = [files.read(Path(path)) for path in code]
        context = context._replace(code=fingerprint(contents))
    return Configuration(context, key=fingerprint(context), needs_trust=bool(code))


def masking(folder: Path, root: Path, settings: Settings, files: Files) -> Context:
    """By which rules secrets are found to be masked in what any tool says: those of the project,
    but by detect-secrets' defaults where its baseline is broken or names code of the workspace,
    which is not run in the name of other tools."""
    own = _configure(folder, root, settings, files)
    context = Context(*own.context)
    return Context(context.base) if own.needs_trust or context.problem else context


@lru_cache(maxsize=16)
def _reading(content: bytes, place: Path) -> tuple[str, tuple[str, ...], str]:
    """The baseline's text, the code that it names (by absolute paths where it is files), and what
    is wrong with it."""
    try:
        text = content.decode()
        table = json.loads(text)
        named = [text_of(row.get("path", "")) for row in table.get("plugins_used", ())]
        named += [text_of(row["path"]) for row in table.get("filters_used", ())]
    except MALFORMED as error:
        return "", (), f"{place / BASELINE} cannot be read: {error}"
    code = [path for path in named if path and not path.startswith(_OWN)]
    return text, tuple(os.path.join(place, path_of(path)) for path in code), ""


def path_of(named: str) -> str:
    """The file in which a plug-in or filter lies that a baseline names; a module's own name."""
    return named.removeprefix(FILE).partition("::")[0]


ANALYZER = Analyzer(
    name=NAME,
    title=NAME,
    tier=Tier.DEEP,
    suffixes=frozenset(
        {
            *(".bash", ".c", ".cc", ".cfg", ".cjs", ".cnf", ".conf", ".config", ".cpp", ".cs"),
            *(".env", ".go", ".gradle", ".h", ".hcl", ".htm", ".html", ".ini", ".java", ".js"),
            *(".json", ".jsonc", ".jsx", ".key", ".kt", ".md", ".mjs", ".pem", ".php", ".pl"),
            *(".properties", ".ps1", ".py", ".pyi", ".pyw", ".rb", ".rs", ".rst", ".scala"),
            *(".sh", ".sql", ".swift", ".tf", ".tfvars", ".toml", ".ts", ".tsx", ".txt"),
            *(".vue", ".xml", ".yaml", ".yml"),
        }
    ),
    names=frozenset(
        {
            *(".env", ".env.development", ".env.example", ".env.local", ".env.production"),
            *(".env.staging", ".env.test", ".envrc", ".git-credentials", ".htpasswd", ".netrc"),
            *(".npmrc", ".pypirc", ".yarnrc", "Dockerfile", "Jenkinsfile", "Makefile"),
            *("Procfile", "credentials", "id_dsa", "id_ecdsa", "id_ed25519", "id_rsa"),
        }
    ),
    without=(
        *(".min.cjs", ".min.js", ".min.mjs", "-lock.json", "-lock.yaml", ".lock.json"),
        "npm-shrinkwrap.json",
    ),
    notebooks=As.TEXT,
    languages=frozenset({"dotenv", "ini", "json", "python", "shellscript", "toml", "yaml"}),
    check=f"{__name__}.child:check",
    explain=f"{__name__}.child:explain",
    configure=_configure,
    version=lambda: installed("detect-secrets"),
    enabled=lambda settings: settings.secrets.enabled,
    timeout=lambda settings: settings.secrets.timeout_seconds,
    preload=(f"{__name__}.child",),  # the rest when it is wanted
    sources=frozenset({BASELINE}),
)
