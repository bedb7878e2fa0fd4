"""Lists of commands that were written without the rules in view, filled with made-up secrets.

``later`` was written after the rules had been mended by ``unseen``, of rarer programs; ``blind``,
``second`` to ``sixth``, each after they had been mended by all before, of all sorts.
"""

from __future__ import annotations

import re
import string
from pathlib import Path
from random import Random

from .secret_commands import Command, secret_commands

_DATA = Path(__file__).with_name("data")
_ALPHABETS = {
    "a": string.ascii_letters + string.digits,
    "b": string.ascii_letters + string.digits + "+/",
    "d": string.digits,
    "h": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "l": string.ascii_lowercase + string.digits,
    "U": string.ascii_uppercase + string.digits,
}
_WORDS = (
    *("abandon", "river", "sommer", "dragon", "monkey", "geheim", "shadow", "tiger"),
    *("letmein", "hunter", "changeme", "qwerty", "football", "iloveyou", "schatzi", "banana"),
)
_PHRASES = (
    *("Schöne Grüße 24", "пароль мой котик", "mot de passe très long", "contraseña de José"),
    *("密码 很 长", "Zażółć gęślą jaźń", "correct horse battery staple", "hasło na piątek"),
)
_MARKED = re.compile(r"«([^»]*)»")
NAMES = ("unseen", "later", "blind", "second", "third", "fourth", "fifth", "sixth")
WITH_ORDINARY = (*NAMES[:3], *NAMES[-2:])
_HOLE = re.compile(r"\{(pw|weak|phrase|words12|uuid|[abdhHlU]\d+)\}")


def unseen_secret_commands(name: str, seed: int) -> list[Command]:
    """A list of ``NAMES``, each line filled with secrets that ``seed`` decides."""
    random = Random(seed)
    lines = (_DATA / f"{name}_secret_commands.txt").read_text("utf-8").splitlines()
    return [_filled(line, random) for line in lines]


def unseen_ordinary_commands(name: str) -> list[str]:
    """Of one of ``WITH_ORDINARY``; what looks random is made up anew, too."""
    lines = (_DATA / f"{name}_ordinary_commands.txt").read_text("utf-8").splitlines()
    random = Random(name)
    return [_HOLE.sub(lambda hole: _made(hole[1], random), line) for line in lines]


def _filled(line: str, random: Random) -> Command:
    secrets: list[str] = []

    def secret(match: re.Match[str]) -> str:
        secrets.append(_HOLE.sub(lambda hole: _made(hole[1], random), match[1]))
        return secrets[-1]

    line = line.replace("{nl}", "\n")
    around = _MARKED.sub("", line)
    text = _MARKED.sub(secret, line)
    text = _HOLE.sub(lambda hole: _made(hole[1], random), text)
    # The words of a secret, too: half of one that is left is one that was missed.
    parts = (*secrets, *(word for each in secrets for word in re.findall(r"\w{5,}", each)))
    return Command(line, text, tuple(each for each in parts if each not in around))


def _made(kind: str, random: Random) -> str:
    match kind:
        case "pw":
            word, number = random.choice(_WORDS).title(), random.randrange(10, 9999)
            return f"{word}{random.choice('.-_+@%!')}{number}{random.choice('xKq')}"
        case "weak":
            return f"{random.choice(_WORDS)}{random.choice(('', '1', '123', '2024', '!'))}"
        case "phrase":
            return random.choice(_PHRASES)
        case "words12":
            return " ".join(random.choice(_WORDS) for _ in range(12))
        case "uuid":
            parts = ("".join(random.choices(_ALPHABETS["h"], k=n)) for n in (8, 4, 4, 4, 12))
            return "-".join(parts)
    return "".join(random.choices(_ALPHABETS[kind[0]], k=int(kind[1:])))


def every_secret_command(seed: int = 1) -> list[Command]:
    """Of all lists."""
    unseen = [each for name in NAMES for each in unseen_secret_commands(name, seed)]
    return [*secret_commands(seed), *unseen]


def only_secrets(commands: list[Command]) -> list[str]:
    """Those of their secrets that stand nowhere else in them, and that no other bytes are by
    chance."""
    around = []
    for command in commands:
        text = command.text
        for secret in sorted(command.secrets, key=len, reverse=True):
            text = text.replace(secret, " ")
        around.append(text)
    told = "\n".join(around)
    secrets = {secret for command in commands for secret in command.secrets}
    return sorted(each for each in secrets if len(each) >= 8 and each not in told)
