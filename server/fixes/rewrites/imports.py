"""The imports that a rewriting needs, and those that it leaves without a use."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from .names import Binding, Import
from .placement import arrange, block
from .source import Source, Span, UnsureError


class Imports:
    """Collects what the new code refers to; ``edits`` then changes the import statements once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._block = block(source.tree)
        self._needed: set[str] = set()
        self._dropped: set[ast.alias] = set()
        # Dictionaries for their order: what is asked for twice is imported once.
        self._members: dict[Import, dict[str, None]] = {}
        self._new: dict[str, None] = {}

    def module(self, name: str, remark: str = "") -> str:
        """An expression for the module; ``remark`` is a comment for its import, if that is new."""
        for binding in self._reusable():
            whole = binding.alias.name if binding.alias.asname is None else binding.local
            if isinstance(binding.statement, ast.Import) and binding.alias.name == name:
                return self._need(whole)
            if binding.target == name and isinstance(binding.statement, ast.ImportFrom):
                return self._need(binding.local)
        root = name.partition(".")[0]
        if not self._source.names.is_free_for(root, root):
            raise UnsureError
        self._new[f"import {name}{remark}"] = None
        return self._need(name)

    def member(self, module: str, name: str, beside: str) -> str:
        """An expression for a member, imported by name as its sibling ``beside`` (a local) is,
        unless that name stands for another thing."""
        target = f"{module}.{name}"
        for binding in self._reusable():
            if binding.target == target:
                return self._need(binding.local)
        if not self._source.names.is_free_for(name, target):
            return f"{self.module(module)}.{name}"
        siblings = [found for found in self._source.names.bindings if found.local == beside]
        self.add_member(module, name, [found.statement for found in siblings])
        return self._need(name)

    def add_member(self, module: str, clause: str, beside: Iterable[Import] = ()) -> None:
        """``from module import clause``, in a statement that stands there if there is one."""
        for statement in (*beside, *self._block):
            match statement:
                case ast.ImportFrom(module=found, level=0, names=[first, *_]):
                    if found == module and first.name != "*":
                        self._members.setdefault(statement, {})[clause] = None
                        return
        self._new[f"from {module} import {clause}"] = None

    def add_module(self, clause: str) -> None:
        self._new[f"import {clause}"] = None

    def drop(self, binding: Binding) -> None:
        self._dropped.add(binding.alias)

    def keep(self, *expressions: ast.expr) -> None:
        """The new code repeats the expressions."""
        for expression in expressions:
            for node in ast.walk(expression):
                if isinstance(node, ast.Name):
                    self._needed.add(node.id)

    def edits(self, replaced: Sequence[Span]) -> list[tuple[Span, str]]:
        """``replaced`` are the spans whose text goes away."""
        for binding in self._source.names.bindings:
            if self._loses_its_uses(binding, replaced):
                self.drop(binding)
        edits: list[tuple[Span, str]] = []
        gone: list[Import] = []
        for statement in {binding.statement: None for binding in self._source.names.bindings}:
            added = list(self._members.get(statement, ()))
            kept = [alias for alias in statement.names if alias not in self._dropped]
            if not kept and not added:
                gone.append(statement)
            elif added or len(kept) < len(statement.names):
                edits.append(self._relist(statement, kept, added))
        new = list(self._new)
        for statement in [found for found in gone if not self._can_be_moved(found)]:
            # Its row is not ours to take away, so the statement that replaces it takes its place.
            if not new:
                raise UnsureError
            edits.append((self._source.span(statement), new.pop()))
            gone.remove(statement)
        return edits + arrange(self._source, gone, new)

    def _reusable(self) -> Iterable[Binding]:
        top = self._source.tree.body
        names = self._source.names
        return (
            binding
            for binding in names.bindings
            if binding.statement in top and names.is_free_for(binding.local, binding.target)
        )

    def _need(self, expression: str) -> str:
        self._needed.add(expression.partition(".")[0])
        return expression

    def _loses_its_uses(self, binding: Binding, replaced: Sequence[Span]) -> bool:
        names, alias = self._source.names, binding.alias
        if {binding.local} & (self._needed | names.pinned) or alias.asname == alias.name:
            return False
        uses: Sequence[ast.expr] = names.uses.get(binding.local, ())
        if "." in alias.name and alias.asname is None and isinstance(binding.statement, ast.Import):
            chains = map(self._chain, uses)
            uses = [use for use in chains if _is_within(names.resolve(use), alias.name)]
        return bool(uses) and all(self._is_replaced(use, replaced) for use in uses)

    def _chain(self, name: ast.expr) -> ast.expr:
        """The whole of the dotted expression that begins with the name."""
        parent = self._source.names.parents[name]
        while isinstance(parent, ast.Attribute):
            name, parent = parent, self._source.names.parents[parent]
        return name

    def _is_replaced(self, use: ast.expr, replaced: Sequence[Span]) -> bool:
        while isinstance(use, ast.Attribute):
            use = use.value
        start, end = self._source.span(use)
        return any(first <= start and end <= last for first, last in replaced)

    def _can_be_moved(self, statement: Import) -> bool:
        end = self._source.span(statement)[1]
        alone = self._source.has_own_rows(statement) and not self._source.rest(end).strip()
        return statement in self._block and alone

    def _relist(
        self, statement: Import, kept: list[ast.alias], added: list[str]
    ) -> tuple[Span, str]:
        source = self._source
        spans = [source.span(alias) for alias in statement.names]
        start, end = spans[0][0], spans[-1][1]
        separator = source.text[spans[0][1] : spans[1][0]] if len(spans) > 1 else ", "
        if "#" in source.text[start:end]:
            raise UnsureError
        clauses = [source.segment(alias) for alias in kept]
        for clause in added:
            later = (n for n, other in enumerate(clauses) if _order(other) > _order(clause))
            clauses.insert(next(later, len(clauses)), clause)
        return (start, end), separator.join(clauses)


def _is_within(name: str, module: str) -> bool:
    return f"{name}.".startswith(f"{module}.")


def _order(clause: str) -> tuple[int, str]:
    """Constants, then classes, then the rest, as isort's ``order-by-type`` has it."""
    name = clause.split(maxsplit=1)[0]
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name.lower()
