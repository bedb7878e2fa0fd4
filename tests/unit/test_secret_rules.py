"""The rules that tell of secrets exist, and what they say of one secret is one problem."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

import pytest
from bandit.core import extension_loader
from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

from understudy.analyzers.secrets import Context
from understudy.analyzers.secrets.child import GUESSES, check
from understudy.findings import codec
from understudy.findings.families import family
from understudy.findings.merge import merge
from understudy.findings.secret_rules import FAMILY, NO_SECRETS, SECRET_RULES, tells_of_secret

from . import real_tools


def test_they_exist() -> None:
    ruff = subprocess.run(
        [sys.executable, "-P", "-m", "ruff", "rule", "--all", "--output-format=json"],
        capture_output=True,
        check=True,
    )
    classes: Mapping[str, type[object]] = get_mapping_from_secret_type_to_class()
    plugins = {each.__name__ for each in classes.values()}
    assert SECRET_RULES["ruff"] <= {rule["code"] for rule in json.loads(ruff.stdout)}
    assert SECRET_RULES["bandit"] <= extension_loader.MANAGER.plugins_by_id.keys()
    assert NO_SECRETS["detect-secrets"] <= plugins
    assert GUESSES.keys() <= plugins


@pytest.mark.parametrize(
    ("tool", "rule", "secret"),
    [
        ("bandit", "B105", True),
        ("bandit", "B104", False),
        ("ruff", "S107", True),
        ("ruff", "S108", False),
        ("detect-secrets", "AWSKeyDetector", True),
        ("detect-secrets", "AnyOfTheProjectsOwn", True),
        ("detect-secrets", "IPPublicDetector", False),
        ("kingfisher", "betterleaks.github-pat", True),
        ("eslint", "B105", False),
    ],
)
def test_what_tells_of_secrets(tool: str, rule: str, secret: bool) -> None:
    assert tells_of_secret(tool, rule) is secret
    assert (family(tool, rule) == FAMILY) is secret


@pytest.mark.parametrize(
    "text",
    [
        'password = "hunter2"\n',
        'connect(password="hunter2")\n',
        'def connect(password="hunter2"):\n    pass\n',
        'password = "c3VwZXIgc2VjcmV0IHZhbHVlIDEyMzQ1Njc4OTA="\n',
        'assert password != "hunter2"\n',
    ],
)
def test_three_tools_and_one_problem(text: str) -> None:
    ((_, answered),) = check(Context("/srv"), (("/srv/a.py", text.encode(), ()),))
    said = [*real_tools.bandit(text), *real_tools.ruff(text), *codec.loads(answered).findings]
    problems = [each for each in merge(said) if family(each.lead.tool, each.lead.rule) == FAMILY]
    assert [sorted(each.tools) for each in problems] == [["bandit", "detect-secrets", "ruff"]]
