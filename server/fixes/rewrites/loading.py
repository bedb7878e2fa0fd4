"""Reading data that comes from elsewhere."""

from __future__ import annotations

import ast

from ...model import Fix, Range
from .calls import find_call, is_plain, keyword
from .draft import Draft
from .source import Source, UnsureError

_YAML_LOADERS = ("yaml.Loader", "yaml.FullLoader", "yaml.UnsafeLoader")


def yaml_safe_load(source: Source, place: Range) -> Fix:
    """Without a Loader only the old PyYAML loads at all, and plain data then loads the same."""
    call = find_call(source, place, "yaml.load")
    loader = keyword(call, "Loader") or (call.args[1] if len(call.args) > 1 else None)
    if not is_plain(call):
        raise UnsureError
    draft = Draft(source)
    if loader is None:
        draft.rename(call.func, "yaml.safe_load")
        return draft.fix("Use yaml.safe_load", safe=True)
    value = loader.value if isinstance(loader, ast.keyword) else loader
    kind = source.names.resolve(value)
    if kind == "yaml.CLoader":
        draft.rename(value, "yaml.CSafeLoader")
        return draft.fix("Use yaml.CSafeLoader")
    if kind not in _YAML_LOADERS:
        raise UnsureError
    draft.remove_argument(call, loader)
    draft.rename(call.func, "yaml.safe_load")
    return draft.fix("Use yaml.safe_load")


def torch_weights_only(source: Source, place: Range) -> Fix:
    call = find_call(source, place, "torch.load", "torch.serialization.load")
    draft = Draft(source)
    draft.set_argument(call, "weights_only", "True")
    return draft.fix("Load the weights only")


def tarfile_data_filter(source: Source, place: Range) -> Fix:
    """Only for what is certainly a tar archive: the others do not know the argument."""
    call = source.find(
        place,
        ast.Call,
        lambda call: (
            isinstance(call.func, ast.Attribute)
            and call.func.attr == "extractall"
            and _is_tar(source, call.func.value)
        ),
    )
    draft = Draft(source)
    draft.set_argument(call, "filter", '"data"')
    return draft.fix('Refuse dangerous members (filter="data")')


def _is_tar(source: Source, archive: ast.expr) -> bool:
    if not isinstance(archive, ast.Name):
        return _opens_tar(source, archive)
    origins = [
        origin for node in source.names.nodes for origin in _origins(source, node, archive.id)
    ]
    return bool(origins) and all(origins)


def _opens_tar(source: Source, value: ast.expr) -> bool:
    opens = ("tarfile.open", "tarfile.TarFile", "tarfile.TarFile.open")
    return isinstance(value, ast.Call) and source.names.resolve(value.func) in opens


def _origins(source: Source, node: ast.AST, name: str) -> list[bool]:
    """For each place where the node binds the name, whether it binds it to a tar archive."""
    match node:
        case ast.withitem(context_expr=value, optional_vars=ast.Name(id=bound)) if bound == name:
            return [_opens_tar(source, value)]
        case ast.Assign(targets=[ast.Name(id=bound)], value=value) if bound == name:
            return [_opens_tar(source, value)]
        case ast.arg(arg=bound, annotation=kind) if bound == name:
            return [kind is not None and source.names.resolve(kind) == "tarfile.TarFile"]
        case ast.Name(id=bound, ctx=ast.Store()) if bound == name:
            parent = source.names.parents[node]
            simple = isinstance(parent, ast.withitem) or (
                isinstance(parent, ast.Assign) and parent.targets == [node]
            )
            return [] if simple else [False]
    return []


def literal_eval(source: Source, place: Range) -> Fix:
    """The same for a literal; for a value that is known at run time only, it may refuse it."""
    call = find_call(source, place, "eval")
    if len(call.args) != 1 or call.keywords:
        raise UnsureError
    text = call.args[0]
    constant = isinstance(text, ast.Constant)
    if not (_is_literal(text.value) if isinstance(text, ast.Constant) else _is_value(source, text)):
        raise UnsureError
    draft = Draft(source)
    draft.replace(call.func, f"{draft.imports.module('ast')}.literal_eval")
    return draft.fix("Use ast.literal_eval", safe=constant)


def _is_literal(text: object) -> bool:
    try:
        ast.literal_eval(text if isinstance(text, str) else "")
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return isinstance(text, str)


def _is_value(source: Source, node: ast.expr) -> bool:
    """Whether it may hold a literal at run time: code that is put together here does not."""
    if isinstance(node, ast.Call):
        builds = isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join")
        return not builds and source.names.resolve(node.func) != "compile"
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
