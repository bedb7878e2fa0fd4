"""What is sent to a browser as it is: others' scripts are theirs byte by byte, and colours can be
told apart."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from ..needs import missing

STATIC = resources.files("understudy.dashboard") / "static"
COPIES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "htmx.LICENSE.txt": "htmx.org/LICENSE",
    "sse.min.js": "htmx-ext-sse/dist/sse.min.js",
    "sse.LICENSE.txt": "htmx-ext-sse/LICENSE",
}
OURS = {"page.css", "page.js", "icon.svg"}
_LEAST = 4.5
"""The contrast that WCAG 2.2 AA asks of a text."""
_GROUNDS = ("ground", "card")


def test_each_file_is_known() -> None:
    assert {each.name for each in STATIC.iterdir()} == OURS | COPIES.keys()


@pytest.mark.parametrize("name", COPIES)
def test_it_is_the_package_that_npm_has_checked(pytestconfig: pytest.Config, name: str) -> None:
    """``npm ci`` has compared the package with the hash in the lock file."""
    installed = Path(pytestconfig.rootpath, ".cache/page/node_modules")
    if not installed.is_dir():
        missing("missing: the packages of the page: `make test` installs them")
    assert (installed / COPIES[name]).read_bytes() == (STATIC / name).read_bytes()


def test_no_script_or_style_asks_elsewhere() -> None:
    for name in OURS:
        text = (STATIC / name).read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(", text)


def _themes() -> dict[str, dict[str, str]]:
    text = (STATIC / "page.css").read_text(encoding="utf-8")
    light, dark, *_ = re.findall(r":root \{(.*?)\}", text, re.DOTALL)
    colours = [dict(re.findall(r"--([\w-]+): (#\w{6})", each)) for each in (light, dark)]
    assert colours[0].keys() == colours[1].keys()
    return dict(zip(("light", "dark"), colours, strict=True))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_is_that_of_the_standard() -> None:
    assert round(contrast("#ffffff", "#000000"), 2) == 21
    assert round(contrast("#ffffff", "#767676"), 2) == 4.54


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read(theme: str) -> None:
    colours = _themes()[theme]
    pairs = [
        (each, ground) for each in ("text", "quiet", "accent", "trouble") for ground in _GROUNDS
    ]
    pairs += [("text", "sunk")]
    pairs += [(name, name.removeprefix("on-")) for name in colours if name.startswith("on-")]
    assert len(pairs) > 15
    low = {pair: round(contrast(*(colours[each] for each in pair)), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < _LEAST} == {}
