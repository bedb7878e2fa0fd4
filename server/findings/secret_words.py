"""Single words that are judged: names that speak of a secret, and values that look random. Pure."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from .secret_shapes import (
    DENIED,
    ENDINGS,
    KEYS,
    MISTYPED,
    NAMES,
    NO_ENDINGS,
    NOT_MISTYPED,
    OTHERWISE,
    PERHAPS,
    PUBLIC,
)

_UPPER, _LOWER = "[A-ZÀ-ÖØ-Þ]", r"[^\W\d_A-ZÀ-ÖØ-Þ]"
_PARTS = re.compile(rf"{_UPPER}+(?!{_LOWER})|{_UPPER}?{_LOWER}+|\d+")

_REFERENCE = re.compile(
    r"""["']?(?:\\?\$\{?\w+\}?(?:/[\w./-]*)?|\$\{\w+\[[@*\d]\]\}|\$[?#$!@*]|\$\((?!\s*(?:echo|printf)\b).*|%\w+%|\$\{\{.*|\{\{.*|`(?!\s*echo\b).*|\$env:\w+"""
    r"""|(?:file|env|fd|op):[\w/.~-]+|[\w-]+:latest|arn:[\w:/*.-]+|(?:\.[*+]|\[\^|\\[SwWdD])[^=]*"""
    r"""|(?:Get|Read|New|ConvertTo|Import)-[A-Z]\w+)["']?""",
    re.DOTALL,
)
_ORDINARY = re.compile(
    r"""[\w-]+(?:\.[\w-]+)*\.(?:[A-Za-z]+|[A-Za-z]\w{1,3}|7z|\d+)(?::\d+)?|\d[\d.,:x_-]*[a-zA-Z%]{0,3}|[^@\s]+@[\w-]+(?:\.[\w-]+)+"""
    r"""|@?[\w./-]+@(?:[v^~]?\d+(?:\.[\w-]+)*|latest)|[\w.-]+=.*|[\w.@*?-]+(?:/[\w.@*?-]+)+/?|[\w.-]+:\d+|\d{3,}_[a-z_]+"""
    r"""|.*(?:<secret>|://|[|;]).*|\*.*""",
    re.DOTALL,
)
_LIKE_PASSWORD = re.compile(
    r"(?![\w/.-]+[\^@~]\d*$)(?=.*\d)(?=.*[A-Za-z]{2})(?=.+[!#$^&%])[A-Za-z0-9](?:[\w@+?*-]|[!#^&]|[$](?!\w)|[$]{2}|%(?![A-Za-z]))+"
)
_SIGNS = frozenset("!$%&#^*?@+§~")
_DENSE = re.compile(r"(?<![\w+/=-])(?<!\.)[\w+=-][\w+/=-]{15,}")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_HASH = re.compile(r"(?:0x)?(?:[0-9a-f]{7,}|[0-9A-F]{7,})")
_PUBLIC = re.compile("|".join(PUBLIC))
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NAMED_HASH = re.compile(
    r"(?i:commit|revision|\brev|sha\d*|digest|checksum|etag|trace|request|build|span|parent|finalize"
    r"|fingerprint|integrity|btih|tag|release|snapshot|restore|namespace|block|\btx)(?:[-_/.]?\w+)?"
    r"[\"']?[ =:/]+[\"']?$|\barn:\S*$"
)
"""What stands before a hash that is none of a secret."""
_PART = re.compile(r"[^/=]+")
_SUFFIX = re.compile(r"\.[a-z]\w{0,4}\b")
_OF_HASHES = re.compile(
    r"(?<![\w-])(?:git|gh|hub|glab|tig|jj|sha\d*sum|md5sum|docker|podman|nix|nix-store"
    r"|ostree|ipfs|gpg2?|apt-key)\s|sha\d+[:-]|md5[:=]|@sha|(?i:etag|if-(?:none-)?match)\b"
    r"|/[\w.-]+[:@][0-9a-f]{40}\b"
)


def _mistyped(name: str) -> Iterator[str]:
    letters = string.ascii_lowercase
    for at in range(len(name)):
        before, after = name[:at], name[at + 1 :]
        yield before + after
        yield from (before + letter + after for letter in letters)
        yield from (before + letter + name[at:] for letter in letters)
        yield before + after[:1] + name[at] + after[1:]


_MISTYPED = frozenset(wrong for name in MISTYPED for wrong in _mistyped(name)) - NOT_MISTYPED


@lru_cache(maxsize=4096)
def names_secret(name: str) -> bool | None:
    """Whether it is the name of a secret; False: perhaps."""
    words = [each.lower() for each in _PARTS.findall(name)]
    if not words or words[-1] in OTHERWISE or "existing" in words:
        return None
    if words[0] in DENIED and len(words) > 1:
        return None
    for before, word in zip(["", *words], words, strict=False):
        if (word in NAMES and word != "pwd") or word in _MISTYPED:
            return True
        if word == "pwd" and name not in ("PWD", "OLDPWD"):
            return True
        if word in ("key", "keys") and before in KEYS:
            return True
        if word.endswith(ENDINGS) and word not in NO_ENDINGS:
            return True
    if len(words) > 1 and words[-1] == "auth" and name.isupper():
        return True
    return False if name == "PWD" or not PERHAPS.isdisjoint(words) else None


def is_reference(value: str) -> bool:
    """Whether it only tells where something is to be had: a variable, a command, a file."""
    return _REFERENCE.fullmatch(value) is not None


def is_ordinary(value: str) -> bool:
    """Whether it is a file, a host, a number, an assignment or the like."""
    return _ORDINARY.fullmatch(value) is not None


def looks_like_password(value: str) -> bool:
    """Whether it is that alone, wherever it stands: letters, digits and signs in one word."""
    return 6 <= len(value) <= 40 and _LIKE_PASSWORD.fullmatch(value) is not None


def is_chosen(value: str) -> bool:
    """Whether it has what a person puts into a password: digits or signs among letters."""
    if not 4 <= len(value) <= 200 or value[0] in "-/~.<{[(\\" or value.isalpha():
        return False
    if is_reference(value) or is_ordinary(value):
        return False
    return any(map(str.isalpha, value)) and (
        any(map(str.isdigit, value)) or not _SIGNS.isdisjoint(value)
    )


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
    if not _DENSE.search(text):
        return text
    of_hashes = _OF_HASHES.search(text) is not None

    def is_one(part: str, start: int) -> bool:
        bare = part.strip("+-")
        if _PUBLIC.fullmatch(bare) or _UUID.fullmatch(bare):
            return False
        if _HASH.fullmatch(bare) and (
            of_hashes
            or _NAMED_HASH.search(text, max(0, start - 100), start)
            or _SUFFIX.match(text, start + len(part))
        ):
            return False
        return _HEX.fullmatch(bare) is not None or _is_random(part)

    def judged(match: re.Match[str]) -> str:
        if _PUBLIC.fullmatch(match[0]):
            return match[0]
        if _is_base64(match[0]):
            return instead
        return _PART.sub(
            lambda m: instead if is_one(m[0], match.start() + m.start()) else m[0], match[0]
        )

    return _DENSE.sub(judged, text)


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
    if set(kinds) == {"u", "d"} and len(letters) >= 26 and groups >= 3 and word.isalnum():
        return True
    if len(letters) >= 18 and {"u", "l"} <= set(kinds) and turns >= len(kinds) * 0.42:
        return True
    if len(set(kinds)) == 3 and turns >= len(kinds) * 0.34 and groups >= 2:
        return True
    is_whole = max(map(len, re.split(r"[_-]", word))) >= 16
    return is_whole and digits >= 3 and groups >= 4 and turns >= len(kinds) * 0.3
