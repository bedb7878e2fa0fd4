"""Single words that are judged: names that speak of a secret, and values that look random. Pure."""

from __future__ import annotations

import re
from itertools import pairwise

from .secret_shapes import (
    DENIED,
    ENDINGS,
    KEYS,
    NAMES,
    NO_ENDINGS,
    OTHERWISE,
    PERHAPS,
    PUBLIC,
)

_UPPER, _LOWER = "[A-ZÀ-ÖØ-Þ]", r"[^\W\d_A-ZÀ-ÖØ-Þ]"
_PARTS = re.compile(rf"{_UPPER}+(?!{_LOWER})|{_UPPER}?{_LOWER}+|\d+")

_DENSE = re.compile(r"(?<![\w+/=-])(?<!\.)[\w+=-][\w+/=-]{15,}")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_HASH = re.compile(r"(?:0x)?(?:[0-9a-f]{7,}|[0-9A-F]{7,})")
_PUBLIC = re.compile("|".join(PUBLIC))
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OF_HASHES = re.compile(
    r"(?<![\w-])(?:git|gh|hub|glab|tig|jj|sha\d*sum|md5sum|docker|podman|nix|nix-store"
    r"|ostree|ipfs|gpg2?|apt-key)\s|sha\d+[:-]|md5[:=]|@sha|(?i:etag|if-(?:none-)?match)\b"
    r"|/[\w.-]+[:@][0-9a-f]{40}\b"
)


def names_secret(name: str) -> bool | None:
    """Whether it is the name of a secret; False: perhaps."""
    words = [each.lower() for each in _PARTS.findall(name)]
    if not words or words[-1] in OTHERWISE or "existing" in words:
        return None
    if words[0] in DENIED and len(words) > 1:
        return None
    for before, word in zip(["", *words], words, strict=False):
        if word in NAMES and word != "pwd":
            return True
        if word == "pwd" and name not in ("PWD", "OLDPWD"):
            return True
        if word in ("key", "keys") and before in KEYS:
            return True
        if word.endswith(ENDINGS) and word not in NO_ENDINGS:
            return True
    return False if not PERHAPS.isdisjoint(words) else None


def looks_odd(value: str) -> bool:
    """Whether no person would have chosen it as a name."""
    kinds = [any(map(test, value)) for test in (str.isdigit, str.islower, str.isupper)]
    if len(value) < 8 or value.startswith(("/", "./", "~", "$")):
        return False
    return sum(kinds) >= 2 and kinds[0] and not re.search(r"\.(?:[A-Za-z]\w{0,4}|7z)$|/\w+/", value)


def without_random(text: str, instead: str) -> str:
    """``text`` with ``instead`` for each word of random characters.

    A hash stays where the text is of hashes, and so does what is told to everybody.
    """
    of_hashes = _OF_HASHES.search(text) is not None
    return _DENSE.sub(lambda m: _dense(m[0], instead, of_hashes=of_hashes), text)


def _dense(word: str, instead: str, *, of_hashes: bool) -> str:
    def shown(part: str) -> str:
        bare = part.strip("+-")
        if _PUBLIC.fullmatch(bare) or (of_hashes and _HASH.fullmatch(bare)):
            return part
        if _HEX.fullmatch(bare):
            return instead
        return instead if _is_random(part) and not _UUID.fullmatch(bare) else part

    return instead if _is_base64(word) else "".join(map(shown, re.split(r"([/=])", word)))


def _is_base64(word: str) -> bool:
    """A whole that has slashes in it; a path has words between them."""
    if len(word) < 32 or "/" not in word or not _mixed(word):
        return False
    kinds = [(c.isdigit(), c.isupper()) for c in word if c.isalnum()]
    return sum(one != other for one, other in pairwise(kinds)) >= 0.4 * len(kinds)


def _mixed(text: str) -> bool:
    return (
        any(map(str.isdigit, text)) and any(map(str.isupper, text)) and any(map(str.islower, text))
    )


def _is_random(word: str) -> bool:
    """Whether capitals, letters and digits take turns as in no word."""
    letters = [each for each in word if each.isalnum()]
    if len(letters) < 16:
        return False
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in letters]
    turns = sum(one != other for one, other in pairwise(kinds))
    digits = kinds.count("d")
    groups = sum(k == "d" and (i == 0 or kinds[i - 1] != "d") for i, k in enumerate(kinds))
    if len(set(kinds)) == 3 and turns >= len(kinds) * 0.34 and groups >= 2:
        return True
    is_whole = max(map(len, re.split(r"[_-]", word))) >= 16
    return is_whole and digits >= 3 and groups >= 4 and turns >= len(kinds) * 0.3
