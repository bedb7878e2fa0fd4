"""Commands about rules and the tools that have them: ignored, fixed, explained, installed."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..app import commands
from ..app.presentation.problems import in_cells, reason_lines
from .asking import asked
from .convert import to_path
from .notebooks import seen_from
from .part import Part
from .server import Server
from .workspace import scanned


async def ignore_rules(ls: Server, uri: str, rules: list[str]) -> None:
    if (path := to_path(uri)) is not None:
        await ls.core.upkeep.ignore(path, rules)
        ls.core.learning.recording.commanded(commands.IGNORE_RULES.id, path)


async def fix_on_save(ls: Server, uri: str, rule: str) -> None:
    if (path := to_path(uri)) is not None:
        await ls.core.upkeep.fix_on_save(path, rule)


async def dismiss_fix(ls: Server, uri: str, rule: str, never: bool) -> None:
    if (path := to_path(uri)) is not None:
        await asked(ls, lambda: ls.core.learning.dismiss_fix(path, rule, never=never))


async def explain(ls: Server, uri: str, line: int, rule: str) -> list[dict[str, Any]] | None:
    """``line`` counts from 1, in a notebook in its whole. The reasons are shown, too."""
    await ls.settle()
    if (document := ls.core.documents.get(uri)) is None:
        return None
    book = ls.notebooks[uri].book if uri in ls.notebooks else None
    reasons = await ls.core.actions.explain(document, line - 1, rule)
    if book is not None:
        reasons = in_cells(reasons, partial(seen_from, book, line - 1))
    ls.publisher.message("\n".join(reason_lines(reasons)))
    return [reason._asdict() for reason in reasons]


async def fix_rule(ls: Server, uri: str, rule: str) -> int:
    """The number of files that a fix was offered for."""
    await ls.settle()
    if (path := to_path(uri)) is None:
        return 0
    workspace = await ls.core.folders.of(path)
    unknown = not workspace.loose and not workspace.scanned
    if unknown and await scanned(ls, workspace.root) is None:
        return 0
    here = ls.core.documents.of(workspace)
    fixes = await ls.core.actions.fix_rule(workspace, here, rule)
    ls.publisher.apply_fixes(f"Fix all safe cases of {rule}", fixes)
    ls.core.learning.recording.commanded(commands.FIX_RULE.id, path)
    return len(fixes)


async def install_tool(ls: Server, tool: str) -> bool:
    """Whether it is there now; the user is asked first."""
    wanted = await ls.core.tools.find(tool)
    if wanted is None or not await ls.publisher.agrees(
        wanted.question, "Install", "understudy install"
    ):
        return False
    return await ls.core.tools.install(wanted)


PART = Part(
    commands={
        commands.IGNORE_RULES: ignore_rules,
        commands.FIX_ON_SAVE: fix_on_save,
        commands.DISMISS_FIX: dismiss_fix,
        commands.EXPLAIN: explain,
        commands.FIX_RULE: fix_rule,
        commands.INSTALL: install_tool,
    }
)
