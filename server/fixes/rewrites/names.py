"""What the names of a Python tree stand for, and where they are used."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from dataclasses import dataclass

_NAME = re.compile(r"[^\W\d]\w*")
# Their inner nodes are not rewritten: before Python 3.12 the positions there are wrong, and a quote
# that is fine elsewhere may end the string.
_FORMATTED = tuple(
    getattr(ast, name) for name in ("JoinedStr", "TemplateStr") if hasattr(ast, name)
)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A name that an import statement binds; ``target`` is the dotted name that it stands for."""

    local: str
    target: str
    alias: ast.alias
    statement: Import


class Names:
    """A name stands for what is imported under it, unless something else binds it around the use.

    ``pinned`` are the names that are used where no edit reaches: in formatted strings, quoted
    annotations and ``__all__``. ``nodes`` are all nodes outside formatted strings.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.parents: dict[ast.AST, ast.AST] = {}
        self.nodes: list[ast.AST] = []
        self.bindings: list[Binding] = []
        self.uses: dict[str, list[ast.Name]] = {}
        self.pinned: set[str] = set()
        self._bound: dict[str, list[ast.AST]] = {}
        """The scopes in which something else than an import binds a name, once for each time."""
        self._tree = tree
        waiting: list[tuple[ast.AST, ast.AST, bool]] = [(tree, tree, False)]
        while waiting:
            node, scope, formatted = waiting.pop()
            self._record(node, scope, formatted)
            if isinstance(node, _SCOPES):
                scope = node
            formatted = formatted or isinstance(node, _FORMATTED)
            for child in ast.iter_child_nodes(node):
                self.parents[child] = node
                waiting.append((child, scope, formatted))

    def _record(self, node: ast.AST, scope: ast.AST, formatted: bool) -> None:
        if not formatted:
            self.nodes.append(node)
        for quoted in _quoted_code(node):
            self.pinned.update(_NAME.findall(quoted))
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if formatted:
                self.pinned.add(name)
            case ast.Name(id=name, ctx=ast.Load()):
                self.uses.setdefault(name, []).append(node)
            case ast.Name(id=name) | ast.arg(arg=name) | ast.MatchMapping(rest=str(name)):
                self._bind(scope, name)
            case ast.Global(names=names):
                self._bind(self._tree, *names)
            case ast.Import() | ast.ImportFrom():
                self.bindings.extend(_bindings(node))
            case ast.alias():
                pass
            case object(name=str(name)):  # functions, classes, handlers, patterns, type parameters
                self._bind(scope, name)

    def _bind(self, scope: ast.AST, *names: str) -> None:
        for name in names:
            self._bound.setdefault(name, []).append(scope)

    def resolve(self, expression: ast.expr) -> str:
        """The dotted name of what the expression stands for; empty when that is not certain."""
        members: list[str] = []
        while isinstance(expression, ast.Attribute):
            members.append(expression.attr)
            expression = expression.value
        if not isinstance(expression, ast.Name) or self._is_shadowed(expression):
            return ""
        name = expression.id
        targets = {binding.target for binding in self.bindings if binding.local == name}
        if not targets and hasattr(builtins, name):
            targets = {name}
        return ".".join([targets.pop(), *reversed(members)]) if len(targets) == 1 else ""

    def _is_shadowed(self, use: ast.Name) -> bool:
        scopes = self._bound.get(use.id, ())
        node: ast.AST | None = use if scopes else None
        while node is not None:
            if node in scopes:
                return True
            node = self.parents.get(node)
        return False

    def is_bound_once(self, name: str, place: ast.AST) -> bool:
        """Whether the module binds the name in one place alone, and no scope around ``place`` does
        so, too."""
        scopes = self._bound.get(name, [])
        if any(binding.local in (name, "*") for binding in self.bindings):
            return False
        node = place
        while node is not self._tree:
            if node in scopes:
                return False
            node = self.parents[node]
        return scopes.count(self._tree) == 1

    def is_free_for(self, local: str, target: str) -> bool:
        """Whether an import can bind the name to the target without hiding another thing."""
        others = {binding.target for binding in self.bindings if binding.local == local}
        return local not in self._bound and others <= {target}

    def is_used(self, name: str) -> bool:
        """Whether the name occurs in any way."""
        imported = any(binding.local == name for binding in self.bindings)
        return name in self.uses or name in self._bound or name in self.pinned or imported

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that holds the node."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node


def _bindings(statement: Import) -> Iterator[Binding]:
    for alias in statement.names:
        if isinstance(statement, ast.ImportFrom):
            target = f"{'.' * statement.level}{statement.module or ''}.{alias.name}"
            yield Binding(alias.asname or alias.name, target, alias, statement)
        elif alias.asname:
            yield Binding(alias.asname, alias.name, alias, statement)
        else:
            root = alias.name.partition(".")[0]
            yield Binding(root, root, alias, statement)


def _quoted_code(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.arg(annotation=ast.expr() as quoting) | ast.AnnAssign(annotation=quoting):
            pass
        case ast.FunctionDef(returns=ast.expr() as quoting):
            pass
        case ast.AsyncFunctionDef(returns=ast.expr() as quoting):
            pass
        case ast.Assign(targets=[ast.Name(id="__all__")], value=quoting):
            pass
        case _:
            return
    for inner in ast.walk(quoting):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield inner.value
