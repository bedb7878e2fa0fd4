"""The page in a real browser: what it shows, how it is told of changes, who can use it."""

from __future__ import annotations

import asyncio
import os
import statistics
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Route, expect

from benchmarks.dashboard import large
from benchmarks.dashboard.browser import View, browsing, chromium
from benchmarks.dashboard.figures import measured
from understudy.state import state_dir

from ..core.support import own_environment, tree, understudy
from ..needs import missing
from .conftest import World
from .server import Server, serving

ROUNDS = 7
SMALL = {"width": 360, "height": 740}


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    if chromium() is None:
        missing("missing: Chromium")
    async with browsing() as found:
        yield found


@pytest.fixture
def axe(pytestconfig: pytest.Config) -> Path:
    script = Path(pytestconfig.rootpath, ".cache/page/node_modules/axe-core/axe.min.js")
    if not script.is_file():
        missing("missing: axe-core: `make test` installs it")
    return script


async def link(server: Server) -> str:
    return await asyncio.to_thread(server.link)


async def test_it_shows_what_there_is(
    context: BrowserContext, server: Server, world: World
) -> None:
    view = await View.of(context, await link(server))
    page = view.page
    await expect(page.get_by_role("heading", level=1)).to_contain_text(world.root.name)
    for name in ("Health", "Findings", "Tasks", "Logs", "Resources", "Audit trail"):
        await expect(page.get_by_role("region", name=name).first).to_be_visible()
    await expect(page.locator("#health")).to_contain_text("trusted")
    await expect(page.locator("#findings tbody").last).to_contain_text("top.py:3")
    await expect(page.locator("#logs .output")).to_contain_text("<script>")
    await expect(page.locator("#settings")).to_contain_text("analysis.exclude")
    await expect(page.locator("#resources tbody")).to_contain_text("memory")
    for name in ("recommendations", "efficiency", "time"):
        await expect(page.locator(f"#{name}")).not_to_contain_text("being")
    assert view.wrong == []


async def test_no_name_of_a_severity_is_broken(context: BrowserContext, server: Server) -> None:
    page = (await View.of(context, await link(server))).page
    names = page.locator("#findings td .severity")
    await expect(names.first).to_be_visible()
    for width in (360, 1_300):
        await page.set_viewport_size({"width": width, "height": 900})
        heights = "each => each.map(one => one.getClientRects().length * one.offsetHeight)"
        assert max(await names.evaluate_all(heights)) < 30


async def test_no_text_of_others_is_run(context: BrowserContext, server: Server) -> None:
    view = await View.of(context, await link(server))
    page = view.page
    await page.locator("#findings-text").fill("<img src=x onerror=\"document.title='taken'\">")
    await expect(page.locator("#findings")).to_contain_text("No finding is like that.")
    assert "taken" not in await page.title()
    assert await page.locator("img").count() == 0
    assert await page.locator("#findings script, #logs script").count() == 0
    assert view.wrong == []


async def test_findings_are_filtered_a_page_at_a_time(
    context: BrowserContext, server: Server
) -> None:
    page = (await View.of(context, await link(server))).page
    rows = page.locator("#findings .place")
    every = await rows.count()
    await page.locator("#findings-owner").select_option("src")
    await expect(page.locator("#findings")).not_to_contain_text("top.py:3")
    assert 0 < await rows.count() < every
    await page.locator("#findings-owner").select_option("")
    await page.locator("#findings-text").fill("pickle")
    await expect(page.locator("#findings")).not_to_contain_text("src/app.py")
    await expect(rows.first).to_have_text("top.py:3")


async def test_what_is_typed_while_an_answer_comes_is_asked_for(
    context: BrowserContext, server: Server
) -> None:
    page = (await View.of(context, await link(server))).page
    rows = page.locator("#findings .place")
    typed = asyncio.Event()

    async def answer_late(route: Route) -> None:
        await typed.wait()
        await route.continue_()

    await page.route("**/findings?*owner=src*", answer_late)
    await page.locator("#findings-owner").select_option("src")
    await page.locator("#findings-text").press_sequentially("pick")
    typed.set()
    await expect(page.locator("#findings-text")).to_have_value("pick")
    await expect(rows).to_have_count(0)
    await page.locator("#findings-owner").select_option("")
    await expect(rows.first).to_have_text("top.py:3")


async def test_a_change_comes_by_itself_and_what_was_asked_for_stays(
    context: BrowserContext, tmp_path: Path
) -> None:
    environment = own_environment(tmp_path)
    root = tree(tmp_path / "shop", {"a/one.py": "eval('1')\n", "b/two.py": "exec('1')\n"})
    understudy("scan", cwd=root, environment=environment)
    with serving(environment, root) as server:
        view = await View.of(context, server.first)
        page = view.page
        await page.locator("#findings-owner").select_option("a")
        await expect(page.locator("#findings .place")).to_have_text(["a/one.py:1"])
        text = "x = 1\neval('2')\nexec('3')\n"
        await large.analyse_again(root, state_dir(environment), "a/one.py", text)
        places = ["a/one.py:3", "a/one.py:2"]
        await expect(page.locator("#findings .place")).to_have_text(sorted(places))
        await large.add_job(root, state_dir(environment), "later")
        await expect(page.locator("#tasks .jobs")).to_contain_text("later")
        await expect(page.locator("#trail")).to_contain_text("on the command line")
        await expect(page.locator("#health")).to_contain_text("Queued1")
        await expect(page.locator("#findings .place").first).to_have_text(min(places))
        (root / "a/one.py").write_text("y = 1\n")
        understudy("trust", str(root), cwd=root, environment=environment)
        await expect(page.locator("#health dd").first).to_have_text("trusted")
        assert view.wrong == []


async def test_several_workspaces_share_a_page(context: BrowserContext, tmp_path: Path) -> None:
    """Each is told of, one is shown; what changes in another is seen beside its name, and what is
    done is done there."""
    environment = own_environment(tmp_path)
    roots = [tree(tmp_path / name, {f"{name}.py": "eval('1')\n"}) for name in ("shop", "bill")]
    for root in roots:
        understudy("scan", cwd=root, environment=environment)
    with serving(environment, *roots) as server:
        view = await View.of(context, server.first)
        page = view.page
        summaries = page.locator("[id^=summary-]")
        await expect(summaries).to_have_count(2)
        await expect(page.get_by_role("heading", level=1)).to_contain_text("shop")
        await expect(page.locator("#findings .place").first).to_have_text("shop.py:1")
        await large.add_job(roots[1], state_dir(environment), "later")
        await expect(summaries.nth(1)).to_contain_text("1 queued")
        await expect(summaries.nth(0)).to_contain_text("0 queued")
        await expect(page.locator("#tasks")).to_contain_text("Nothing runs or waits.")
        await summaries.nth(1).get_by_role("link").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("bill")
        await expect(page.locator("#findings .place").first).to_have_text("bill.py:1")
        await expect(page.locator("#tasks .jobs")).to_contain_text("later")
        await page.get_by_role("button", name="Unlock actions…").click()
        await page.get_by_label("Code").fill(await asyncio.to_thread(server.told, "code"))
        await page.keyboard.press("Enter")
        await page.get_by_role("button", name="Cancel job").click()
        await expect(page.get_by_role("alert")).to_contain_text("is cancelled")
        await expect(page.get_by_role("heading", level=1)).to_contain_text("bill")
        await expect(summaries.nth(1)).to_contain_text("0 queued")
        assert view.wrong == []


async def test_a_page_is_unlocked_and_runs_a_task(tmp_path: Path, context: BrowserContext) -> None:
    """From the click to what the task prints, while an engine runs it."""
    environment = own_environment(tmp_path)
    config = (
        "tasks: {custom: {greet: {command: [sh, -c, 'read line < gate; echo hello;"
        " read line < gate; echo bye']}}}\n"
    )
    root = tree(tmp_path / "shop", {".understudy/config.yaml": config})
    (root / ".git").mkdir()
    gate = root / "gate"
    await asyncio.to_thread(os.mkfifo, gate)
    understudy("trust", str(root), cwd=root, environment=environment)
    assert understudy("start", cwd=root, environment=environment).returncode == 0
    try:
        with serving(environment, root) as server:
            page = (await View.of(context, server.first)).page
            assert await page.get_by_role("button", name="greet").count() == 0
            await page.get_by_role("button", name="Unlock actions…").click()
            await page.get_by_label("Code").fill(await asyncio.to_thread(server.told, "code"))
            await page.keyboard.press("Enter")
            await expect(page.locator(".lock")).to_contain_text("unlocked")
            await page.get_by_role("button", name="greet").click()
            await expect(page.get_by_role("alert")).to_contain_text("is queued")
            await expect(page.locator("#logs")).to_contain_text("It has printed nothing so far.")
            await asyncio.to_thread(gate.write_text, "go on\n")
            await expect(page.locator("#tasks .output")).to_have_text("hello\n")
            await asyncio.to_thread(gate.write_text, "go on\n")
            await expect(page.locator("#tasks tbody")).to_contain_text("done")
            await expect(page.locator("#logs .output")).to_contain_text("bye")
            await expect(page.locator("#trail")).to_contain_text("asked for on the dashboard")
    finally:
        understudy("stop", cwd=root, environment=environment)


async def test_it_says_when_it_is_told_of_nothing_any_more(
    context: BrowserContext, world: World
) -> None:
    with serving(world.environment, world.root) as server:
        page = (await View.of(context, server.first)).page
    await expect(page.locator("#connection")).to_contain_text("not connected")


async def test_another_port_is_not_sent_the_cookie(context: BrowserContext, server: Server) -> None:
    """Cookies know no ports."""
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    await View.of(context, await link(server))
    other = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with other:
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}/")
        assert heard
        assert b"cookie" not in b"".join(heard).lower()


async def test_a_page_elsewhere_can_neither_read_nor_show_nor_act(
    context: BrowserContext, server: Server
) -> None:
    """One of the same machine, of which a browser thinks that it is of the same site."""
    await View.of(context, await link(server))
    page = await context.new_page()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        body = f"<iframe src={server.origin}{server.base}></iframe>".encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        await writer.drain()
        writer.close()

    other = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with other:
        await page.goto(f"http://127.0.0.1:{other.sockets[0].getsockname()[1]}/")
        for mode in ("cors", "no-cors"):
            text = await page.evaluate(
                "([url, mode]) => fetch(url, {mode, credentials: 'include'})"
                ".then(answer => answer.text(), error => String(error))",
                [f"{server.origin}{server.base}", mode],
            )
            assert "Findings" not in text
        frame = page.frames[1]
        assert await frame.locator("#findings").count() == 0


# ── who can use it ──────────────────────────────────────────────────────────────────────────────


async def test_all_of_it_can_be_reached_by_the_keyboard(
    context: BrowserContext, server: Server
) -> None:
    page = (await View.of(context, await link(server))).page
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator("#main")).to_be_focused()
    wanted = "a[href], button:not(:disabled), input:not([type=hidden]), select, summary, .scroll"
    every = page.locator("main").locator(wanted).filter(visible=True)
    reached = set()
    for _ in range(await every.count() + 5):
        await page.keyboard.press("Tab")
        told = await page.evaluate(
            "() => { const at = document.activeElement; const style = getComputedStyle(at);"
            " return [at.tagName + '#' + at.id + at.className + at.textContent.slice(0, 20),"
            " style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,"
            " Boolean(at.closest('main'))]; }"
        )
        if told[2]:
            reached.add(told[0])
            assert told[1], f"nobody sees that {told[0]} has the focus"
    assert len(reached) > 10
    await page.locator("#findings-text").focus()
    await page.keyboard.type("pickle")
    await expect(page.locator("#findings .place")).to_have_text(["top.py:3", "top.py:1"])
    await expect(page.locator("#findings-text")).to_be_focused()
    await expect(page.locator("#findings-text")).to_have_value("pickle")


@pytest.mark.parametrize("width", [360, 1_300])
async def test_no_reason_in_the_audit_trail_is_cut(
    context: BrowserContext, server: Server, width: int
) -> None:
    page = (await View.of(context, await link(server))).page
    await page.set_viewport_size({"width": width, "height": 900})
    await expect(page.locator("#trail .wide").first).to_be_visible()
    wider = "each => each.scrollWidth - each.clientWidth"
    assert await page.locator("#trail .scroll").evaluate(wider) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [SMALL, {"width": 1360, "height": 900}], ids=["small", "large"])
async def test_nothing_keeps_anybody_out(
    axe: Path, server: Server, scheme: str, size: dict[str, int]
) -> None:
    """As axe sees it: names, roles, contrast, order; and no page is wider than the screen."""
    async with browsing(color_scheme=scheme, viewport=size, bypass_csp=True) as context:
        page = (await View.of(context, await link(server))).page
        await page.locator("#settings-all summary").click()
        for name in ("resources", "recommendations", "efficiency", "time"):
            await expect(page.locator(f"#{name}")).not_to_contain_text("being")
        assert await page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        await page.add_script_tag(path=axe)
        told = await page.evaluate(
            "() => axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',"
            " 'best-practice']}).then(found => [found.passes.length, found.violations.map(each =>"
            " [each.id, each.nodes.map(node => node.html.slice(0, 120))])])"
        )
        assert told[0] > 20
        assert told[1] == []


# ── much of it ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.alone
async def test_ten_thousand_findings_and_a_long_history_stay_usable(
    tmp_path: Path, context: BrowserContext
) -> None:
    environment = own_environment(tmp_path)
    root, state = tmp_path / "big", state_dir(environment)
    large.scanned(root, environment)
    await large.add_history(root, state)
    with serving(environment, root) as server:
        view = await View.of(context, server.first)
        page = view.page
        await expect(page.locator("#findings h2")).to_contain_text("10,000")
        await expect(page.locator("#tasks")).to_contain_text("1,000")
        await expect(page.locator("#tasks")).to_contain_text("it ended with 1")
        figures = await measured(view, root, state, ROUNDS)
        assert statistics.median(figures["paint"]) <= 1.0
        assert statistics.median(figures["job"]) <= 0.1
        assert statistics.median(figures["finding"]) <= 0.1
        await page.get_by_role("button", name="Older").click()
        await expect(page.locator("#tasks")).to_contain_text("page 2 of")
        assert view.wrong == []
