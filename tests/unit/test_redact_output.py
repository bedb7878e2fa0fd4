"""What commands print is kept without secrets, wherever it is cut in parts."""

from __future__ import annotations

import base64
import json
import time
from itertools import chain
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.redact_output import Redactor, told_without_secrets, without_secrets
from understudy.findings.redact_text import SECRET, redacted
from understudy.findings.redact_values import kept, taken_out

from .secret_commands import ordinary_commands, secret_commands
from .unseen_commands import NAMES, WITH_ORDINARY, unseen_ordinary_commands, unseen_secret_commands

TOKEN = "gh" + "p_" + "a1B2c3D4" * 5
KEY = "PRIVATE KEY-----"
PEM = "\n".join((f"-----BEGIN RSA {KEY}", *["Qm9 c29tZXRoaW5n/+a1"] * 3, f"-----END RSA {KEY}"))


def lines() -> list[str]:
    """Of all lists, also of those with nothing in them."""
    secret = chain(
        secret_commands(),
        *(unseen_secret_commands(name, seed) for name in NAMES for seed in (1, 2)),
    )
    texts = [each.text for each in secret] + [*ordinary_commands()]
    texts += [line for name in WITH_ORDINARY for line in unseen_ordinary_commands(name)]
    return [line for text in texts for line in text.splitlines()]


def test_a_line_is_kept_as_the_rules_have_it() -> None:
    """Also where it was passed over as one that no rule is about."""
    found = lines()
    assert len(found) > 2_000
    wrong = [each for each in found if told_without_secrets(each) != redacted(each, 100_000)]
    assert wrong == []


_PIECES = (f"token={TOKEN}", "an ordinary line", PEM, "\n", "\r\n", "ä", "password=hunter2x;", " ")


@given(st.lists(st.sampled_from(_PIECES)), st.lists(st.integers(1, 40)))
def test_where_it_is_cut_does_not_matter(pieces: list[str], sizes: list[int]) -> None:
    whole = "".join(pieces).encode()
    redactor, out, at = Redactor(), [], 0
    for size in sizes:
        out.append(redactor.part(whole[at : at + size]))
        at += size
    out += [redactor.part(whole[at:]), redactor.end()]
    found = b"".join(out)
    assert found == without_secrets(whole)
    assert TOKEN.encode() not in found
    assert b"c29tZXRoaW5n" not in found
    assert b"hunter2x" not in found


def test_what_follows_a_short_secret_stays() -> None:
    assert told_without_secrets("pw=ab1 and on\n") == f"pw={SECRET} and on\n"


def test_a_key_ends_where_it_ends() -> None:
    around = f"before\n{PEM} after\nand on\n"
    assert told_without_secrets(around) == f"before\n{SECRET}\n after\nand on\n"


def test_of_a_key_that_has_no_end_not_all_is_left_out() -> None:
    begun = f"-----BEGIN {KEY}\n" + "abc\n" * 10_000
    assert told_without_secrets(begun).endswith("abc\nabc\n")


@pytest.mark.parametrize(
    "line",
    [
        f"\x1b[32m{TOKEN}\x1b[0m",
        "\x1b[1mpassword\x1b[0m: hunter2x",
        "\x1b[31mtoken=\x1b[0mhunter2x",
    ],
)
def test_colours_hide_nothing(line: str) -> None:
    found = told_without_secrets(f"{line}\n")
    assert SECRET in found
    assert "hunter2x" not in found
    assert TOKEN not in found


def test_other_lines_keep_their_colours_and_bytes() -> None:
    plain = b"\x1b[32mok\x1b[0m \xff\xfe done\r  50%\rdone\r\n\x00\n"
    assert without_secrets(plain) == plain


@pytest.mark.parametrize("secret", ["correct horse/battery+staple?", 'say "ä"\n\\', "hunter2"])
def test_a_known_secret_goes_in_every_form(secret: str) -> None:
    raw = secret.encode()
    forms = [
        secret,
        quote(secret, safe=""),
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        *(base64.b64encode(b"u" * n + raw + b"!").decode() for n in range(3)),
        *(base64.urlsafe_b64encode(b"u" * n + raw).decode() for n in range(3)),
    ]
    core = base64.b64encode(b"u" * 3 + raw)[4:-4].decode()
    for form in forms:
        found = told_without_secrets(f"it is {form} here\n", [secret])
        assert SECRET in found, form
        assert secret not in found
        assert core not in found


def test_twice_as_much_costs_twice_as_much() -> None:
    def seconds(count: int) -> float:
        text = b"".join(
            b"%d src/shop/cart.py:%d: token = load(%d) # and more of it\n" % (n, n, n)
            for n in range(count)
        )
        begun = time.process_time()
        without_secrets(text)
        return time.process_time() - begun

    seconds(100)
    assert min(seconds(4_000) for _ in range(3)) < 3.5 * max(seconds(2_000) for _ in range(3))


@pytest.mark.parametrize(
    "part", [b":", b":@", b"a:b@", b"-----BEGIN ", b" -p", b"\x1b]", b"token="]
)
def test_a_hostile_line_costs_no_more(part: bytes) -> None:
    def seconds(size: int) -> float:
        line = part * (size // len(part))
        begun = time.process_time()
        without_secrets(line)
        return time.process_time() - begun

    assert min(seconds(100_000) for _ in range(3)) < 0.2 + 3.5 * seconds(50_000)


def test_a_line_without_an_end_is_not_held_for_ever() -> None:
    redactor = Redactor()
    out = redactor.part(b"x" * 10 + b" y" * 100_000)
    assert len(out) == 200_010


@pytest.mark.parametrize(
    ("value", "left", "taken"),
    [
        ({"text": TOKEN}, {"text": SECRET}, {TOKEN}),
        ({"n": 1, "on": True, "of": None}, {"n": 1, "on": True, "of": None}, set()),
        ({"password": "a b c d"}, {"password": SECRET}, {"a b c d"}),
        (
            {"words": ["ls", "make --token=swordfish x"]},
            {"words": ["ls", f"make --token={SECRET} x"]},
            {"swordfish"},
        ),
        (
            {"command": ["up", "--password", "hunter2x", "me", "--token", "-v", "--api-key"]},
            {"command": ["up", "--password", SECRET, "me", "--token", "-v", "--api-key"]},
            {"hunter2x"},
        ),
        ({"files": ["--password-file", "/run/x"]}, {"files": ["--password-file", "/run/x"]}, set()),
        (
            {"file": "src/a.py", "text": "ü\n\udcff"},
            {"file": "src/a.py", "text": "ü\n\udcff"},
            set(),
        ),
    ],
)
def test_values(value: object, left: object, taken: set[str]) -> None:
    assert kept(value) == left
    assert taken_out(value) == taken
