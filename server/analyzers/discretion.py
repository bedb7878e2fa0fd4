"""What a tool says, without the secrets that it quotes: before it leaves the worker, and is kept.

What is secret is what the tool itself calls so and, where secrets are looked for, what
detect-secrets finds in the text.
"""

from __future__ import annotations

import os

from ..findings import codec
from ..findings.redact import secrets_of, without
from ..findings.secret_rules import SECRET_RULES
from ..model import Finding
from ..text import Lines

_RULES = tuple(f'"{rule}"' for rules in SECRET_RULES.values() for rule in rules)


def discreet(answered: str, text: str, path: str, *, secrets: bool) -> str:
    """A report as ``codec.dumps`` has it, on a text; ``secrets``: whether they are looked for."""
    if not secrets and not any(rule in answered for rule in _RULES):
        return answered
    report = codec.loads(answered)
    if not (report.findings or report.why):
        return answered
    values = secrets_of(text, (*report.findings, *(_found(text, path) if secrets else ())))
    return codec.dumps(without(report, values)) if values else answered


def _found(text: str, path: str) -> list[Finding]:
    from .secrets import Context
    from .secrets.child import findings
    from .secrets.scan import prepare, scan

    folder, name = os.path.split(path)
    prepare(Context(folder))
    return list(findings(scan(name, text), Lines(text)))
