"""Derive the families of rules from what the installed Ruff and Bandit say of themselves.

Ruff's flake8-bandit rules keep Bandit's numbers (S608, B608). A number alone proves nothing, so
the names must share a word as well; a pair that does not is judged by a person, below.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from bandit.core import extension_loader, issue

from understudy.findings.secret_rules import SECRET_RULES

# The names differ, the meaning does not: these were read, and tests/unit/test_families.py sees both
# tools report the same line.
SAME_BY_READING = {"S303"}  # B303 is named after md5, and lists the same hash constructors

# Ruff rules outside flake8-bandit that mean what a Bandit rule means.
SAME_OUTSIDE = {
    "PLE2502": "B613",  # bidirectional control characters: the "Trojan source" attack
}
# B703 (django_mark_safe) stays alone: it speaks of the variable that reaches mark_safe, B308 and
# S308 of the call, and it reports other places.

# Families that have nothing to do with Bandit: the name is Ruff's.
BESIDE = {
    # Radon counts more than C901 does, of the same thing.
    "complex-structure": {"radon": "R701", "ruff": "C901"},
}

_NOISE = {"suspicious", "usage", "use", "used", "import", "call", "with", "no", "of", "unsafe"}
_ACRONYMS = {"os": "OS", "sql": "SQL", "xss": "XSS"}
_CWE = re.compile(r"\bCWE-(\d+)\b")


def ruff_rules() -> list[dict[str, Any]]:
    """Ruff's rules that still exist, as ``ruff rule --all`` lists them."""
    command = [sys.executable, "-P", "-m", "ruff", "rule", "--all", "--output-format", "json"]
    listing = subprocess.run(command, capture_output=True, check=True, timeout=60)
    rules: list[dict[str, Any]] = json.loads(listing.stdout)
    return [rule for rule in rules if "Removed" not in rule["status"]]


def radon_rule() -> str:
    """Radon's only one, of its plug-in for Flake8, which is not installed: it is not imported."""
    plugin = files("radon").joinpath("contrib/flake8.py").read_text(encoding="utf-8")
    (rule,) = re.findall(r"_code = '(\w+)'", plugin)
    return str(rule)


def bandit_rules() -> dict[str, str]:
    """Bandit's identifiers and names: plug-ins, and the lists of calls and imports."""
    manager = extension_loader.MANAGER
    names = {plugin.plugin._test_id: plugin.name for plugin in manager.plugins}
    return names | {rule: entry["name"] for rule, entry in manager.blacklist_by_id.items()}


def _words(name: str) -> set[str]:
    words = re.split(r"[-_]", name.lower())
    return {word for word in words if word not in _NOISE and not word.isdigit()}


def _names_agree(one: str, other: str) -> bool:
    """Whether the names share a word, or one word begins another (cipher, ciphers)."""
    return any(
        a.startswith(b) or b.startswith(a)
        for a in _words(one)
        for b in _words(other)
        if min(len(a), len(b)) >= 3
    )


def families(ruff: list[dict[str, Any]], bandit: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Family name (Ruff's name of the rule) → tool → rule.

    Raises ValueError for a pair that has the same number and no word in common: read the two
    and add the pair to SAME_BY_READING, or exclude it.
    """
    found: dict[str, dict[str, str]] = {}
    for rule in ruff:
        code, name = rule["code"], rule["name"]
        if code in SAME_OUTSIDE:
            twin = SAME_OUTSIDE[code]
        elif rule["linter"] == "flake8-bandit":
            twin = "B" + code.removeprefix("S")
        else:
            continue
        if twin not in bandit or twin in SECRET_RULES["bandit"]:  # those are one family
            continue
        judged = code in SAME_BY_READING or code in SAME_OUTSIDE
        if not judged and not _names_agree(name, bandit[twin]):
            raise ValueError(f"{code} ({name}) and {twin} ({bandit[twin]}): do they mean the same?")
        found[name] = {"bandit": twin, "ruff": code}
    return found


def beside(ruff: list[dict[str, Any]]) -> dict[str, dict[str, str]]:
    """``BESIDE``. Raises ValueError when a tool has no such rule, or Ruff calls it otherwise."""
    names = {rule["code"]: rule["name"] for rule in ruff}
    for name, rules in BESIDE.items():
        if names.get(rules["ruff"]) != name or rules["radon"] != radon_rule():
            raise ValueError(f"{rules}: these are not the rules that mean {name}")
    return BESIDE


def rule_cwes(ruff: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Tool → rule → the first weakness that the rule's explanation refers to."""
    cited = {rule["code"]: _CWE.search(rule["explanation"] or "") for rule in ruff}
    return {"ruff": {code: int(match[1]) for code, match in cited.items() if match}}


def prefixes(ruff: list[dict[str, Any]]) -> list[str]:
    """The letters with which the codes of Ruff's rules begin. New rules may have no code yet."""
    return sorted({rule["code"].rstrip("0123456789") for rule in ruff if rule["code"]})


def cwe_names() -> dict[int, str]:
    """Number → short name, from Bandit's list of weaknesses."""
    return {
        number: " ".join(_ACRONYMS.get(word, word) for word in name.lower().split("_"))
        for name, number in vars(issue.Cwe).items()
        if isinstance(number, int) and number
    }


def module() -> str:
    """The text of server/findings/families_data.py."""
    ruff, bandit = ruff_rules(), bandit_rules()
    table = sorted(families(ruff, bandit).items(), key=lambda item: item[1]["bandit"])
    table += sorted(beside(ruff).items())
    lines = [
        '"""Rules that mean the same, weaknesses, and how Ruff\'s codes begin.',
        "",
        "Generated: `python -m tests.generate`.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        "FAMILIES: dict[str, dict[str, str]] = {",
        *(f"    {json.dumps(name)}: {json.dumps(rules)}," for name, rules in table),
        "}",
        "",
        "RULE_CWES: dict[str, dict[str, int]] = {",
    ]
    for tool, cwes in sorted(rule_cwes(ruff).items()):
        lines.append(f"    {json.dumps(tool)}: {{")
        lines += [f"        {json.dumps(rule)}: {cwe}," for rule, cwe in sorted(cwes.items())]
        lines.append("    },")
    lines += ["}", "", "CWE_NAMES: dict[int, str] = {"]
    lines += [f"    {number}: {json.dumps(name)}," for number, name in sorted(cwe_names().items())]
    lines += ["}", "", "RUFF_PREFIXES: tuple[str, ...] = ("]
    lines += [f"    {json.dumps(prefix)}," for prefix in prefixes(ruff)]
    return "\n".join([*lines, ")", ""])
