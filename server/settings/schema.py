"""The settings tree for others: a JSON schema for YAML editors, VS Code's section."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .options import Option, options
from .validation import model


def schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of ``config.yaml``."""
    described = _inlined(model().model_json_schema())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Understudy settings",
        **described,
    }


def package_json_configuration(client: Mapping[str, Any]) -> dict[str, Any]:
    """VS Code's ``contributes.configuration.properties``: the tree, then the client's own."""
    root = schema()
    return {
        f"understudy.{option.key}": _of(option, root)
        | {"scope": "machine-overridable" if option.about.trusted_only else option.about.scope}
        for option in options()
    } | dict(client)


def _of(option: Option, root: Any) -> dict[str, Any]:
    for step in option.path:
        root = root["properties"][step]
    return dict(root)


def _inlined(node: Any, definitions: Mapping[str, Any] | None = None) -> Any:
    """Without the references and titles that pydantic derives from the names of classes."""
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    definitions = definitions or node.get("$defs", {})
    if "$ref" in node:
        return _inlined(definitions[node["$ref"].rpartition("/")[2]], definitions)
    inlined = {
        key: _inlined(value, definitions)
        for key, value in node.items()
        if key != "$defs" and not (key == "title" and isinstance(value, str))
    }
    # What is no name is an error here as well, not something that the schema has no word on.
    return inlined | ({"additionalProperties": False} if "patternProperties" in inlined else {})
