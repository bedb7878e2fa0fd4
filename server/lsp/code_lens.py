"""Code lenses. Where they are is told first; what one over a test does when it comes into sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types as lsp

from ..app import commands
from .part import Part
from .server import Server

if TYPE_CHECKING:
    from ..app.open.lenses import Lens


async def answer(ls: Server, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    """Empty when the text changed meanwhile: the client asks again."""
    from ..app.open.lenses import lenses_of

    await ls.settle()
    uri = params.text_document.uri
    shown, document = ls.documents.get(uri), ls.core.documents.get(uri)
    if shown is None or document is None:
        return []
    version, root = shown.version, str(document.workspace.root)
    found = (*await lenses_of(document), *await ls.core.hints.lenses(document))
    if shown.version != version:
        return []
    return [_shown(lens, ls.encoding.to_lsp(lens.range, shown.lines), root) for lens in found]


def _shown(lens: Lens, place: lsp.Range, root: str) -> lsp.CodeLens:
    if not (lens.files or lens.ids):  # it is only to be read
        return lsp.CodeLens(place, command=lsp.Command(lens.title, ""))
    parameters = {"files": [*lens.files], "ids": [*lens.ids]}
    return lsp.CodeLens(place, data={"title": lens.title, "parameters": parameters, "root": root})


def resolve(lens: lsp.CodeLens) -> lsp.CodeLens:
    match lens.data:
        case {"title": str(title), "parameters": dict(parameters), "root": str(root)}:
            chosen = {name: value for name, value in parameters.items() if value}
            arguments = [chosen, root]
            lens.command = lsp.Command(title, commands.RUN_TESTS.id, arguments=arguments)
    return lens


PART = Part(
    {lsp.TEXT_DOCUMENT_CODE_LENS: answer, lsp.CODE_LENS_RESOLVE: resolve},
    options={lsp.TEXT_DOCUMENT_CODE_LENS: lsp.CodeLensOptions(resolve_provider=True)},
)
