"""The page of the report, in the real Chromium: it needs nothing else, runs nothing, can be read."""

from __future__ import annotations

import asyncio
import html.parser
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.dashboard.browser import chromium
from understudy.app.insights.efficiency import report_of

from ..needs import missing
from .histories_of_work import past

VOID = {"meta", "link", "br", "hr", "img", "input"}
SHAPES = {"rect", "line", "circle", "polygon", "polyline"}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    root, state = folder / "shop", folder / "state"
    root.mkdir()
    state.mkdir()
    now = time.time()

    async def made() -> str:
        await past(state, now)
        return (await report_of(root, state, now - 30 * 86_400, now)).html

    file = folder / "report.html"
    file.write_text(asyncio.run(made()), encoding="utf-8")
    return file


@pytest.fixture
def browser() -> Iterator[Browser]:
    """Of each test: while one runs, no loop of another test may."""
    if (path := chromium()) is None:
        missing("missing: Chromium")
    with sync_playwright() as playwright:
        args = ["--no-sandbox", "--disable-gpu"]
        with playwright.chromium.launch(executable_path=path, args=args) as running:
            yield running


@pytest.fixture
def page(browser: Browser, report: Path) -> Iterator[Page]:
    with browser.new_context(offline=True) as context:
        opened = context.new_page()
        opened.goto(report.as_uri())
        yield opened


class _Elements(html.parser.HTMLParser):
    """That each is closed, in order; their names, and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHAPES
        self.seen[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_it_is_whole_and_refers_to_nothing(report: Path) -> None:
    found = _Elements()
    found.feed(report.read_text(encoding="utf-8"))
    found.close()
    assert found.open == []
    assert found.seen["table"] > 5
    assert found.seen["svg"] > 8
    assert not found.seen.keys() & {"script", "link", "img", "iframe", "object", "form", "base"}
    for tag, name, value in found.attributes:
        assert not name.startswith("on")
        assert name not in ("src", "style", "srcset", "action", "formaction")
        assert name != "href" or (tag == "a" and value.startswith("#"))
    ids = [value for _, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    targets = {value[1:] for _, name, value in found.attributes if name == "href"}
    assert targets <= set(ids)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_asked_for_and_its_own_policy_lets_it_be(
    browser: Browser, report: Path, scheme: str
) -> None:
    with browser.new_context(offline=True, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page, said, asked = context.new_page(), [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(report.as_uri())
        assert asked == [report.as_uri()]
        assert said == []
        # The style was let in: its hash is right.
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert paper == {"light": "rgb(252, 251, 248)", "dark": "rgb(20, 23, 29)"}[scheme]


def test_what_came_in_after_all_would_not_run(page: Page) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.evaluate(
        "() => { const made = document.createElement('script');"
        " made.textContent = 'window.ran = true'; document.body.append(made); }"
    )
    assert page.evaluate("window.ran") is None
    assert "Content Security Policy" in said[0]


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_it_fits_any_width(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    beyond = page.evaluate(
        "() => [...document.querySelectorAll('main *')].filter(each => !each.closest('.hidden, svg'"
        " + ', thead') && each.getBoundingClientRect().right > innerWidth + 1)"
        ".map(each => each.outerHTML.slice(0, 80))"
    )
    assert beyond == []


# Of each text that is seen: the contrast with what is behind it, as WCAG 2.2 has it.
CONTRASTS = """() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = each => {
    for (let at = each; at; at = at.parentElement) {
      const found = rgb(getComputedStyle(at).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const each of document.querySelectorAll('body *')) {
    const own = [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    if (!own || each.closest('.hidden, style, title')) continue;
    const style = getComputedStyle(each);
    const ink = rgb(each instanceof SVGElement ? style.fill : style.color);
    const [a, b] = [light(ink), light(behind(each))].sort((x, y) => y - x);
    found.push([(a + 0.05) / (b + 0.05), each.tagName + ' ' + each.textContent.slice(0, 40)]);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read(browser: Browser, report: Path, scheme: str) -> None:
    with browser.new_context(offline=True, color_scheme=scheme) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(report.as_uri())
        found = page.evaluate(CONTRASTS)
        assert len(found) > 100
        assert [each for each in found if each[0] < 4.5] == []
        marks = page.evaluate(
            "() => ['.low', '.high'].map(name => { const style ="
            " getComputedStyle(document.querySelector(name)); return [style.fill, style.stroke]; })"
        )
        solid, edge = marks[0][0], marks[1][1]
        card = page.evaluate("getComputedStyle(document.querySelector('figure')).backgroundColor")
        assert min(_contrast(solid, card), _contrast(edge, card)) >= 3.0


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        values = [int(each) / 255 for each in colour.strip("rgba()").split(",")[:3]]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
        return sum(a * b for a, b in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_to_say(
    browser: Browser, report: Path, pytestconfig: pytest.Config, scheme: str, width: int
) -> None:
    axe = Path(pytestconfig.rootpath, ".cache/page/node_modules/axe-core/axe.min.js")
    if not axe.exists():
        missing("missing: axe-core: `make test` installs it")
    with browser.new_context(
        offline=True,
        color_scheme=scheme,  # type: ignore[arg-type]
        viewport={"width": width, "height": 900},
    ) as context:
        page = context.new_page()
        page.goto(report.as_uri())
        page.evaluate("() => document.querySelectorAll('details').forEach(e => { e.open = true; })")
        page.evaluate(axe.read_text(encoding="utf-8"))
        found = page.evaluate("() => axe.run(document)")
        assert len(found["passes"]) > 20
        assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []


def test_it_is_used_without_a_mouse(page: Page) -> None:
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("each => each === document.activeElement && each.offsetLeft >= 0")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    summary = page.locator("summary").first
    summary.focus()
    table = page.locator("details .scroll").first
    assert not table.is_visible()
    page.keyboard.press("Enter")
    assert table.is_visible()
    page.keyboard.press("Tab")
    assert table.evaluate("each => each === document.activeElement")


def test_every_plot_is_told_in_words(page: Page) -> None:
    plots = page.locator("figure")
    assert plots.count() >= 8
    for number in range(plots.count()):
        figure = plots.nth(number)
        images = figure.locator("[role=img]")
        labels = [images.nth(n).get_attribute("aria-label") for n in range(images.count())]
        assert all(labels)
        assert figure.locator("table").count() or figure.locator("li .value").count()


def test_one_main_one_heading_and_levels_in_order(page: Page) -> None:
    levels = page.evaluate("() => [...document.querySelectorAll('h1,h2,h3')].map(e => e.tagName)")
    assert levels[0] == "H1"
    assert levels.count("H1") == 1
    assert page.locator("main").count() == 1
    assert page.locator("html[lang=en]").count() == 1
    assert page.title()
    headers = page.locator("table thead th")
    assert all(headers.nth(n).get_attribute("scope") == "col" for n in range(headers.count()))


def test_it_prints(page: Page) -> None:
    page.emulate_media(media="print")
    assert not page.locator("nav").is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert page.pdf().startswith(b"%PDF")
