"""Bandit as a plug-in of python-lsp-server, in its process: the fastest form a plug-in can have."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from bandit.core.config import BanditConfig
from bandit.core.manager import BanditManager
from pylsp import hookimpl

_config = BanditConfig()


@hookimpl  # type: ignore[untyped-decorator, unused-ignore]
def pylsp_lint(document: Any) -> list[dict[str, Any]]:
    manager = BanditManager(_config, "file")
    source = BytesIO(document.source.encode())
    manager._parse_file(document.path, source, [document.path])  # noqa: SLF001
    return [
        {
            "source": "bandit",
            "code": issue.test_id,
            "message": issue.text,
            "severity": 2,
            "range": {
                "start": {"line": issue.lineno - 1, "character": issue.col_offset},
                "end": {"line": issue.lineno - 1, "character": issue.end_col_offset},
            },
        }
        for issue in manager.results
    ]
