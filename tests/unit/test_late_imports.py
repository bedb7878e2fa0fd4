"""What the start of a server does not need is imported after it."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from understudy.state import state_dir, workspace_dir
from understudy.trust import Trust

from ..core.support import own_environment, tree


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


_AT_EACH_PROMPT = {"click", "pydantic", "yaml", "pathspec", "jinja2", "importlib.metadata"}
_OF_NO_WORKSPACE = _AT_EACH_PROMPT | {"asyncio", "understudy.settings"}


def test_a_prompt_waits_for_little(tmp_path: Path) -> None:
    """The first time in a workspace its settings are understood."""
    root, environment = tmp_path / "root", own_environment(tmp_path)
    tree(root, {".understudy/config.yaml": "activity: {terminal: true}\n"})
    Trust(state_dir(environment)).decide(root, trusted=True)
    loaded = partial(_after, environment, "activity", "record", "--at", "1", "--in", str(root))
    assert loaded() & _OF_NO_WORKSPACE == set()
    workspace_dir(root, state_dir(environment))
    assert {"pydantic", "yaml"} <= loaded()
    again = loaded()
    assert again & _AT_EACH_PROMPT == set()
    assert "understudy.store.activity" in again
    rooms = {name.split(".")[1] for name in again if name.startswith("understudy.")}
    assert (
        rooms & {"automations", "checks", "journal", "lsp", "runner", "sandbox", "tasks"} == set()
    )


@pytest.mark.parametrize("word", ["pause", "resume"])
def test_to_pause_what_is_learned_takes_nothing_of_it(tmp_path: Path, word: str) -> None:
    loaded = _after(own_environment(tmp_path), "activity", word, "--in", str(tmp_path))
    assert "understudy.cli.activity" in loaded
    others = {"pydantic", "jinja2", "understudy.app.learning", "understudy.checks.engine"}
    assert loaded & {*others, "understudy.app.sandboxing", "understudy.runner.execute"} == set()


def _after(environment: dict[str, str], *words: str) -> set[str]:
    """The modules that are there when a command has ended."""
    runs = "import sys, understudy.cli as c; c.main(sys.argv[1:]); print(*sys.modules, sep='\\n')"
    command = [sys.executable, "-P", "-c", runs, *words]
    done = subprocess.run(
        command, input="ls", env=environment, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())
