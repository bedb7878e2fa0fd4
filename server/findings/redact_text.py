"""Short texts, such as command lines, without their secrets. Pure, and linear in their length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from .secret_shapes import (
    CALLS,
    DENIED,
    ENDINGS,
    KEYS,
    NAMES,
    NO_ENDINGS,
    NOT_OF_A_USER,
    OF_A_USER,
    OTHERWISE,
    PERHAPS,
    PLACES,
    PROGRAMS,
    PUBLIC,
    QUOTE,
    SHAPES,
    TYPES_AND_VERBS,
)

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
    r"(\w://[^\s/:@\"'?#<>]*:)(?!\d{1,5}(?:/|\s|$)|<secret>)([^\s\"'@]+)(?=@)"
)
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
_UPPER, _LOWER = "[A-ZÀ-ÖØ-Þ]", r"[^\W\d_A-ZÀ-ÖØ-Þ]"
_PARTS = re.compile(rf"{_UPPER}+(?!{_LOWER})|{_UPPER}?{_LOWER}+|\d+")

_DENSE = re.compile(r"(?<![\w+/=-])(?<!\.)[\w+=-][\w+/=-]{15,}")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")
_HASH = re.compile(r"(?:0x)?(?:[0-9a-f]{7,}|[0-9A-F]{7,})")
_KEY_ID = re.compile(r"(?:0x)?(?:[0-9A-F]{16}|[0-9A-F]{40})")
_PUBLIC = re.compile("|".join(PUBLIC))
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_OF_HASHES = re.compile(
    r"(?<![\w-])(?:git|gh|hub|glab|tig|jj|sha\d*sum|md5sum|docker|podman|nix|nix-store"
    r"|ostree|ipfs|gpg2?|apt-key)\s|sha\d+[:-]|md5[:=]|@sha|(?i:etag|if-(?:none-)?match)\b"
    r"|/[\w.-]+[:@][0-9a-f]{40}\b"
)


def redacted(text: str, most: int = LONGEST) -> str:
    """``text`` with each secret replaced by ``SECRET``, and cut to ``most`` characters.

    What is so already stays as it is.
    """
    text = _cut(text, _MOST_READ)
    while (after := _cut(_once(text), most)) != text:
        text = after
    return text


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
    of_hashes = _OF_HASHES.search(text) is not None
    return _DENSE.sub(lambda m: _dense(m[0], of_hashes=of_hashes), text)


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
    return match[1] + (SECRET if _is_odd(match[2]) and len(match[2]) >= 16 else match[2])


def _named(pattern: re.Pattern[str], text: str) -> Iterator[str]:
    """The text, and instead of each value behind the name of a secret what stands for it."""
    end = 0
    for match in pattern.finditer(text):
        name, between = match.groups()
        if match.start() < end or _tells(name) is None:
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
    if name == "--secret" and (value[0][:3] == "id=" or _tells(value[0]) is not None):
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
        return value.string.count(quote, 0, value.start()) % 2 == 1
    # In prose, a word and a colon are followed by more than a word.
    if pattern is _ASSIGNED and between[:1] == ":" and between[-1] in " \t":
        rest = value.string[value.end() :].lstrip(" ")
        return value[0][0] not in "\"'\\" and bool(rest) and rest[0] not in "\"'\n\\,}"
    return False


def _judged(pattern: re.Pattern[str], name: str, value: str) -> str:
    bare = value.strip("\"'\\")
    if not bare or bare.lower() in _PLAIN or _FILE.fullmatch(bare):
        return value
    told = _tells(name) and pattern is not _BARE_WORD
    if not told and (not _is_odd(bare) or _KEY_ID.fullmatch(bare)):
        return value
    return _instead(value)


def _tells(name: str) -> bool | None:
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


def _is_odd(value: str) -> bool:
    """Whether no person would have chosen it as a name."""
    kinds = [any(map(test, value)) for test in (str.isdigit, str.islower, str.isupper)]
    if len(value) < 8 or value.startswith(("/", "./", "~", "$")):
        return False
    return sum(kinds) >= 2 and kinds[0] and not re.search(r"\.(?:[A-Za-z]\w{0,4}|7z)$|/\w+/", value)


def _of_programs(text: str) -> Iterator[str]:
    """Its simple commands and what is between them."""
    end = 0
    for match in _SIMPLE.finditer(text):
        yield text[end : match.start()]
        yield _of_program(match[0])
        end = match.end()
    yield text[end:]


def _of_program(command: str) -> str:
    found = {
        match[0].removesuffix(".exe"): match.end() for match in reversed([*_WORD.finditer(command)])
    }
    for name in found.keys() & _BY_PROGRAM.keys():
        for before in _BY_PROGRAM[name]:
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


def _dense(word: str, *, of_hashes: bool) -> str:
    def shown(part: str) -> str:
        bare = part.strip("+-")
        if _PUBLIC.fullmatch(bare) or (of_hashes and _HASH.fullmatch(bare)):
            return part
        if _HEX.fullmatch(bare):
            return SECRET
        return SECRET if _is_random(part) and not _UUID.fullmatch(bare) else part

    return SECRET if _is_base64(word) else "".join(map(shown, re.split(r"([/=])", word)))


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
