"""What commands print, without their secrets: by the rules for short texts, line by line. Pure.

Those rules take more than a second for a megabyte. So a line goes through them only where it has a
word in it that one of them may be about; most of what is printed has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .late_pattern import compiled
from .redact_text import redacted
from .secret_by_program import PROGRAM_PARTS, names_program
from .secret_shapes import KEY_BEGINS, KEY_ENDS, PLACE, TOKEN, WITH_BLANKS
from .secret_words import looks_like_password, names_secret
from .withheld import Withheld

_LONGEST = 16_000
"""Characters of a line that are looked at together."""
_MOST = 8 * _LONGEST
"""Characters that come of them: what stands for a secret may be longer."""
_KEY_BYTES = 16_384
"""A private key is no longer; what follows is looked at again, whether its end was seen or not."""
_MOST_KNOWN = 50_000
_LINE = re.compile(rb"[^\r\n]*[\r\n]+|[^\r\n]+")
_KEY_BEGINS, _KEY_ENDS = re.compile(KEY_BEGINS), re.compile(KEY_ENDS)
_COLOUR = re.compile(r"\x1b\[[0-9;:?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_END = re.compile(r"\s|(?<=[^\w+/=-])")

_PART = re.compile(r"[^\W_]+")
_RUN = re.compile(r"[\w+/=.:-]{12,}")
_SIGNED = re.compile(r"(?<![\w@+?*!#$^&%-])[A-Za-z0-9][\w@+?*-]*+[!#$^&%][\w@+?*!#$^&%-]*+")
_DIGIT = re.compile(r"\d")
_MARK = re.compile("|".join((r"<<<|-----BEGIN|\s[-/][a-z]?[uUpP]|\s-c\s+[^\s:]+:", *WITH_BLANKS)))
_KEYWORDS = frozenset(
    (
        *("key", "keys", "auth", "authorization", "authenticate", "cookie", "bearer", "pwd"),
        *("login", "identified", "pragma", "echo", "printf", "print", "write", "output", "sudo"),
        *("set", "setenv", "setx", "config", "configure", "register", "user", "users", "create"),
        *("bcrypt", "hash", "hashpw", "jwt", "jsonwebtoken", "connect", "pdo", "send"),
    )
)
"""Words, besides names of secrets, that the rules begin with."""


class Redactor:
    """Output comes in parts, and goes out in whole lines without secrets, wherever a part ends.
    ``secrets``: values that are known to be some."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._withheld = Withheld(secrets)
        self._rest = b""
        self._key_left = 0

    def part(self, new: bytes) -> bytes:
        """The lines that are whole by now."""
        self._rest += self._withheld.part(new)
        end = max(self._rest.rfind(b"\n"), self._rest.rfind(b"\r")) + 1
        if not end and len(self._rest) > 4 * _LONGEST:
            end = len(self._rest)
        whole, self._rest = self._rest[:end], self._rest[end:]
        return self._lines(whole)

    def end(self) -> bytes:
        """The last line, which has no end."""
        rest, self._rest = self._rest + self._withheld.end(), b""
        return self._lines(rest)

    def _lines(self, content: bytes) -> bytes:
        if not content:
            return b""
        if not self._key_left and not _is_suspicious(_text(content)):
            return content
        return b"".join(map(self._line, _LINE.findall(content)))

    def _line(self, line: bytes) -> bytes:
        text = _text(line)
        if self._key_left:
            ends = _KEY_ENDS.search(text)
            self._key_left = 0 if ends else max(0, self._key_left - len(line))
            return self._line(_bytes(text[ends.end() :])) if ends else b""
        if not _is_suspicious(text):
            return line
        bare = text.rstrip("\r\n")
        found = _redacted(bare)
        begins = [match.end() for match in _KEY_BEGINS.finditer(bare)]
        if begins and not _KEY_ENDS.search(bare, begins[-1]):
            self._key_left = _KEY_BYTES
        return _bytes(found + text[len(bare) :])


def without_secrets(output: bytes, secrets: Iterable[str] = ()) -> bytes:
    """All of an output at once."""
    redactor = Redactor(secrets)
    return redactor.part(output) + redactor.end()


def told_without_secrets(text: str, secrets: Iterable[str] = ()) -> str:
    """The same of a text."""
    content = without_secrets(text.encode("utf-8", "surrogatepass"), secrets)
    return content.decode("utf-8", "surrogatepass")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _redacted(line: str) -> str:
    """Without its colours where these may stand in a secret, or hide one."""
    plain = _COLOUR.sub("", line)
    found = "".join(redacted(piece, _MOST) for piece in _pieces(plain))
    return line if found == plain else found


def _pieces(line: str) -> Iterable[str]:
    while len(line) > _LONGEST:
        ends = [match.end() for match in _END.finditer(line, _LONGEST // 2, _LONGEST)]
        at = ends[-1] if ends else _LONGEST
        yield line[:at]
        line = line[at:]
    yield line


_plain: set[str] = set()
"""Words that no rule is about: most that are printed are printed again."""


def _is_suspicious(text: str) -> bool:
    """Whether a rule may be about something in it. True where that is not known."""
    if "\x1b" in text:
        text = _COLOUR.sub("", text)
    new = set(_PART.findall(text)) - _plain
    if any(map(_speaks, new)):
        return True
    programs = new & PROGRAM_PARTS
    if len(_plain) > _MOST_KNOWN:
        _plain.clear()
    _plain.update(new - programs)
    return bool(
        (programs and names_program(text))
        or any(map(_is_odd, _RUN.findall(text)))
        or _MARK.search(text)
        or any(map(looks_like_password, _SIGNED.findall(text)))
        or ("://" in text and compiled(PLACE).search(text))
        or ("@" in text and any(map(_may_log_in, text.split())))
    )


def _speaks(word: str) -> bool:
    """Whether it may be the name of a secret, or what stands before one."""
    return word.lower() in _KEYWORDS or names_secret(word) is not None


def _may_log_in(word: str) -> bool:
    """Whether a colon and an at come in it, as around a password in an address."""
    return 0 <= word.find(":") < word.rfind("@")


def _is_odd(run: str) -> bool:
    """Whether it may be a token, or have a word of random characters in it."""
    if compiled(TOKEN).search(run):
        return True
    if not any(map(str.isdigit, run)):
        return False
    if len(run) >= 32 and any(map(str.isupper, run)) and any(map(str.islower, run)):
        return True
    return any(len(part) >= 16 and _DIGIT.search(part) for part in re.split("[/=.:]", run))
