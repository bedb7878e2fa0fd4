"""What a tool says, without the secrets that it quotes: before it leaves the worker, and is kept.

What is secret is what the tool itself calls so and, where secrets are looked for, what
detect-secrets finds in the text.
"""

from __future__ import annotations

from typing import Any

from ..findings import codec
from ..findings.redact import UNKNOWN, secrets_of, without
from ..findings.secret_rules import SECRET_RULES
from ..model import Finding, Report, State
from .answers import no_verdict

_RULES = tuple(f'"{rule}"' for rules in SECRET_RULES.values() for rule in rules)

_LETTER = "ÿ"
"""What could not be decoded stands for one: with another sign a secret may not begin."""


def about_secrets(answered: str, masking: tuple[Any, ...], *, quotes: bool) -> Report | None:
    """A report as ``codec.dumps`` has it, where it may quote a secret; ``masking``: by which rules
    they are looked for, empty where they are not; ``quotes``: its findings may."""
    if not masking and not any(rule in answered for rule in _RULES):
        return None
    report = codec.loads(answered)
    return report if (quotes and report.findings) or report.why else None


def discreet(report: Report, text: str, path: str, masking: tuple[Any, ...]) -> Report:
    """A report on a text, without the secrets in it. Where they cannot be told, neither is the
    report."""
    try:
        found = _found(text, path, masking) if masking else ()
    except Exception as error:  # noqa: BLE001 - detect-secrets leaves open what it raises
        why = f"detect-secrets broke ({type(error).__name__})"
        return withheld(report.tool, State.FAILED, why)
    return without(report, secrets_of(text, (*report.findings, *found)))


def withheld(tool: str, state: State, why: str) -> Report:
    return no_verdict(tool, state, f"What {tool} said may quote a secret and is not told: {why}")


def _found(text: str, path: str, masking: tuple[Any, ...]) -> list[Finding]:
    from .secrets import Context
    from .secrets.child import found_in

    return found_in(Context(*masking), path, text.replace(UNKNOWN, _LETTER))
