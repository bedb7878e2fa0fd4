"""detect-secrets as a function: its settings from a baseline, its findings in a text.

Its own loop calls every plug-in and filter for every line. Here that is done for lines in which the
expressions of a plug-in occur at all: the findings are the same, in a tenth of the time. That uses
functions of ``detect_secrets.core.scan`` that are private: the version is pinned to 1.5.x, and
``tests/core/test_agreement.py`` and ``test_secrets.py`` hold it to what ``detect-secrets scan``
says.
"""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from ...text import digest
from . import BASELINE, FILE, NAME, Context, path_of
from .promising import plugins, plugins_for

if TYPE_CHECKING:
    from detect_secrets.core.potential_secret import PotentialSecret

_VERIFIES = "detect_secrets.filters.common.is_ignored_due_to_verification_policies"
_WANTS_A_FILE = "detect_secrets.filters.common.is_invalid_file"
_LISTS = ("plugins_used", "filters_used")


class Baseline(NamedTuple):
    """What is wrong with it; and the kinds and hashes of the secrets that it knows, by file."""

    problem: str = ""
    known: dict[str, frozenset[tuple[str, str]]] = {}  # noqa: RUF012 - never changed


@lru_cache(maxsize=1)
def prepare(context: Context) -> Baseline:
    """Have detect-secrets work as a baseline says, or by its defaults. Its settings are of the
    whole process: what was prepared last holds, and that alone is kept."""
    from detect_secrets import settings
    from detect_secrets.core import baseline, scan
    from detect_secrets.core.plugins import util

    logging.getLogger(NAME).setLevel(logging.CRITICAL + 1)  # it quotes what it leaves out
    vars(scan)["_process_line_based_plugins"] = _process
    table: dict[str, Any] = {}
    try:
        settings.cache_bust()
        util.get_mapping_from_secret_type_to_class.cache_clear()
        plugins.cache_clear()
        _kept.clear()
        if context.baseline:
            table = _absolute(json.loads(context.baseline), context.base)
            baseline.load(table, filename=BASELINE)
        else:
            with settings.default_settings() as defaults:
                pass
            settings.get_settings().set(defaults)
        settings.get_settings().disable_filters(_WANTS_A_FILE, _VERIFIES)
        settings.get_plugins()
        known = {
            name: frozenset((row["type"], row["hashed_secret"]) for row in rows)
            for name, rows in table.get("results", {}).items()
        }
    except Exception as error:  # noqa: BLE001 - the project's own plug-ins raise what they like
        where = os.path.join(context.base, BASELINE)
        return Baseline(f"{where} cannot be used ({type(error).__name__}: {error})")
    return Baseline(known=known)


def _absolute(table: dict[str, Any], base: str) -> dict[str, Any]:
    """A baseline that names files from the root of the disk: it had named them from its folder."""

    def absolute(row: dict[str, Any]) -> dict[str, Any]:
        path = str(row.get("path", ""))
        if not path.startswith(FILE):
            return row
        file = path_of(path)
        return row | {"path": path.replace(file, os.path.join(base, file), 1)}

    return table | {key: [absolute(row) for row in table[key]] for key in _LISTS if key in table}


def passes_over(name: str) -> bool:
    """Whether the filters leave out a file with this name."""
    from detect_secrets.core import scan

    return scan._is_filtered_out(["filename"], filename=name)  # noqa: SLF001 - as scan_file asks


class _File(io.StringIO):
    def __init__(self, name: str, text: str) -> None:
        super().__init__(text, newline=None)
        self.name = name


def scan(name: str, text: str) -> Sequence[PotentialSecret]:
    """What ``detect_secrets.core.scan.scan_file`` finds in a file with this name and text, which
    need not be there: it opens the text. Kept until something else is prepared, for what each tool
    says of a text is masked by it."""
    from detect_secrets.core import scan

    key = name, digest(text.encode("utf-8", "surrogatepass"))
    if key not in _kept:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        vars(scan)["open"] = lambda name: _File(name, text)
        _kept[key] = tuple(scan.scan_file(name))
    return _kept[key]


_MOST_KEPT = 1_000
_kept: dict[tuple[str, str], tuple[PotentialSecret, ...]] = {}
"""By the file's name and the text's digest."""


def _process(lines: Sequence[tuple[int, str]], filename: str) -> Iterator[PotentialSecret]:
    """In place of ``detect_secrets.core.scan._process_line_based_plugins``."""
    from detect_secrets.core import scan
    from detect_secrets.util.code_snippet import get_code_snippet

    content = [line for _, line in lines]
    text = "\n".join(line.rstrip() for line in content)
    plugins = plugins_for(text)
    for number, whole in lines:
        line = whole.rstrip()
        promising = [each.plugin for each in plugins if each.may_find(line)]
        if not promising:
            continue
        about: dict[str, Any] = {
            "filename": filename,
            "line": line,
            "context": get_code_snippet(content, number),
        }
        # Of lines with nothing in them the filters, which take longer, are not asked.
        found = [
            (plugin, secret)
            for plugin in promising
            for secret in scan._scan_line(plugin, line_number=number, **about)  # noqa: SLF001
        ]
        if not found or scan._is_filtered_out(["line"], **about):  # noqa: SLF001
            continue
        for plugin, secret in found:
            own = {"secret": secret.secret_value, "plugin": plugin, **about}
            if not scan._is_filtered_out(["context"], **own):  # noqa: SLF001
                yield secret
