"""What the start of a server does not need is imported after it."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("late", ["jinja2", "pydantic", "understudy.automations.generate"])
@pytest.mark.parametrize("what", ["core", "learning.cycle"])
def test_it_is_there_without(what: str, late: str) -> None:
    looks = f"import sys, understudy.app.{what}; sys.exit({late!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", looks], check=False).returncode == 0


_SHOWING = {"presentation", "presentation.problems", "presentation.status"}
_WEAKNESSES = {"families", "families_data", "owasp", "pylint_rules", "secret_rules"}
_BEFORE_INITIALIZE = {
    "app": {"changes", "commands", "events", *_SHOWING},
    "findings": {"describe", "redact", *_WEAKNESSES},
    "journal": {"change"},
    "sandbox": {"trial"},
}
"""By packages, which of their modules; of ``lsp`` and of what stands beside the packages all may
be."""


def test_a_client_gets_its_first_answer_before_all_else_is_imported() -> None:
    registers = (
        "import sys, understudy.lsp.handlers as h, understudy.lsp.server as s;"
        " h.register(s.Server()); print(*sys.modules, sep='\\n')"
    )
    run = [sys.executable, "-P", "-c", registers]
    loaded = subprocess.run(run, capture_output=True, text=True, check=True).stdout.split()
    own = [each.split(".") for each in loaded if each.startswith("understudy.")]
    found: dict[str, set[str]] = {}
    for _, package, *inner in own:
        if inner and package != "lsp":
            found.setdefault(package, set()).add(".".join(inner))
    assert found == _BEFORE_INITIALIZE
    assert {"yaml", "pathspec", "attr"} & set(loaded) == {"attr"}
