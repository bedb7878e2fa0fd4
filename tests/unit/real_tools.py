"""What the real tools say of a text, read by the analyzers' own parsers."""

from __future__ import annotations

import json
import logging
import subprocess
import warnings
from collections import Counter
from collections.abc import Iterable
from functools import cache
from io import BytesIO

from bandit.core.config import BanditConfig
from bandit.core.manager import BanditManager

from understudy.analyzers.bandit.output import parse
from understudy.analyzers.ruff.child import executable
from understudy.analyzers.ruff.output import from_json
from understudy.model import Finding

_RUFF = ("check", "--isolated", "--no-cache", "--quiet", "--extend-select", "S")


@cache
def bandit(text: str) -> tuple[Finding, ...]:
    """Fails when Bandit cannot read the text."""
    logging.getLogger("bandit").setLevel(logging.CRITICAL)
    manager = BanditManager(BanditConfig(), "file")
    content = text.encode()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        manager._parse_file("sample.py", BytesIO(content), ["sample.py"])
    assert not manager.skipped, f"{manager.skipped}\n{text}"
    rows = [issue.as_dict(with_code=False) for issue in manager.results]
    output = json.dumps({"errors": [], "results": rows}).encode()
    return parse(output, content, "this Python").findings


@cache
def ruff(text: str) -> tuple[Finding, ...]:
    """Ruff's default rules, and all of S."""
    command = [executable(""), *_RUFF, "--output-format=json", "--stdin-filename=sample.py", "-"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    return tuple(from_json(row) for row in json.loads(done.stdout))


def tally(findings: Iterable[Finding]) -> Counter[str]:
    """How often each rule is named; Bandit's and Ruff's names differ."""
    return Counter(finding.rule for finding in findings)


def everything(text: str) -> Counter[str]:
    return tally([*bandit(text), *ruff(text)])
