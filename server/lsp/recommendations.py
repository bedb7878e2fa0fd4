"""Workflows and recommendations: pages that are shown when they are asked for, what can be done in
workflow files, and what is said to one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from ..app import commands
from .asking import asked, padded, root_of
from .documents import Document
from .edits import document_edits, plain
from .part import Part
from .server import Server

if TYPE_CHECKING:
    from ..app.insights.recommended import Offered
    from ..app.insights.recommending import Rewritten

KIND = "refactor.understudy"
_MOST_ASKED = 6
"""Buttons of a message, where an editor shows no list of its own."""
_MOST_ADDED = 16
"""Lines of what is written that a question shows."""


async def actions(ls: Server, shown: Document, place: lsp.Range) -> list[lsp.CodeAction]:
    """What is recommended on these rows of a workflow file, and an edit does; nothing of one that
    was dismissed."""
    if (document := ls.core.documents.get(shown.uri)) is None:
        return []
    rows = place.start.line, place.end.line
    offers = await ls.core.recommended.offers(document, *rows)
    return [action for offer in offers for action in _actions(ls, shown, offer)]


def _actions(ls: Server, shown: Document, offer: Offered) -> list[lsp.CodeAction]:
    edits = document_edits(ls, shown, offer.edits)
    if not edits:
        return []
    workspace = ls.client_capabilities.workspace
    known = workspace.workspace_edit if workspace else None
    if known and known.document_changes:
        edit = lsp.WorkspaceEdit(document_changes=edits)
    else:
        edit = lsp.WorkspaceEdit(changes={e.text_document.uri: plain(e) for e in edits})
    never = f"Not this: {offer.title}"
    command = commands.DISMISS_RECOMMENDATION.id
    dismissed = lsp.Command(never, command, arguments=[str(offer.root), offer.id])
    return [
        lsp.CodeAction(title=offer.title, kind=KIND, edit=edit),
        lsp.CodeAction(title=never, kind=KIND, command=dismissed),
    ]


async def workflows(ls: Server) -> Any:
    """Markdown."""
    return await asked(ls, ls.core.recommended.workflows)


async def listed(ls: Server) -> Any:
    """Markdown."""
    return await asked(ls, ls.core.recommended.page)


async def able(ls: Server) -> Any:
    """Those that can be done for their user, the best first: ``root``, ``id``, ``title``: what
    would be done, ``path`` of the file that it is about (empty: of none), ``worth`` for people."""
    return await asked(ls, lambda: _able(ls))


async def accept(ls: Server, *given: Any) -> Any:
    """Arguments: a folder and what one is called; asks when not given. Whether something was
    written."""
    root, id_ = padded(given, 2)
    return await asked(ls, lambda: _accept(ls, root_of(root), id_))


async def dismiss(ls: Server, *given: Any) -> Any:
    """Arguments: a folder and what one is called. Whether it was done."""
    root, id_ = padded(given, 2)
    return await asked(ls, lambda: _dismiss(ls, root_of(root), str(id_)))


async def _accept(ls: Server, root: Path | None, id_: Any) -> bool:
    """Raises ValueError, OSError."""
    if id_ is None and (chosen := await _chosen(ls)) is not None:
        root, id_ = chosen
    if id_ is None:
        return False
    found = await ls.core.recommended.of(root)
    own = (await found.look()).find(str(id_)).recommendation
    new = await found.change(own)
    if new is None:
        await found.accept(own.id, None)
        ls.publisher.message(f"Accepted. How: {own.how}")
        return False
    instead = f"understudy recommendations accept {own.id}"
    if not await ls.publisher.agrees(_question(new), "Write", instead):
        return False
    await found.accept(own.id, new)
    ls.publisher.message(f"Written into {new.path}. “Undo Last Automation” takes it back.")
    return True


def _question(new: Rewritten) -> str:
    before = (new.before or "").splitlines()
    more = [line.strip() for line in new.after.splitlines() if line not in before]
    left = len(more) - _MOST_ADDED
    rest = f"; and {left} more lines" if left > 0 else ""
    told = f" It adds: {'; '.join(more[:_MOST_ADDED])}{rest}." if more else ""
    return f"{new.title}, in {new.path}?{told}"


async def _able(ls: Server) -> list[dict[str, str]]:
    """Raises ValueError, OSError, sqlite3.Error."""
    from ..app.insights.workflow_listing import price

    return [
        {
            "root": str(root),
            "id": own.id,
            "title": own.deed,
            "path": own.place.path,
            "worth": price(own),
        }
        for root, one in await ls.core.recommended.open()
        if (own := one.recommendation).is_easy
    ]


async def _chosen(ls: Server) -> tuple[Path, str] | None:
    """The best ones are asked for; None where none is chosen."""
    able = (await _able(ls))[:_MOST_ASKED]
    if not able:
        ls.publisher.message("There is no recommendation that can be done for you.")
        return None
    several = len({each["root"] for each in able}) > 1
    titles = {
        f"{Path(each['root'], each['path']) if several else each['path']}: {each['title']}": each
        for each in able
    }
    found = titles.get(await ls.publisher.choose("Which one is to be done?", titles) or "")
    return None if found is None else (Path(found["root"]), found["id"])


async def _dismiss(ls: Server, root: Path | None, id_: str) -> bool:
    """Raises ValueError, OSError."""
    from ..app.insights.recommending import State

    found = await ls.core.recommended.of(root)
    await found.look()  # so that it is known, also where nobody has listed it
    await found.answer(id_, State.DISMISSED)
    return True


PART = Part(
    commands={
        commands.WORKFLOWS: workflows,
        commands.RECOMMENDATIONS: listed,
        commands.OPEN_RECOMMENDATIONS: able,
        commands.ACCEPT_RECOMMENDATION: accept,
        commands.DISMISS_RECOMMENDATION: dismiss,
    }
)
