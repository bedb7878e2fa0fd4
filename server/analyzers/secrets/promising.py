"""Which plug-ins of detect-secrets can find something in a text, and in which of its lines.

Most of their expressions occur nowhere in most texts, and some take long to say so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

_WORDS = {
    "ArtifactoryDetector": r"AKC|AP[\dA-F]",
    "CloudantDetector": r"cl(?:oudant|ou|)[_-]?(?:api)?(?:key|p|token)|cloudant\.com",
    "IbmCloudIamDetector": r"[a-z0-9_-]{44}",
    "IbmCosHmacDetector": r"secret[_-]?(?:access)?[_-]?key",
    "IPPublicDetector": r"\d\.\d",
    "MailchimpDetector": r"-us\d",
    "SlackDetector": r"xox[abpors]-|hooks\.slack",
    "SoftlayerDetector": r"softlayer|sl[_-]?(?:api)?[_-]?(?:key|p|token)",
    "TelegramBotTokenDetector": r"\d:[A-Za-z0-9_-]{35}",
}
"""By the name of a plug-in, what occurs in each text in which its expressions do; in small letters,
where they take either case. For those that take long, as they begin with what may not be there."""
_FOLDED = re.compile("[\u0130\u0131\u017f\u212a]")
"""What is not ASCII and yet a letter of it to an expression that takes either case."""


class Plugin(NamedTuple):
    """``expressions``: it finds something only in lines in which one of them occurs, and so only in
    texts in which it does. None when that is not known. ``words``: as ``_WORDS``; ``small``: it is
    for small letters."""

    plugin: Any
    expressions: tuple[re.Pattern[str], ...] | None
    words: re.Pattern[str] | None = None
    small: bool = False

    def may_find(self, line: str) -> bool:
        return self.expressions is None or any(each.search(line) for each in self.expressions)

    def lacks_words(self, text: str, small: str | None) -> bool:
        """``small``: the text in small letters, where that tells."""
        where = small if self.small else text
        return self.words is not None and where is not None and not self.words.search(where)


def plugins_for(text: str) -> list[Plugin]:
    """Those that may find something in a text, with those of their expressions that occur in it."""
    small = None if _FOLDED.search(text) else text.lower()
    found = []
    for each in plugins():
        if each.expressions is None:
            found.append(each)
        elif not each.lacks_words(text, small):
            occurring = tuple(e for e in each.expressions if e.search(text))
            found += [each._replace(expressions=occurring)] if occurring else []
    return found


@lru_cache(maxsize=1)
def plugins() -> Sequence[Plugin]:
    """All that are set, until ``plugins.cache_clear()``."""
    from detect_secrets.settings import get_plugins

    return tuple(map(_known, get_plugins()))


def _known(plugin: Any) -> Plugin:
    from detect_secrets.plugins.base import RegexBasedDetector
    from detect_secrets.plugins.high_entropy_strings import HighEntropyStringsPlugin
    from detect_secrets.plugins.keyword import DENYLIST, KeywordDetector

    kind = type(plugin)
    if not kind.__module__.startswith("detect_secrets."):
        return Plugin(plugin, None)
    if isinstance(plugin, KeywordDetector):
        names = "|".join(DENYLIST)
        return Plugin(plugin, (re.compile(names, re.IGNORECASE),), re.compile(names), small=True)
    if isinstance(plugin, HighEntropyStringsPlugin):
        return Plugin(plugin, (plugin.regex,))
    if isinstance(plugin, RegexBasedDetector):
        expressions = tuple(plugin.denylist)
        words = _WORDS.get(kind.__name__)
        small = any(each.flags & re.IGNORECASE for each in expressions)
        return Plugin(plugin, expressions, re.compile(words) if words else None, small)
    return Plugin(plugin, None)
