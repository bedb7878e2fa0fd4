"""Which words of a command are secrets by where they stand, whatever its program is. Pure.

Beside a user, behind the word for a password, as the value of a name, and in what is said to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from .command_words import COMMENT, NOTHING, PAIR, QUOTES, Command, Word, commands_of
from .secret_programs import (
    ADDS,
    CARRIERS,
    ENTRANCES,
    GIVERS,
    GIVES,
    KEEPERS,
    LOGINS,
    MESSAGES,
    OF_PERSONS,
    OWN_P,
    OWN_USERS,
    READS,
    SETTERS,
    SUFFIXES,
    VALUES,
)
from .secret_said import said_to
from .secret_shapes import PLAIN
from .secret_words import (
    is_chosen,
    is_ordinary,
    is_reference,
    looks_like_password,
    names_secret,
)

_WORTH = re.compile(
    r"<<<|\||[!#$^&%]|(?<!\S)[-/][a-z]?u|--?user|--?auth|--?basic|--?cred|--?login|\s-c\s"
    r"|passw|netrc|pass\b|pwd|pw\b|phrase|secret|secert|token|log[io]n|sign-?in|register|\badd|user"
    r"|\bauth|cred|unlock|\bpin|--arg|otp|oath|variable|key|set\b|put\b|env"
)
"""In no other text, in small letters, is there anything to find."""
_SIGNS = re.compile(r"[!#$^&%]")
_DEEPEST = 2
"""Commands in a string in a command."""
_USER = re.compile(r"(?:--?user(?:[-_]?name)?|-l|-D|[/-]([a-z]?)[uU](?:ser)?)([=:]|\Z)")
_BESIDE = re.compile(r"[-/]([a-z]?)(?:p|P|pw|pass|passwd|pwd|password)(?:[:=](.+))?", re.DOTALL)
_LOGIN, _ENTRANCE = re.compile(LOGINS), re.compile(ENTRANCES)
_OPENS = re.compile(r"""[^"']*["']""")
_OTHER = re.compile(
    r"[\d.:,-]+(?:/\w+)?|[~.]?/.*|\./.*|[-@].*|\w+://.*|\W{1,2}|for|to|is|in|of|from|with|and|or",
    re.DOTALL,
)
_NAMED = re.compile(r"""(["']?[A-Za-z_][\w.-]*=)(?!@)(.+)""", re.DOTALL)
_WITH_BLANKS = re.compile(
    r"""["'](?:[^\s"'=]*&)?([\w.-]+)=([^"'=&]*[ \t](?:(?!\s\w+=)[^"'])*)["']"""
)
_JOINED = re.compile(r"(-{0,2}[A-Za-z_][\w.-]*)=([^=].*)", re.DOTALL)
_STRINGS = re.compile(r"""'[^']*'|"(?:[^"\\]|\\.)*"|\\.|[^'"\\]+""", re.DOTALL)
_OF_ALL = re.compile(r"(?i:secret|credential|variable)s?")
_PASSWORD = re.compile(r"(?i:passw(?:or[dt]|d)|passphrase|pwd)$")
_NO_NAME = re.compile(rf"[\s=@$]|://|\.(?:{'|'.join(SUFFIXES)})$|^[.~/]")
_LONGEST = 2_000
"""Characters of a word that are looked at more than once."""


def without_arguments(text: str, instead: Callable[[str], str]) -> str:
    """``text`` with ``instead`` of each part of a word that is a secret."""
    parts: list[str] = []
    end = 0
    for start, secret in sorted(set(_secrets(text, 0, 0))):
        if start >= end:
            parts += (text[end:start], instead(secret))
            end = start + len(secret)
    return "".join((*parts, text[end:]))


def _secrets(text: str, start: int, depth: int) -> Iterator[Word]:
    if not _WORTH.search(text.lower()):
        return
    commands, has_signs = list(commands_of(text, start)), _SIGNS.search(text)
    for number, command in enumerate(commands):
        yield from said_to(commands, number)
        if has_signs:
            yield from _alone(command)
        if len(command.words) > 1 and command.after != COMMENT:
            for found in (_beside_a_user, _logins, _quoted):
                yield from found(command)
            if READS.isdisjoint(command.texts):
                yield from _named(command)
                yield from _behind_words(command)
            if depth < _DEEPEST:
                yield from _deeper(command, depth + 1)


def _deeper(command: Command, depth: int) -> Iterator[Word]:
    """In a string that may be a command, too."""
    for before, word in pairwise(command.words):
        if " " in word.text and before.text not in MESSAGES and (at := _OPENS.match(word.text)):
            inner = word.text[at.end() :].rstrip(QUOTES)
            yield from _secrets(inner, word.start + at.end(), depth)


def _beside_a_user(command: Command) -> Iterator[Word]:
    """The value of ``-p`` and the like, where a user is told by the same command, or logs in."""
    words, texts = command.words, command.texts
    if not OWN_P.isdisjoint(texts):
        return
    users = set[str]() if OF_PERSONS.isdisjoint(texts[1:]) else {""}
    for word, following in pairwise(words):
        if (
            word.text[0] in "-/"
            and (user := _USER.match(word.text))
            and (user[2] or _may_be_user(following))
        ):
            users.add(user[1] or "")
    enters = not GIVERS.isdisjoint(texts) and any(map(_ENTRANCE.fullmatch, texts[1:]))
    for word, following in pairwise([*words, NOTHING] if users or enters else ()):
        if match := _BESIDE.fullmatch(word.text.strip(QUOTES)):
            value = word.part(word.text.index(match[2])) if match[2] else following
            is_one = match[1] in users or (enters and is_chosen(value.bare))
            if is_one and value is not NOTHING and not _OTHER.fullmatch(value.text):
                yield value
        elif word.text[:2] in ("-p", "-P") and is_chosen(word.text[2:].strip(QUOTES)):
            yield Word(word.start + 2, word.text[2:])
        elif word.text in GIVERS and _is_value(
            following, is_given=bool(users) and enters and word.text in ("-k", "-w", "-W")
        ):
            yield following


def _may_be_user(word: Word) -> bool:
    return not word.is_option and re.search(r"\.[a-z]{1,4}$", word.bare) is None


def _logins(command: Command) -> Iterator[Word]:
    """The second half of ``user:password``."""
    if not OWN_USERS.isdisjoint(command.texts):
        return
    for word, following in pairwise([*command.words, NOTHING]):
        option, equals, rest = word.text.partition("=")
        is_login = option[:1] == "-" and _LOGIN.fullmatch(option) is not None
        if not is_login and option not in ("-c", "config"):
            continue
        value = Word(word.start + len(option) + 1, rest) if equals else following
        if pair := PAIR.fullmatch(value.text):
            bare = pair[2].strip(QUOTES)
            is_one = is_login and not bare.isdigit() and pair[1][:-1] != pair[2]
            if is_one or (not is_login and is_chosen(bare)):
                yield value.part(pair.start(2))


def _named(command: Command) -> Iterator[Word]:
    """Values of names that are told in a word of their own: ``--name X --value Y``, ``set X Y``."""
    words = command.words
    bare = [word.bare for word in words]
    speaks = {
        n: None for n, each in enumerate(bare) if n and not words[n].is_option and _speaks(each)
    }
    keeps = command.name in KEEPERS or any(_OF_ALL.fullmatch(bare[n]) for n in speaks)
    if not keeps and not speaks:
        return
    sets = next((n for n, each in enumerate(bare) if keeps and _sets(each)), len(bare))
    given = next((n for n, each in enumerate(bare) if _gives(each)), len(bare))
    for n, (before, word) in enumerate(pairwise(words)):
        option, equals, _ = word.text.partition("=")
        if equals and option in VALUES:
            yield word.part(len(option) + 1)
        elif word.is_option:
            continue
        elif before.text in VALUES:
            if before.text.startswith("--") or is_chosen(word.bare):
                yield word
        elif n in speaks and _follows(
            word,
            bare[n],
            is_option=words[n - 1].is_option or words[n - 1].text == "export",
            is_given=given < n,
        ):
            yield word
        elif (
            keeps
            and n >= sets
            and (match := _NAMED.fullmatch(word.text))
            and match[2].strip(QUOTES).lower() not in PLAIN
        ):
            yield word.part(match.start(2))


def _follows(word: Word, name: str, *, is_option: bool, is_given: bool) -> bool:
    """Whether it is the value of that name, which is the last word before it."""
    is_certain = is_option or is_given or _PASSWORD.search(name) is not None
    # ``set-password`` is what to do, no name of a variable.
    is_command = not SETTERS.isdisjoint(re.split("[_:-]", name)[:1])
    return is_certain and not is_command and _is_value(word, is_given=is_given)


def _sets(word: str) -> bool:
    return not SETTERS.isdisjoint(word.split(":"))


def _gives(word: str) -> bool:
    return not GIVES.isdisjoint(word.lstrip("-").split(":"))


def _is_value(word: Word, *, is_given: bool) -> bool:
    if (
        word.bare.lower() in PLAIN
        or _OTHER.fullmatch(word.bare)
        or is_reference(word.text)
        or _NAMED.match(word.text)
    ):
        return False
    return is_chosen(word.bare) or (is_given and not is_ordinary(word.bare))


def _quoted(command: Command) -> Iterator[Word]:
    """All of a value that has blanks in it, or is put together of several strings."""
    for before, word in zip([NOTHING, *command.words], command.words, strict=False):
        if word.text.isalnum() or len(word.text) > _LONGEST:
            continue
        if match := _JOINED.fullmatch(word.text):
            if names_secret(match[1]) and _strings(match[2]) > 1 and not is_reference(match[2]):
                yield Word(word.start + match.start(2), match[2])
        elif before.is_option and "=" not in before.text and names_secret(before.text):
            if _strings(word.text) > 1:
                yield word
        elif (
            before.text in CARRIERS
            and (match := _WITH_BLANKS.fullmatch(word.text))
            and names_secret(match[1])
        ):
            yield Word(word.start + match.start(2), match[2])


def _strings(value: str) -> int:
    """Of how many it is put together, where more than the names of variables is in them."""
    said = re.sub(r"\$\{?\w+\}?|[\"'\\]", "", value)
    return len(_STRINGS.findall(value)) if said else 0


def _behind_words(command: Command) -> Iterator[Word]:
    """The last word of a command whose words say that a secret is set, or that somebody logs in."""
    words = command.own
    plain = [
        word
        for before, word in pairwise(words)
        if not word.is_option and (not before.is_option or "=" in before.text)
    ]
    if len(plain) < 2 or command.is_fed:
        return
    last = plain[-1]
    for n, word in list(enumerate(plain[:-1]))[-4:]:
        count = len(plain) - 1 - n
        before = plain[n - 1].text if n else words[0].text
        if _ENTRANCE.fullmatch(word.text) or (word.text in ADDS and before in OF_PERSONS):
            pair = PAIR.fullmatch(last.text) if count == 1 else None
            if pair and not is_ordinary(last.bare):
                yield last.part(pair.start(2))
            elif _is_value(last, is_given=count == 2 and word.text != "auth"):
                yield last
        elif count <= 3 and _speaks(word.bare):
            is_noun, is_before = _OF_ALL.fullmatch(word.text), plain[n + 1].text in SETTERS
            near = {*re.split("[_:-]", word.text), *before.split(":"), plain[n + 1].text}
            is_given = last is words[-1] and count == 1 + bool(is_noun) + is_before
            is_set = not near.isdisjoint(SETTERS) or (count == 2 and _PASSWORD.search(word.text))
            if is_set and _is_value(last, is_given=is_given and not near.isdisjoint(GIVES)):
                yield last


def _alone(command: Command) -> Iterator[Word]:
    """Words that only a password looks like, wherever they stand."""
    return (word for word in command.words if looks_like_password(word.bare))


def _speaks(word: str) -> bool:
    """Whether it is a word for a secret, and no file or address."""
    if _NO_NAME.search(word) or "<secret>" in word:
        return False
    return names_secret(word) or names_secret(word.removesuffix("s")) or word == "variable"
