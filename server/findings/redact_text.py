"""Short texts, such as command lines, without their secrets. Pure, and linear in their length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .secret_shapes import (
    CALLS,
    NAMES,
    NOT_OF_A_USER,
    OF_A_USER,
    PLACES,
    PROGRAMS,
    QUOTE,
    SHAPES,
    TYPES_AND_VERBS,
)
from .secret_words import looks_odd, names_secret, without_random

SECRET = "<secret>"  # noqa: S105 - what stands instead of one
CUT = "…"
"""Stands, as a word of its own, where the rest of a long text was."""
LONGEST = 4_000
"""Characters of a text that are kept."""
_MOST_READ = 1 << 15
"""Characters of a text that are looked at; no command that was typed has more."""

_QUOTED = r"""\\"(?:[^"\\]|\\[^"])*+(?:\\"|\Z)|"(?:[^"\\]|\\.)*+(?:"|\Z)|'[^']*+(?:'|\Z)"""
_JOINED = r"""(?:"[^"\s]*+"|'[^'\s]*+')"""
_BARE = (
    rf"""(?:<secret>|\\.|[^\s"'`;|&<>(){{}}\\,]|[(){{}},<>](?=[^\s"'`;|&<>(){{}}\\,])|{_JOINED})"""
)
_VALUE = rf"(?:{_QUOTED}|\$[({{][^\s]*+|{_BARE}++)"
"""A word as a shell has it: quoted, or bare with quoted parts in it."""
_UNTIL_AND = rf"(?:{_QUOTED}|{_BARE}++)"

_BLOCK = re.compile(
    r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL
)
_SHAPE = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(SHAPES)})")
_PLACE = re.compile(rf"({'|'.join(PLACES)})([^\s\"'<>]+)")
_ADDRESS = re.compile(
    r"(\w://[^\s/:@\"'?#<>]*:)(?!\d{1,5}(?:/|\s|$))([^\s\"'/@]+(?:@[^\s\"'/@]+)*)(?=@)"
)
_ADDRESS_SLASHED = re.compile(
    r"(\w://[^\s/:@\"'?#<>]*:)(?!\d{1,5}(?:/|\s|$)|<secret>)((?:[^\s\"'@:]|:(?!//))++)(?=@)"
)
"""It ends where another address begins: what is looked through for one is not for the next."""
_NO_SCHEME = re.compile(
    r"""((?<!\S)["']?(?!(?:npm|jsr|file|git|github|workspace|patch):)[\w./\\-]+:)(?!//)"""
    r"""([^\s@:/"'$]+(?:@[^\s@:/"'$]+)*)(?=@(?!sha|latest)(?:[A-Za-z][\w.-]*|\d+(?:\.\d+){3})(?:[:/(\s"']|$))"""
)
_LOGIN = re.compile(r"(\w://)([^\s/:@\"'?#<>]+)(?=(?::[^\s/@\"']*)?@)")
_HEADER = re.compile(
    r"""((?i:authorization|x-auth|www-authenticate)\\?["']?\s*[:=]\\?\s*\\?["']?"""
    r"""(?:(?i:bearer|basic|token|digest|negotiate|apikey|key|hmac|splunk|discogs|bot|oauth"""
    r"""|genie[kK]ey|aws4-hmac-sha256|sso-key|klaviyo-api-key|deepl-auth-key)(?:\\?\s|=)++)?+)"""
    r"""((?!\$)[^"'\r\n\s\\]+(?:,?[ ]*[\w-]+=[^\s"']+)*)"""
)
_COOKIE = re.compile(r"""((?i:\bcookie\\?["']?\s*[:=]\\?\s*))([^"'\r\n]+)""")
_BEARER = re.compile(r"""(\b(?:[Bb]earer|BEARER)(?:\\?\s|%20)+)((?!\$)[\w.~+/=-]{6,})""")
_NAME = r"[^\W\d][\w.:/-]{0,100}|//[\w.:/-]{1,100}"
_ASSIGNED = re.compile(
    rf"""(?<![\w.-])(-{{0,2}}(?:{_NAME}))"""
    r"""(\]?\\?["']?\]?[ \t]*(?::=|==?>?|(?<!:):(?!:))\\?[ \t]*)"""
)
_OPTION = re.compile(r"""(?<!\S)(["']?--?[^\W\d_][\w.-]{0,60})([ \t]+|=)(?!-\w|--)""")
_SET = re.compile(
    r"""(?<![\w.-])(?:set|setenv|setx|config|configure)(?:[ \t]+(?:-\S+|set))*[ \t]+["']?"""
    r"""([\w./:@-]{2,100})(["']?[ \t]+)(?!-)"""
)
_BARE_WORD = re.compile(
    r"(?<!\S)((?:[\w-]{1,40}[._-])?(?:password|passwd|passphrase|passwort))([ \t]+)(?!-)"
)
_A_VALUE = re.compile(_VALUE, re.DOTALL)
_SQL = re.compile(
    r"""((?i:\bidentified\s+(?:with\s+\S+\s+)?(?:by|as)\s+(?:password\s+)?"""
    r"""|\bpragma\s+(?:hex|re)?key\s*=\s*|\bpassword(?:\s+for\s+\S+)?[\s=(]+(?:password\()?|\bpwdcompare\())(\\?'[^']*'|"[^"]*")"""
)
_LOGIN_LINE = re.compile(
    rf"""(\blogin\s+\S+\s+password\s+(?!%s)"""
    rf"""|\bprintf\s+'[^']{{0,200}}\b(?:password|token|secret)\b[^']{{0,200}}'\s+)({_VALUE})"""
)
_PIPED = re.compile(
    r"""((?<![\w./-])(?:echo|printf|print|Write-Output)[ \t]+(?:-\w+[ \t]+)*"""
    rf"""(?:["']%s(?:\\n)?["'][ \t]+)?)({_VALUE})"""
    r"""([^|;&\n]{0,80}\|(?!\|)[^\n|;]{0,200}?(?:--?[\w-]*(?:stdin|with-token|passphrase-fd)"""
    r"""|password-file=?-|sudo\b[^|]{0,40}-\w*S|\b(?:passwd|login|base64|openssl|gpg|cryptsetup|kinit"""
    r"""|vncpasswd|su|secret-tool|md5sum|keepassxc-cli|ansible-vault|wl-copy|xclip|pbcopy|age|kubeseal"""
    r"""|smbpasswd)\b|\bsha\d*sum\b(?!\s+-c)|\bpass\s+insert|\bsecrets?\s+(?:create|put|set|versions)"""
    r"""|\bcredential\b))"""
)
_CREDENTIALS = re.compile(
    r"((?:echo|printf)[^|\n]{0,200}?[\"']?[\w.-]{1,100}:)([^\s\"'|]+)(?=[^|\n]*\|[^|\n]*(?:chpasswd"
    r"|htpasswd|base64|newusers))"
)
_HERE = re.compile(
    rf"((?:stdin|with-token|sudo\b[^\n|;]*-\w*S\b|passwd|login|openssl|gpg|base64|secret"
    rf"|cryptsetup|kinit|auth|signin|unlock|passphrase|keygen)[^\n|;]*<<<[ \t]*)({_VALUE})"
)
_FROM_ECHO = re.compile(
    r"((?:\s-y|--?[\w-]{0,40}?(?:pass|secret|token|key)[\w-]{0,40})[ =]"
    r"<\(\s*(?:echo|printf)\s+(?:-\w+\s+)*"
    r"|--?[\w-]{0,40}?pass[\w-]{0,20}(?:command|cmd|eval)[ =][\"']echo\s+)"
    rf"({_VALUE})"
)
_INTO_FILE = re.compile(
    r"""(\b(?:echo|printf)\s+(?:-\w+\s+)*)(["'][^\s"']+["']|[^\s"'<>|;&]++)"""
    r"""(?=\s*>>?\s*["']?[^\s"']*?(?:\.pgpass|\.netrc|passwd|password|secret|token|credential)"""
    r"""(?!\S*\.(?:log|md|rst|example)\b))"""
)
_CALL = re.compile(rf"({'|'.join(CALLS)})('[^'\n]*'|\"[^\"\n]*\")(?=\s*[),])")
_STRING = re.compile(r"""\\.|"(?:[^"\\]|\\.)*+"|'[^']*+'""", re.DOTALL)
_SIMPLE = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*+(?:"|\Z)|'[^']*+(?:'|\Z)|\\.|[^;|&\n"'\\])++""", re.DOTALL
)
_WORD = re.compile(r"(?<![\w.@-])[\w.-]+(?=\s)")
_REFERENCE = re.compile(
    r"""["']?(?:\$\{?\w+\}?|\$\(.*|%\w+%|\$\{\{.*|\{\{.*|`.*|\$env:\w+"""
    r"""|(?:file|env|fd|op):[\w/.~-]+|[\w-]+:latest|(?:\.[*+]|\[\^|\\[SwWdD])[^=]*)["']?""",
    re.DOTALL,
)
_FILE = re.compile(r"(?:~|\.{1,2})?(?:/[\w.-]+){2,}\.\w{1,5}")
_PLAIN = frozenset(
    ("true", "false", "yes", "no", "none", "null", "on", "off", "auto", "always", "never")
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
    text = _BLOCK.sub(SECRET, text)
    text = _PLACE.sub(_second, text)
    text = _ADDRESS.sub(_second, text)
    text = _ADDRESS_SLASHED.sub(_second, text)
    text = _NO_SCHEME.sub(_second, text)
    text = _LOGIN.sub(_login, text)
    text = _SHAPE.sub(SECRET, text)
    text = _HEADER.sub(_second, text)
    text = _COOKIE.sub(_second, text)
    text = _BEARER.sub(_second, text)
    text = "".join(_of_programs(text))
    text = _PIPED.sub(lambda m: m[1] + _instead(m[2]) + m[3], text)
    text = _CREDENTIALS.sub(_second, text)
    for pattern in (_HERE, _FROM_ECHO, _INTO_FILE, _CALL):
        text = pattern.sub(_second, text)
    text = _SQL.sub(_second, text)
    text = _LOGIN_LINE.sub(_second, text)
    for pattern in (_ASSIGNED, _OPTION, _SET, _BARE_WORD):
        text = "".join(_named(pattern, text))
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
    if len(value.strip("\"'")) <= 1 or value == CUT or _REFERENCE.fullmatch(value):
        return value
    for quote in ('\\"', '"', "'"):
        if value.startswith(quote):
            inner = value[len(quote) :].removesuffix(quote)
            closing = quote if len(value) > len(quote) and value.endswith(quote) else ""
            return f"{quote}{SECRET}{closing}" if inner else value
    return SECRET


def _second(match: re.Match[str]) -> str:
    return match[1] + _instead(match[2])


def _login(match: re.Match[str]) -> str:
    """Who logs in, unless it is a token."""
    return match[1] + (SECRET if looks_odd(match[2]) and len(match[2]) >= 16 else match[2])


def _named(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """The text, and instead of each value behind the name of a secret what stands for it."""
    end = 0
    for match in pattern.finditer(text):
        name, between = match.groups()
        if match.start() < end or names_secret(name) is None:
            continue
        value = _A_VALUE.match(text, match.end())
        if value and not _is_other(pattern, name, between, value):
            yield text[end : value.start()]
            yield _judged(pattern, name, value[0])
            end = value.end()
    yield text[end:]


def _is_other(pattern: re.Pattern[str], name: str, between: str, value: re.Match[str]) -> bool:
    """Whether it only looks as if a name had that value."""
    name = name.strip("\"'")
    # A switch of some programs, after which the name comes, or where a secret is to be had.
    if name == "--secret" and (value[0][:3] == "id=" or names_secret(value[0]) is not None):
        return True
    if pattern is _OPTION:
        return not name.startswith("--") and len(name) <= 4 and name[1:] not in NAMES
    if between == ":" and (
        name[:2] == "//" or not TYPES_AND_VERBS.isdisjoint((name.split(":")[-1], value[0]))
    ):
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


def _judged(pattern: re.Pattern[str], name: str, value: str) -> str:
    bare = value.strip("\"'\\")
    if not bare or bare.lower() in _PLAIN or _FILE.fullmatch(bare):
        return value
    told = names_secret(name) and pattern is not _BARE_WORD
    if not told and (not looks_odd(bare) or _KEY_ID.fullmatch(bare)):
        return value
    return _instead(value)


def _of_programs(text: str) -> Iterator[str]:
    """Its simple commands and what is between them."""
    end = 0
    for match in _SIMPLE.finditer(text):
        yield text[end : match.start()]
        yield _of_program(match[0])
        end = match.end()
    yield text[end:]


def _of_program(command: str) -> str:
    found = dict.fromkeys(match[0].removesuffix(".exe") for match in _WORD.finditer(command))
    for name in found:
        for before in _BY_PROGRAM.get(name, ()):
            command = before.sub(_second, command)
    if NOT_OF_A_USER.isdisjoint(found):
        command = _OF_A_USER.sub(_second, command)
    return command


def _by_program() -> dict[str, list[re.Pattern[str]]]:
    found: dict[str, list[re.Pattern[str]]] = {}
    for names, before in PROGRAMS:
        patterns = [re.compile(f"({before.replace(QUOTE, '')})({_VALUE})")]
        if QUOTE in before:
            inner = {"'": "[^']+", '"': r'(?:[^"\\]|\\.)+'}
            made = (rf"({before.replace(QUOTE, quote)})({inner[quote]})" for quote in inner)
            patterns = [*map(re.compile, made), *patterns]
        for name in names.split():
            found.setdefault(name, []).extend(patterns)
    return found


_BY_PROGRAM = _by_program()
_OF_A_USER = re.compile(f"({OF_A_USER})({_VALUE})")
