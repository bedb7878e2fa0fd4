"""When a copy may do better than an overlay, by what a command printed."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from pathlib import Path

import pytest

from understudy.sandbox import judge
from understudy.sandbox.judge import in_the_way
from understudy.sandbox.plan import NO_VIEW
from understudy.sandbox.trial import Level, Status, Trial

_FOLDERS = "an overlay cannot rename folders"
_OTHERS = "an overlay cannot take over what others own"
_GERMAN = {"Invalid cross-device link": "Ungültiger Link über Gerätegrenzen hinweg"}


def _trial(output: str, status: Status = Status.FAILED, why: str = "") -> Trial:
    return Trial(status, Level.ISOLATED, why=why, output=output.encode())


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("OSError: [Errno 18] Invalid cross-device link: 'a' -> 'b'", _FOLDERS),  # Python, C
        ("rename a b: invalid cross-device link", _FOLDERS),  # Go
        ("mv: can't rename 'a': Cross-device link", _FOLDERS),  # musl
        ("Error: EXDEV: cross-device link not permitted, rename 'a' -> 'b'", _FOLDERS),  # Node
        ('Os { code: 18, kind: CrossesDevices, message: "" } (os error 18)', _FOLDERS),  # Rust
        ("open a: value too large for defined data type", _OTHERS),
        ("a: Value too large for data type", _OTHERS),
        ("Error: EOVERFLOW: x", _OTHERS),
        ("some tests failed (os error 181)", ""),
        ("", ""),
    ],
)
def test_it_is_told_by_many_programs_in_their_ways(output: str, reason: str) -> None:
    assert in_the_way(_trial(output), {}) == reason
    assert in_the_way(_trial(output, Status.CLEAN), {}) == ""


def test_what_was_not_run_for_want_of_a_view_may_do_on_a_copy() -> None:
    why = f"{NO_VIEW}: Operation not permitted"
    assert in_the_way(_trial("", Status.REFUSED, why), {}) == why


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"LANG": "de_DE.UTF-8"}, _FOLDERS),
        ({"LANGUAGE": "xx:de", "LANG": "en_US.UTF-8"}, _FOLDERS),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, ""),
        ({}, ""),
    ],
)
def test_it_is_told_in_the_language_of_the_user(
    environ: Mapping[str, str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = tmp_path / "de/LC_MESSAGES/libc.mo"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_bytes(_compiled({"": "Content-Type: text/plain; charset=UTF-8\n", **_GERMAN}))
    monkeypatch.setattr(judge, "_TRANSLATIONS", str(tmp_path))
    trial = _trial(f"fatal: {_GERMAN['Invalid cross-device link']}")
    assert in_the_way(trial, environ) == reason


def test_a_catalogue_that_is_none_hinders_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = tmp_path / "nl/LC_MESSAGES/libc.mo"
    catalogue.parent.mkdir(parents=True)
    catalogue.write_bytes(b"none")
    monkeypatch.setattr(judge, "_TRANSLATIONS", str(tmp_path))
    assert in_the_way(_trial("x"), {"LANG": "nl"}) == ""
    assert in_the_way(_trial("EXDEV"), {"LANG": "nl"}) == _FOLDERS


def _compiled(messages: Mapping[str, str]) -> bytes:
    """A catalogue as gettext has it: places and lengths of what is sorted, then the texts."""
    texts = [each.encode() for pair in zip(*sorted(messages.items()), strict=True) for each in pair]
    many, place = len(messages), 28 + 16 * len(messages)
    head = struct.pack("<7I", 0x950412DE, 0, many, 28, 28 + 8 * many, 0, 0)
    table = b""
    for text in texts:
        table += struct.pack("<2I", len(text), place)
        place += len(text) + 1
    return head + table + b"".join(text + b"\0" for text in texts)
