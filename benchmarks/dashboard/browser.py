"""A real browser that looks at the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Page, async_playwright, expect

STEP_SECONDS = 20.0
_SEEN = """([selector, text, patience]) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`${text} does not come`)), patience);
    const look = () => {
        const found = document.querySelector(selector);
        if (!found || !found.textContent.includes(text)) return false;
        requestAnimationFrame(() => resolve(Date.now() / 1000));
        return true;
    };
    if (look()) return;
    const watch = new MutationObserver(() => look() && watch.disconnect());
    watch.observe(document.documentElement, {subtree: true, childList: true, characterData: true});
})"""
_PAINTED = """() => new Promise(resolve => new PerformanceObserver(list => {
    for (const each of list.getEntriesByName("first-contentful-paint")) resolve(each.startTime);
}).observe({type: "paint", buffered: true}))"""


def chromium() -> str | None:
    """The Chromium to drive: UNDERSTUDY_CHROMIUM, else the first one on PATH."""
    names = [os.environ.get("UNDERSTUDY_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


@asynccontextmanager
async def browsing(**options: Any) -> AsyncIterator[BrowserContext]:
    """Without a profile, and to loopback alone. Raises playwright's Error where there is none."""
    expect.set_options(timeout=STEP_SECONDS * 1_000)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=chromium(),
            args=[
                *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
        )
        async with running:
            context = await running.new_context(**options)
            context.set_default_timeout(STEP_SECONDS * 1_000)
            yield context


class View:
    """The page behind a link, once it is told of changes. ``wrong``: what goes wrong in it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("console", self._said)

    def _said(self, message: ConsoleMessage) -> None:
        # A section that is asked for anew gives up what it had asked for.
        is_given_up = message.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))
        if message.type == "error" and not is_given_up:
            self.wrong.append(message.text)

    @staticmethod
    async def of(context: BrowserContext, link: str) -> View:
        view = View(await context.new_page())
        await view.page.goto(link)
        await view.live()
        return view

    async def live(self) -> None:
        await self.page.locator("#connection", has_text="live").wait_for()

    async def painted(self) -> float:
        """Seconds from the request of the page to the first of it that was seen."""
        return float(await self.page.evaluate(_PAINTED)) / 1_000

    async def expect(self, selector: str, text: str) -> None:
        """Begin to look for a text that is not there yet; ``seen_at`` tells when it came."""
        given = [selector, text, STEP_SECONDS * 1_000]
        await self.page.evaluate(f"given => {{ window.seen = ({_SEEN})(given); }}", given)

    async def seen_at(self) -> float:
        """When what was expected was painted, in seconds since the epoch."""
        return float(await self.page.evaluate("() => window.seen"))
