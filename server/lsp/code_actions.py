"""Code actions: the core's offers as workspace edits. They follow from our own state and the range;
nothing relies on what a client sends back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ..app import commands
from ..app.presentation.problems import code
from ..model import Problem
from ..text import apply
from . import automations, convert, recommendations
from .documents import Document
from .edits import document_edits, plain
from .notebooks import lower
from .part import Part
from .server import Server

if TYPE_CHECKING:
    from ..app.open.actions import Install, Offer

QUICK_FIX = lsp.CodeActionKind.QuickFix.value
FIX_ALL = "source.fixAll.understudy"


async def answer(ls: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    """Verified fixes first, then ways to ignore. Empty when the text changed meanwhile."""
    await ls.settle()
    if (found := ls.shown(params.text_document.uri)) is None:
        return []
    shown, above = found
    uri = shown.uri
    if (document := ls.core.documents.get(uri)) is None:
        return []
    wanted = params.context.only
    version = shown.version
    actions: list[lsp.CodeAction] = []
    if wanted and _wants(wanted, FIX_ALL):
        every = await ls.core.actions.fix_all(document)
        actions += _action(ls, shown, every, FIX_ALL) if every else []
    if _wants(wanted, QUICK_FIX):
        place = ls.encoding.range(lower(params.range, above), shown.lines)
        offers, problems = await ls.core.actions.at(document, place)
        actions += [each for offer in offers for each in _action(ls, shown, offer, QUICK_FIX)]
        if uri not in ls.notebooks:
            ls.offered[uri] = [(apply(shown.text, each.edits), _rule(each)) for each in offers]
        if not document.workspace.loose:
            rules = dict.fromkeys(each.rule for each in offers if each.preferred and each.rule)
            actions += [_fix_in_workspace(uri, rule) for rule in rules]
            taken = ls.core.learning.fixes(document.path)
            again = [each for each in offers if each.preferred and each.rule in taken]
            actions += [
                action
                for offer in again
                for action in _fix_on_save(ls, shown, offer, taken[offer.rule])
            ]
        in_project = () if document.workspace.loose else problems
        matters = dict.fromkeys(problem.rules for problem in in_project)
        actions += [_ignore_in_project(uri, rules) for rules in matters]
        actions += [_explain(uri, problem, above) for problem in problems]
        installs = await ls.core.actions.installs(document, place)
        actions += [_install(ls, shown, *each) for each in installs]
    if _wants(wanted, automations.KIND):
        actions += await automations.actions(ls, document.path)
        actions += await recommendations.actions(ls, shown, lower(params.range, above))
    return actions if shown.version == version else []


def _wants(only: Iterable[str] | None, kind: str) -> bool:
    """Whether a client that asks for ``only`` some kinds wants ``kind`` or what it belongs to."""
    return only is None or any(not each or f"{kind}.".startswith(f"{each}.") for each in only)


def _action(ls: Server, shown: Document, offer: Offer, kind: str) -> list[lsp.CodeAction]:
    """None where the edits cannot be made."""
    edits = document_edits(ls, shown, offer.edits)
    if not edits:
        return []
    action = lsp.CodeAction(
        title=offer.title,
        kind=kind,
        diagnostics=_diagnostics(ls, shown, offer.problems),
        is_preferred=offer.preferred or None,
        edit=_workspace_edit(ls, edits),
    )
    return [action]


def _rule(offer: Offer) -> str:
    return offer.rule or next((code(problem) for problem in offer.problems), "")


def _diagnostics(ls: Server, shown: Document, problems: Iterable[Problem]) -> list[lsp.Diagnostic]:
    """As they were published: those of a notebook at the rows of its cells."""
    told = [convert.diagnostic(problem, shown.lines, ls.encoding) for problem in problems]
    if (notebook := ls.notebooks.get(shown.uri)) is None:
        return told
    return [each for _, own in notebook.diagnostics(told, ls.encoding) for each in own]


def _workspace_edit(ls: Server, edits: list[lsp.TextDocumentEdit]) -> lsp.WorkspaceEdit:
    workspace = ls.client_capabilities.workspace
    if workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes:
        return lsp.WorkspaceEdit(document_changes=edits)
    return lsp.WorkspaceEdit(changes={each.text_document.uri: plain(each) for each in edits})


def _fix_in_workspace(uri: str, rule: str) -> lsp.CodeAction:
    title = f"In this workspace, fix all safe cases of {rule}"
    command = lsp.Command(title, commands.FIX_RULE.id, arguments=[uri, rule])
    return lsp.CodeAction(title=title, kind=QUICK_FIX, command=command)


def _fix_on_save(ls: Server, shown: Document, offer: Offer, count: int) -> list[lsp.CodeAction]:
    """On the finding whose fix was taken so often."""
    uri, rule = shown.uri, offer.rule
    title = f"Fix {rule} after each save (you took its fix {count}×)"
    asked = f"Fix {rule} after each save"
    told = (
        (title, commands.FIX_ON_SAVE, [uri, rule]),
        (f"Not now: {asked}", commands.DISMISS_FIX, [uri, rule, False]),
        (f"Never: {asked}", commands.DISMISS_FIX, [uri, rule, True]),
    )
    return [
        lsp.CodeAction(
            title=title,
            kind=automations.KIND,
            diagnostics=_diagnostics(ls, shown, offer.problems),
            command=lsp.Command(title, command.id, arguments=arguments),
        )
        for title, command, arguments in told
    ]


def _ignore_in_project(uri: str, rules: tuple[str, ...]) -> lsp.CodeAction:
    title = f"Ignore {', '.join(rules)} in this project"
    command = lsp.Command(title, commands.IGNORE_RULES.id, arguments=[uri, list(rules)])
    return lsp.CodeAction(title=title, kind=QUICK_FIX, command=command)


def _install(ls: Server, shown: Document, problem: Problem, offer: Install) -> lsp.CodeAction:
    command = lsp.Command(offer.title, commands.INSTALL.id, arguments=[offer.tool])
    diagnostics = _diagnostics(ls, shown, [problem])
    return lsp.CodeAction(
        title=offer.title, kind=QUICK_FIX, diagnostics=diagnostics, command=command
    )


def _explain(uri: str, problem: Problem, above: int) -> lsp.CodeAction:
    rule, line = code(problem), problem.lead.range.start.line + 1
    title = f"Explain {rule} in line {line - above}"
    command = lsp.Command(title, commands.EXPLAIN.id, arguments=[uri, line, rule])
    return lsp.CodeAction(title=title, kind=QUICK_FIX, command=command)


PART = Part(
    {lsp.TEXT_DOCUMENT_CODE_ACTION: answer},
    options={
        lsp.TEXT_DOCUMENT_CODE_ACTION: lsp.CodeActionOptions(
            [lsp.CodeActionKind.QuickFix, FIX_ALL, automations.KIND]
        )
    },
)
