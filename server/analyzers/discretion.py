"""What a tool says, without the secrets that it quotes: before it leaves the worker, and is kept.

What is secret is what the tool itself calls so and, where secrets are looked for, what
detect-secrets finds in the text.
"""

from __future__ import annotations

from typing import Any

from ..findings import codec
from ..findings.redact import secrets_of, without
from ..findings.secret_rules import SECRET_RULES
from ..model import Finding

_RULES = tuple(f'"{rule}"' for rules in SECRET_RULES.values() for rule in rules)


def discreet(answered: str, text: str, path: str, masking: tuple[Any, ...]) -> str:
    """A report as ``codec.dumps`` has it, on a text; ``masking``: by which rules secrets are looked
    for, empty where they are not."""
    if not masking and not any(rule in answered for rule in _RULES):
        return answered
    report = codec.loads(answered)
    if not (report.findings or report.why):
        return answered
    found = _found(text, path, masking) if masking else ()
    values = secrets_of(text, (*report.findings, *found))
    return codec.dumps(without(report, values)) if values else answered


def _found(text: str, path: str, masking: tuple[Any, ...]) -> list[Finding]:
    from .secrets import Context
    from .secrets.child import found_in

    return found_in(Context(*masking), path, text)
