"""Short texts, such as command lines, without their secrets. Pure, and linear in their length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .late_pattern import Late, compiled
from .secret_arguments import without_arguments
from .secret_by_program import without_of_programs
from .secret_carried import VALUE, without_carried
from .secret_shapes import KEY_BEGINS, KEY_ENDS, PLACE, PLAIN, TOKEN, TYPES_AND_VERBS
from .secret_words import is_chosen, is_reference, looks_odd, names_secret, without_random

SECRET = "<secret>"  # noqa: S105 - what stands instead of one
CUT = "…"
"""Stands, as a word of its own, where the rest of a long text was."""
LONGEST = 4_000
"""Characters of a text that are kept."""
_MOST_READ = 1 << 15
"""Characters of a text that are looked at; no command that was typed has more."""

_BLOCK = Late(("-----begin",), rf"(?s:{KEY_BEGINS}[A-Z ]*-----.*?(?:{KEY_ENDS}|\Z))")
_LOGIN = Late(("@",), r"(\w://)([^\s/:@\"'?#<>]+)(?=(?::[^\s/@\"']*)?@)")
_ADDRESSES = (
    Late(("://", "secret,"), rf"({PLACE})([^\s\"'<>]+)"),
    Late(
        ("@",),
        r"(\w:/{1,2}[^\s/:@\"'?#<>]*:)(?!\d{1,5}(?:/|\s|$))([^\s\"'/@]+(?:@[^\s\"'/@]+)*)(?=@)",
    ),
    # With slashes. It ends where another address begins: what is looked through for one is not for
    # the next.
    Late(
        ("@",),
        (
            r"(\w://[^\s/:@\"'?#<>]*:)(?!\d{1,5}(?:/|\s|$)|<secret>)"
            r"((?:[^\s\"'@:]|:(?!//))++)(?=@)"
        ),
    ),
    # Without a scheme.
    Late(
        ("@",),
        (
            r"""((?<![^\s=])["']?(?!(?:npm|jsr|file|git|github|workspace|patch):)[\w./\\-]+:)(?!//)"""
            r"""([^\s@:/"'$]+(?:@[^\s@:/"'$]+)*)(?=@(?!sha|latest)(?:[A-Za-z][\w.-]*|\d+(?:\.\d+){3})(?:[:/(\s"']|$))"""
        ),
    ),
    Late(("jdbc:oracle",), r"(\bjdbc:oracle:\w+:[^\s/@:]+/)([^\s@/]+)(?=@)"),
)
_HEADERS = (
    Late(
        ("auth",),
        (
            r"""((?i:authori[sz]ation|\bauthentication|x-auth|www-authenticate)\\?["']?\s*[:=]\\?\s*\\?["']?"""
            r"""(?:(?i:bearer|basic|token|digest|negotiate|apikey|key|hmac|splunk|discogs|bot|oauth"""
            r"""|genie[kK]ey|aws4-hmac-sha256|sso-key|klaviyo-api-key|deepl-auth-key)(?:\\?\s|=)++)?+)"""
            r"""((?!\$|(?i:bearer|basic|token|digest)(?:["'\\]|\s*$))[^"'\r\n\s\\]+"""
            r"""(?:,?[ ]*[\w-]+=[^\s"']+)*)"""
        ),
    ),
    Late(("cookie",), r"""((?i:\bcookie\\?["']?\s*[:=]\\?\s*))([^"'\r\n]+)"""),
    Late(
        ("bearer",),
        (
            r"""(\b(?:[Bb]earer|BEARER)(?:\\?\s|%20)+)"""
            r"""((?!\$)(?=[\w.~+/=-]{16}|[\w.~+/=-]*\d)[\w.~+/=-]{6,})"""
        ),
    ),
)
_NAME = r"[^\W\d][\w.:/-]{0,100}|//[\w.:/-]{1,100}"
_ASSIGNED = re.compile(
    # First whether a name is before a sign at all: to look for its end costs more.
    # Names are no longer, and those of a path that long begin at each of its slashes.
    r"""(?<![\w.-])(?=[\w./-]{0,103}+(?::|[\]\\"']*+[ \t]*+[=:]))"""
    rf"""(-{{0,2}}(?:{_NAME}))"""
    r"""(\]?\\?["']?\]?[ \t]*(?::=|==?>?|(?<!:):(?!:))(?:\\(?=[ \t]))?[ \t]*"""
    r"""(?:["']?(?:\$\(|`)[ ]*(?:echo|printf)[ ]+(?:-\w+[ ]+)*+)?)"""
)
_OPTION = re.compile(r"""(?<!\S)(["']?--?[^\W\d_][\w.-]{0,60})([ \t]+|=)(?!-\w|--)""")
_BRACED = re.compile(r"\{[^{}\"':=,\n]+\}")
_A_VALUE = re.compile(f"{_BRACED.pattern}|{VALUE}", re.DOTALL)
_STRING = re.compile(r"""\\.|"(?:[^"\\]|\\.)*+"|'[^']*+'""", re.DOTALL)
_FILE = re.compile(
    r"(?:~|\.{1,2})?(?:/[\w.-]+){2,}\.\w{1,5}|(?:~|\.{1,2})(?:/[\w.-]+)+|/[a-z]?|[\w.-]+\.(?:pem|key|crt|cer|pub|gpg|asc|p12|pfx|jks|json|ya?ml)"
)
_FUNCTION = re.compile(r"[^\W\d]\w*(?:(?:\.|::|->)\w+)*")
_VERSION = re.compile(r"v?\d{1,5}(?:\.\d+)*(?:[-.]\w+)?")
_PROSE = re.compile(
    r"\b(?:git|hg|jj)\s[^|;&]{0,200}?\s(?:-\w*m|--message)[= ]|\bgh\s(?:pr|issue|release)\s"
)
_KEY_ID = re.compile(r"(?:0x)?(?:[0-9A-F]{16}|[0-9A-F]{40})")


def redacted(text: str, most: int = LONGEST) -> str:
    """``text`` with each secret replaced by ``SECRET``, and cut to ``most`` characters.

    What is so already stays as it is.
    """
    text = _cut(text, _MOST_READ)
    while (after := _cut(_once(text), most)) != text:
        text = after
    return text


def redacted_words(words: Iterable[str]) -> tuple[str, ...]:
    """Those of a command, also without what follows the name of a secret. A path stays."""
    found, name = [], ""
    for word in words:
        is_value = name.startswith("-") and names_secret(name) and not word.startswith("-")
        kept = word if word.startswith("/") else redacted(word, _MOST_READ)
        found.append(SECRET if is_value else kept)
        name = word
    return tuple(found)


def _once(text: str) -> str:
    small = text.lower()
    text = _BLOCK.sub(SECRET, text, small)
    for rule in _ADDRESSES:
        text = rule.sub(_second, text, small)
    text = _LOGIN.sub(_login, text, small)
    text = compiled(TOKEN).sub(SECRET, text)
    for rule in _HEADERS:
        text = rule.sub(_second, text, small)
    text = without_of_programs(text, _instead)
    text = without_carried(text, _instead)
    text = without_arguments(text, _instead)
    is_prose = _PROSE.search(text) is not None
    for pattern in (_ASSIGNED, _OPTION):
        text = "".join(_named(pattern, text, is_prose=is_prose))
    return without_random(text, SECRET)


def _cut(text: str, most: int) -> str:
    """Between words: a part of a secret cannot be told."""
    if len(text) <= most:
        return text
    kept = text[: most - len(CUT)]
    end = max(kept.rfind(" "), kept.rfind("\n"), kept.rfind("\t"))
    return f"{kept[: end + 1]}{CUT}"


def _instead(value: str) -> str:
    """With its quotes; what only names a variable or a file stays, and so does one character."""
    if len(value.strip("\"'")) <= 1 or value == CUT or is_reference(value):
        return value
    for quote in ('\\"', '"', "'"):
        if value.startswith(quote):
            inner = value[len(quote) :].removesuffix(quote)
            if quote == "'" and "'" in inner:
                return SECRET
            closing = quote if len(value) > len(quote) and value.endswith(quote) else ""
            return f"{quote}{SECRET}{closing}" if inner else value
    return SECRET


def _second(match: re.Match[str]) -> str:
    return match[1] + _instead(match[2])


def _login(match: re.Match[str]) -> str:
    """Who logs in, unless it is a token."""
    return match[1] + (SECRET if looks_odd(match[2]) and len(match[2]) >= 16 else match[2])


def _named(pattern: re.Pattern[str], text: str, *, is_prose: bool) -> Iterator[str]:
    """The text, and instead of each value behind the name of a secret what stands for it."""
    end = 0
    for match in pattern.finditer(text):
        name, between = match.groups()
        if match.start() < end or names_secret(name) is None:
            continue
        value = _A_VALUE.match(text, match.end())
        if value is None or _is_other(pattern, name, between, value):
            continue
        if (shown := _judged(name, value[0], is_prose=is_prose)) != value[0]:
            yield from (text[end : value.start()], shown)
            end = value.end()
        elif value[0][0] not in "\"'{[":
            yield text[end : value.end()]
            end = value.end()
    yield text[end:]


def _is_other(pattern: re.Pattern[str], name: str, between: str, value: re.Match[str]) -> bool:
    """Whether it only looks as if a name had that value."""
    name = name.strip("\"'")
    # A switch of some programs, after which the name comes, or where a secret is to be had.
    if name == "--secret" and (value[0][:3] == "id=" or names_secret(value[0]) is not None):
        return True
    if pattern is _OPTION:
        return not name.startswith("--") and len(name) <= 4 and not names_secret(name)
    if between == ":" and (
        "/" in name
        or name.startswith("arn:")
        or _VERSION.fullmatch(value[0])
        or not TYPES_AND_VERBS.isdisjoint((name.split(":")[-1], value[0]))
    ):
        return True
    if _FUNCTION.fullmatch(value[0]) and value.string[value.end() : value.end() + 1] == "(":
        return True
    quote = value[0][0]
    # It closes the string that the name is in.
    if quote in "\"'" and quote not in between:
        before = value.string[: value.start()]
        return len(before) <= LONGEST and quote in _STRING.sub("", before)
    # In prose, a word and a colon are followed by more than a word.
    if pattern is _ASSIGNED and between[:1] == ":" and between[-1] in " \t":
        rest = value.string[value.end() :].lstrip(" ")
        return value[0][0] not in "\"'\\" and bool(rest) and rest[0] not in "\"'\n\\,}"
    return False


def _judged(name: str, value: str, *, is_prose: bool) -> str:
    bare = value.strip("\"'\\")
    if not bare or bare.lower() in PLAIN or _FILE.fullmatch(bare):
        return value
    if bare[0] in "{[" and not _BRACED.fullmatch(bare):
        return value
    if names_secret(name):
        is_one = not (is_prose and bare.isalpha())
    else:
        is_one = (looks_odd(bare) and not _KEY_ID.fullmatch(bare)) or _is_code(name, bare)
        is_one |= name == "PWD" and is_chosen(bare)
    return _instead(value) if is_one else value


def _is_code(name: str, value: str) -> bool:
    """Whether it is a number that somebody has to remember, or gets for one time."""
    return 4 <= len(value) <= 10 and value.isdigit() and name.lower().endswith(("pin", "mfa"))
