"""The published lists of commands, with secrets made up anew: none of them stands in a file.

``data/secret_commands.txt`` was written by hand, ``generated`` makes more by rules. Which half a
template belongs to is decided by its own check sum.
"""

from __future__ import annotations

import base64
import random
import string
import zlib
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import NamedTuple

_DATA = Path(__file__).parent / "data"
_ALNUM = string.ascii_letters + string.digits
_WORDS = [
    "correct",
    "horse",
    "battery",
    "staple",
    "winter",
    "summer",
    "dragon",
    "monkey",
    "shadow",
    "pepper",
    "coffee",
    "tango",
]


class Command(NamedTuple):
    """``secrets``: what has to be gone; of one that has parts, the parts."""

    template: str
    text: str
    secrets: tuple[str, ...]

    @property
    def is_held_out(self) -> bool:
        return zlib.crc32(self.template.encode()) % 2 == 0


def _some(r: random.Random, count: int, of: str = _ALNUM) -> str:
    """Of letters and digits, as a generator of tokens gives them: with some of each."""
    while True:
        made = "".join(r.choices(of, k=count))
        if of != _ALNUM or (
            any(map(str.isdigit, made)) and not made.islower() and not made.isupper()
        ):
            return made


def _hex(r: random.Random, count: int) -> str:
    return _some(r, count, "0123456789abcdef")


def _password(r: random.Random) -> str:
    word = r.choice(_WORDS)
    return r.choice(
        (
            f"{word}{r.randrange(10, 9999)}",
            f"{word.title()}{r.randrange(10, 99)}!",
            f"{word}{r.choice(_WORDS)}",
            _some(r, r.randrange(8, 14)),
            f"{word.title()}-{r.choice(_WORDS)}_{r.randrange(9)}",
            f"{_some(r, 5)}%{_some(r, 4)}",
        )
    )


def _base64(r: random.Random, count: int) -> str:
    return base64.b64encode(r.randbytes(count)).decode()


def _jwt(r: random.Random) -> str:
    parts = (b'{"alg":"HS256"}', b'{"sub":"%d"}' % r.randrange(10**9), r.randbytes(32))
    return ".".join(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in parts)


def _pem(r: random.Random) -> str:
    kind = "PRIVATE KEY-----"
    return f"-----BEGIN RSA {kind}\n{_base64(r, 48)}\n{_base64(r, 48)}\n-----END RSA {kind}"


KINDS: dict[str, Callable[[random.Random], str]] = {
    "pw": _password,
    "phrase": lambda r: " ".join(r.sample(_WORDS, 4)),
    "token": lambda r: _some(r, r.randrange(24, 48)),
    "hex32": lambda r: _hex(r, 32),
    "hex40": lambda r: _hex(r, 40),
    "hex64": lambda r: _hex(r, 64),
    "b64": lambda r: _base64(r, 33),
    "b64long": lambda r: _base64(r, 150),
    "uuid": lambda r: "-".join(_hex(r, n) for n in (8, 4, 4, 4, 12)),
    "jwt": _jwt,
    "pem": _pem,
    "pem64": lambda r: base64.b64encode(_pem(r).encode()).decode(),
    "ghp": lambda r: r.choice(("gh" + "p_", "gh" + "s_", "gh" + "o_")) + _some(r, 36),
    "glpat": lambda r: "gl" + "pat-" + _some(r, 20),
    "hvs": lambda r: "hv" + "s." + _some(r, 40),
    "akia": lambda r: "AK" + "IA" + _some(r, 16, string.ascii_uppercase + "234567"),
    "aws": lambda r: _base64(r, 30),
    "azure": lambda r: _base64(r, 64),
    "google": lambda r: "AI" + "za" + _some(r, 35),
    "ya29": lambda r: "ya" + "29." + _some(r, 60),
    "slack": lambda r: "xo" + f"xb-{r.randrange(10**11)}-{r.randrange(10**11)}-" + _some(r, 24),
    "slackhook": lambda r: f"T{_some(r, 8)}/B{_some(r, 8)}/{_some(r, 24)}",
    "stripe": lambda r: "sk" + "_live_" + _some(r, 24),
    "npm": lambda r: "np" + "m_" + _some(r, 36),
    "pypi": lambda r: "py" + "pi-" + _some(r, 90),
    "openai": lambda r: "s" + "k-proj-" + _some(r, 48),
    "anthropic": lambda r: "s" + "k-ant-api03-" + _some(r, 60),
    "hf": lambda r: "h" + "f_" + _some(r, 34),
    "twilio": lambda r: "A" + "C" + _hex(r, 32),
    "sendgrid": lambda r: "S" + f"G.{_some(r, 22)}.{_some(r, 43)}",
    "telegram": lambda r: f"{r.randrange(10**9, 10**10)}:" + _some(r, 35),
    "digitalocean": lambda r: "do" + "p_v1_" + _hex(r, 64),
    "pulumi": lambda r: "pu" + "l-" + _hex(r, 40),
    "tailscale": lambda r: "ts" + "key-auth-" + _some(r, 30),
    "age": lambda r: "AGE-" + "SECRET-KEY-1" + _some(r, 58, string.ascii_uppercase + "234567"),
}

_NAMES = (
    *(
        "DB_PASSWORD",
        "password",
        "apiToken",
        "client_secret",
        "AUTH_TOKEN",
        "X_API_KEY",
        "passphrase",
    ),
    *("ADMIN_PASS", "SMTP_PWD", "privateKey", "refresh-token", "SESSION_SECRET", "encryption_key"),
)
_FORMS = (
    "export {name}={value}",
    "{name}={value} ./run.sh",
    "./run.sh --{name} {value} --verbose",
    "./run.sh --{name}='{value}'",
    "docker run -e {name}={value} acme/shop",
    "curl 'https://api.example.org/x?a=1&{name}={value}&b=2'",
    """curl -d '{{"a": 1, "{name}": "{value}"}}' https://api.example.org""",
    'curl -d "{{\\"{name}\\": \\"{value}\\"}}" https://api.example.org',
    "echo '{name}: {value}' >> values.yaml",
    "make deploy {name}={value}",
    "ssh host '{name}={value} ./run.sh'",
    "helm install shop ./chart --set auth.{name}={value}",
    "cat >> .env <<EOF{{nl}}{name}={value}{{nl}}EOF",
)
_ALONE = (
    "grep -rn {value} .",
    "echo {value}",
    "./check {value} --now",
    "# {value}",
    "pbcopy <<< '{value}'",
)


def generated() -> Iterator[str]:
    for number, (name, form) in enumerate(product(_NAMES, _FORMS)):
        kind = ("{pw}", "{token}", "{hex32}")[number % 3]
        yield form.format(name=name, value=kind)
    alone = KINDS.keys() - {"pw", "phrase", "uuid", "twilio", "slackhook", "pem"}
    for number, kind in enumerate(sorted(alone)):
        yield _ALONE[number % len(_ALONE)].format(value=f"{{{kind}}}")


def secret_commands(seed: int = 1) -> list[Command]:
    written = (_DATA / "secret_commands.txt").read_text(encoding="utf-8").splitlines()
    return [_filled(template, seed) for template in (*written, *generated())]


def _filled(template: str, seed: int) -> Command:
    r = random.Random(f"{seed} {template}")
    values = {kind: make(r) for kind, make in KINDS.items() if f"{{{kind}}}" in template}
    text = template.replace("{nl}", "\n")
    for kind, value in values.items():
        text = text.replace(f"{{{kind}}}", value)
    parts = []
    for kind, value in values.items():
        match kind:
            case "slackhook":
                parts.append(value.split("/")[-1])
            case "pem":
                parts += value.split("\n")[1:3]
            case "phrase":
                parts += value.split()
            case _:
                parts.append(value)
    return Command(template, text, tuple(parts))


def ordinary_commands() -> list[str]:
    return (_DATA / "ordinary_commands.txt").read_text(encoding="utf-8").splitlines()
