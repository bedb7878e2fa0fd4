"""The analyzers that exist, in the order in which they are listed to people."""

from __future__ import annotations

from ..settings import Settings
from . import bandit, eslint, pylint, ruff, secrets
from .base import Analyzer
from .complexity import complexipy, radon
from .plugins import plugins
from .programs import hadolint, kingfisher, mypy, semgrep, shellcheck, ty, zizmor
from .programs.declared import declared

BUILT_IN: tuple[Analyzer, ...] = (
    ruff.ANALYZER,
    complexipy.ANALYZER,
    bandit.ANALYZER,
    radon.ANALYZER,
    eslint.ANALYZER,
    secrets.ANALYZER,
)
MEASURING = frozenset({complexipy.NAME, radon.NAME})
"""Those whose reports have figures."""
OPTIONAL: tuple[Analyzer, ...] = (
    pylint.ANALYZER,
    zizmor.ANALYZER,
    shellcheck.ANALYZER,
    hadolint.ANALYZER,
    mypy.ANALYZER,
    ty.ANALYZER,
    semgrep.ANALYZER,
    kingfisher.ANALYZER,
)
"""Programs that are not installed with us; nothing is said of them while they are off."""

_OURS = (*BUILT_IN, *OPTIONAL)
SOURCES = frozenset(name for analyzer in _OURS for name in analyzer.sources)
"""Names of the files that configure ours; a folder below the root that has none of them has its
parent's configuration."""


def analyzers(settings: Settings) -> tuple[Analyzer, ...]:
    """Those that are switched on, each with a name of its own: ours go before the user's."""
    known = _known.get(id(settings))
    if known is None or known[0] is not settings:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        known = _known[id(settings)] = (settings, _switched_on(settings))
    return known[1]


_MOST_KNOWN = 16
_known: dict[int, tuple[Settings, tuple[Analyzer, ...]]] = {}
"""It is asked for every file; settings are too large to be compared."""


def _switched_on(settings: Settings) -> tuple[Analyzer, ...]:
    ours = [each for each in _OURS if each.enabled(settings)]
    own: dict[str, Analyzer] = {}
    for each in (*declared(settings), *plugins(settings)):
        if each.name not in NAMES:
            own.setdefault(each.name, each)
    return (*ours, *own.values())


NAMES = frozenset(each.name for each in _OURS)
"""Those that the user's own cannot have."""


def sources(settings: Settings) -> frozenset[str]:
    """Names of the files that configure those that are switched on."""
    return frozenset(name for each in analyzers(settings) for name in each.sources)


def named(settings: Settings) -> frozenset[str]:
    """The files and folders, from the root on, that the settings name to configure them."""
    return frozenset(path for each in analyzers(settings) for path in each.named(settings))


def endings(settings: Settings) -> frozenset[str]:
    """How the paths of all files end that one of them may look at."""
    return frozenset(end for each in analyzers(settings) for end in each.endings)
