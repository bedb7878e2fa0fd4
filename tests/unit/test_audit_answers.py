"""How bad an advisory is, whom it is about, and what is no answer."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.model import Severity
from understudy.tasks.audits import npm_audit, pip_audit, severities
from understudy.tasks.audits.asking import plainly
from understudy.tasks.audits.cache import age

from .json_values import damaged

# Scores of the National Vulnerability Database.
SCORES = [
    ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N", 7.5),  # CVE-2018-18074
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),  # CVE-2021-44906
    ("CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H", 7.2),  # CVE-2021-23337
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),  # CVE-2020-11022
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),  # CVE-2021-44228
    ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:L", 3.7),
    ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H/E:P/RL:O", 7.8),
    ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
    ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N", None),
    ("AV:N/AC:L/Au:N/C:P/I:N/A:N", None),
    ("CVSS:3.1/AV:N", None),
    ("CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", None),
    ("", None),
]


@pytest.mark.parametrize(("vector", "score"), SCORES)
def test_base_score(vector: str, score: float | None) -> None:
    assert severities.base_score(vector) == score


@pytest.mark.parametrize(
    ("record", "severity"),
    [
        ({"database_specific": {"severity": "MODERATE"}}, Severity.MEDIUM),
        ({"database_specific": {"severity": "CRITICAL"}, "severity": [{"score": SCORES[5][0]}]}, Severity.CRITICAL),
        ({"severity": [{"type": "CVSS_V4", "score": SCORES[8][0]}, {"score": SCORES[0][0]}]}, Severity.HIGH),
        ({"severity": [{"score": SCORES[1][0]}]}, Severity.CRITICAL),
        ({"severity": [{"score": SCORES[3][0]}]}, Severity.MEDIUM),
        ({"severity": [{"score": SCORES[5][0]}]}, Severity.LOW),
        ({"severity": [{"score": SCORES[7][0]}]}, Severity.INFO),
        ({"severity": "HIGH", "database_specific": 7}, None),
        ({"severity": [7, {"score": 7}]}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_severity_of_a_record(record: dict[str, Any], severity: Severity | None) -> None:
    assert severities.of_osv(record) is severity


@pytest.mark.parametrize(
    ("range_", "version", "affected", "fixed"),
    [
        ("<4.17.21", "4.17.20", True, ("4.17.21",)),
        ("<4.17.21", "4.17.21", False, ()),
        ("<4.17.21", "4.17.21-rc.1", True, ("4.17.21",)),
        ("<=4.17.20", "4.17.20", True, ()),
        (">=1.0.0 <1.2.6 || <0.2.4", "1.2.5", True, ("1.2.6",)),
        (">=1.0.0 <1.2.6 || <0.2.4", "0.2.3", True, ("0.2.4",)),
        (">=1.0.0 <1.2.6 || <0.2.4", "0.2.4", False, ()),
        (">= 1.0.0, < 1.2.6", "1.2.5", True, ("1.2.6",)),
        ("=1.0.0", "1.0.0", True, ()),
        ("1.0.0", "1.0.1", False, ()),
        (">1.0.0-alpha.9", "1.0.0-alpha.10", True, ()),
        (">1.0.0-alpha.9", "1.0.0-alpha.9", False, ()),
        ("*", "1.0.0", True, ()),
        ("1.0.0 - 2.0.0", "3.0.0", True, ()),
        ("<2.0.0", "not a version", True, ("2.0.0",)),
    ],
)  # fmt: skip
def test_ranges(range_: str, version: str, affected: bool, fixed: tuple[str, ...]) -> None:
    assert npm_audit.affects(range_, version) is affected
    if affected:
        assert npm_audit.fixed_in(range_, version) == fixed


ASKED = [("a", "1"), ("b", "2"), ("c", "3")]
PIP = {
    "dependencies": [
        {"name": "a", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"], "aliases": ["GHSA-x"], "description": "x\ny"}]},
        {"name": "b", "skip_reason": "it is not on PyPI"},
    ],
    "fixes": [],
}  # fmt: skip


def test_what_pip_audit_skips_or_does_not_speak_of_is_not_audited() -> None:
    answer = pip_audit.read(json.dumps(PIP).encode(), ASKED)
    assert answer.skipped == {
        ("b", "2"): "it is not on PyPI",
        ("c", "3"): "pip-audit says nothing of it",
    }
    ((version, (vuln,)),) = answer.known.items()
    assert version == ("a", "1")
    told = pip_audit.advisory(vuln, [{"severity": None, "cwe": 0}, {"severity": 3, "cwe": 79}])
    assert told == (
        *("CVE-1", "x y", "https://github.com/advisories/GHSA-x"),
        *(Severity.HIGH, 79, ("2",)),
    )


def test_what_npm_says_beside_its_answer_is_passed_over() -> None:
    printed = b'npm warn {not json\n{ "broken\n{"auditReportVersion": 2, "vulnerabilities": {}}\nnpm notice\n'
    assert npm_audit.read(printed) == {}


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        (b"", "it printed no JSON"),
        (b"\xff\xfe", "it printed no JSON"),
        (b"[]", "it printed no JSON"),
        (b'{"error": {"code": "ENOLOCK", "summary": "This command requires a lock"}}', "requires a lock"),
        (b'{"message": "request to x failed", "statusCode": 500}', "request to x failed"),
        (b'{"auditReportVersion": 1, "vulnerabilities": {}}', "no answer"),
        (b'{"auditReportVersion": 2, "vulnerabilities": []}', "no answer"),
        (b'{"auditReportVersion": 2, "vulnerabilities": {"a": {}}}', "no answer"),
        (b'{"auditReportVersion": 2, "vulnerabilities": {"a": {"nodes": [], "via": [{}]}}}', "no answer"),
    ],
)  # fmt: skip
def test_what_is_no_answer_of_npm(printed: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        npm_audit.read(printed)


NPM = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "a": {
            "nodes": ["node_modules/a"],
            "via": ["b", {"source": 1, "title": "x", "url": "y", "severity": "high", "cwe": ["CWE-1"], "range": "<2"}],
        }
    },
}  # fmt: skip


@given(damaged(PIP))
def test_a_damaged_answer_of_pip_audit_is_read_or_refused(value: Any) -> None:
    with contextlib.suppress(ValueError):
        answer = pip_audit.read(json.dumps(value).encode(), ASKED)
        assert answer.known.keys() | answer.skipped.keys() == set(ASKED)
        for vulns in answer.known.values():
            for vuln in vulns:
                assert pip_audit.advisory(vuln, []).id


@given(damaged(NPM))
def test_a_damaged_answer_of_npm_is_read_or_refused(value: Any) -> None:
    with contextlib.suppress(ValueError):
        for vias in npm_audit.read(json.dumps(value).encode()).values():
            for via in vias:
                assert npm_audit.advisory(via, "1.0.0").id


@given(st.floats(0, 1e9))
def test_age(seconds: float) -> None:
    assert age(seconds)[0].isdigit() is (seconds >= 60)


def test_ages() -> None:
    told = [age(each) for each in (0, 59, 60, 7_199, 86_400, 172_800)]
    assert told == [
        *("less than a minute", "less than a minute", "1 minute"),
        *("1 hour", "1 day", "2 days"),
    ]


_POOL = "HTTPSConnectionPool(host='osv.test', port=443): Max retries exceeded with url: /v1/query"
_HOST = "HTTPSConnection(host='osv.test', port=443)"
_REFUSED = "Failed to establish a new connection: [Errno 111] Connection refused"
_EXPIRED = "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: certificate has expired"


@pytest.mark.parametrize(
    ("kind", "cause", "words"),
    [
        ("ConnectionError", f'NewConnectionError("{_HOST}: {_REFUSED}")', _REFUSED),
        (
            "ConnectionError",
            f"NameResolutionError(\"{_HOST}: Failed to resolve 'osv.test' ([Errno -2] unknown)\")",
            "Failed to resolve 'osv.test' ([Errno -2] unknown)",
        ),
        (
            "ConnectTimeout",
            f"ConnectTimeoutError(<{_HOST} at 0x7f>, 'osv.test timed out. (connect timeout=15)')",
            "osv.test timed out. (connect timeout=15)",
        ),
        (
            "ProxyError",
            f"ProxyError('Unable to connect to proxy', NewConnectionError(\"{_HOST}: {_REFUSED}\"))",
            _REFUSED,
        ),
        ("SSLError", f"SSLError(SSLCertVerificationError(1, '{_EXPIRED}'))", _EXPIRED),
    ],
)
def test_why_nobody_was_reached_is_told_plainly(kind: str, cause: str, words: str) -> None:
    assert plainly(f"requests.exceptions.{kind}: {_POOL} (Caused by {cause})") == words


def test_what_is_not_known_is_told_as_it_is() -> None:
    assert plainly("KeyError: 'vulns'") == "KeyError: 'vulns'"
    assert len(plainly("x" * 1000)) < 400
