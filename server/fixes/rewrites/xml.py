"""XML parsers that a hostile document can exhaust, and their twins in defusedxml."""

from __future__ import annotations

import ast

from ...model import Fix, Range
from .draft import Draft
from .names import Binding
from .source import Source, UnsureError

_TITLE = "Parse with defusedxml (a package to install)"
_PARSE = frozenset({"parse", "parseString"})
_TREE = frozenset(
    {"ParseError", "XML", "XMLParser", "fromstring", "iterparse", "parse", "tostring"}
)
# Each module, its twin, and what the twin offers too.
_TWINS = {
    "xml.dom.expatbuilder": ("defusedxml.expatbuilder", _PARSE),
    "xml.dom.minidom": ("defusedxml.minidom", _PARSE),
    "xml.dom.pulldom": ("defusedxml.pulldom", _PARSE),
    "xml.etree.ElementTree": ("defusedxml.ElementTree", _TREE),
    "xml.etree.cElementTree": ("defusedxml.ElementTree", _TREE),
    "xml.sax": ("defusedxml.sax", _PARSE | {"make_parser"}),
    "xml.sax.expatreader": ("defusedxml.expatreader", frozenset({"create_parser"})),
}


def import_twin(source: Source, place: Range) -> Fix:
    """Import the twin under the same name, when it has everything that the file uses."""
    statement = source.find(
        place, ast.stmt, lambda node: isinstance(node, ast.Import | ast.ImportFrom)
    )
    draft = Draft(source)
    for binding in source.names.bindings:
        if binding.statement is statement and _module(binding).startswith("xml."):
            _swap(draft, binding)
    return draft.fix(_TITLE)


def call_twin(source: Source, place: Range) -> Fix:
    """Swap the import where that is possible, otherwise call the twin beside it."""
    call = source.find(place, ast.Call, lambda call: bool(_twin(source, call.func)))
    root: ast.expr = call.func
    while isinstance(root, ast.Attribute):
        root = root.value
    draft = Draft(source)
    try:
        for binding in source.names.bindings:
            if isinstance(root, ast.Name) and binding.local == root.id:
                _swap(draft, binding)
    except UnsureError:
        draft = Draft(source)
        draft.rename(call.func, _twin(source, call.func))
    return draft.fix(_TITLE)


def _twin(source: Source, function: ast.expr) -> str:
    module, _, name = source.names.resolve(function).rpartition(".")
    twin, members = _TWINS.get(module, ("", frozenset()))
    return f"{twin}.{name}" if name in members else ""


def _module(binding: Binding) -> str:
    """The dotted name of what the alias itself names."""
    return binding.alias.name if isinstance(binding.statement, ast.Import) else binding.target


def _swap(draft: Draft, binding: Binding) -> None:
    names, module, local = draft.source.names, _module(binding), binding.local
    if module not in _TWINS:
        package, _, name = module.rpartition(".")
        twin, members = _TWINS.get(package, ("", frozenset()))
        if name not in members or local in names.pinned:
            raise UnsureError
        draft.imports.drop(binding)
        draft.imports.add_member(twin, _clause(name, local))
        return
    twin, members = _TWINS[module]
    used = [node for node in names.nodes if _stands_for(draft.source, node, module)]
    owners = [names.parents[node] for node in used]
    if not used or local in names.pinned or not names.is_free_for(local, binding.target):
        raise UnsureError
    if not all(isinstance(owner, ast.Attribute) and owner.attr in members for owner in owners):
        raise UnsureError
    if local != module.partition(".")[0]:
        draft.imports.drop(binding)
        package, _, name = twin.rpartition(".")
        if isinstance(binding.statement, ast.Import):
            draft.imports.add_module(f"{twin} as {local}")
        else:
            draft.imports.add_member(package, _clause(name, local))
        return
    for owner in owners:
        if isinstance(owner, ast.Attribute):
            draft.rename(owner, f"{twin}.{owner.attr}")


def _stands_for(source: Source, node: ast.AST, module: str) -> bool:
    """Whether the node is the whole dotted name of the module, or the local name for it."""
    return isinstance(node, ast.Attribute | ast.Name) and source.names.resolve(node) == module


def _clause(name: str, local: str) -> str:
    return name if name == local else f"{name} as {local}"
