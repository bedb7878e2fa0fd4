"""An expression that no text needed is not compiled."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from understudy.findings import secret_by_program, secret_carried
from understudy.findings.late_pattern import Late

RULE = Late(("token", "key"), r"(?i:(?:token|key)=)\w+")
COMPILED = """
import json, sys
from understudy.findings.late_pattern import compiled
from understudy.findings.redact_text import redacted
counts = [compiled.cache_info().currsize]
for text in sys.argv[1:]:
    redacted(text)
    counts.append(compiled.cache_info().currsize)
print(json.dumps(counts))
"""


@pytest.mark.parametrize(
    ("text", "after"), [("a KEY=1b", "a -"), ("a", "a"), ("", ""), ("key", "key")]
)
def test_it_stands_instead_where_a_needle_is(text: str, after: str) -> None:
    assert RULE.sub("-", text, text.lower()) == after


def test_no_other_text_is_looked_through() -> None:
    assert RULE.sub("-", "key=1", "") == "key=1"


@pytest.mark.parametrize("needle", [n for rule in secret_carried.RULES for n in rule.needles])
def test_needles_are_small(needle: str) -> None:
    assert needle == needle.lower()


def test_they_are_compiled_when_a_text_needs_them() -> None:
    texts = ("make test", "curl -u a:b1 x", "curl -u a:b1 x")
    done = subprocess.run(
        [sys.executable, "-P", "-c", COMPILED, *texts], capture_output=True, check=True, text=True
    )
    at_import, plain, of_curl, again = json.loads(done.stdout)
    assert at_import == 0
    assert plain < of_curl == again < 20
    known = {each for every in secret_by_program.BY_PROGRAM.values() for each in every}
    assert len(known) > 100
