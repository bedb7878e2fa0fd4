"""Secrets are found as detect-secrets finds them, and never leave the file in which they stand."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from understudy.analyzers.secrets import ANALYZER, BASELINE
from understudy.analyzers.secrets.scan import scan
from understudy.model import Report, State
from understudy.text import Lines

from .planted import AWS, BASE64, FILES, GITHUB, IN_URL, LONE, PASSWORD, VALUES
from .support import Asker, own_environment, tree, understudy_here


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree(tmp_path / "root", FILES)


def found(report: Report) -> list[tuple[int, str]]:
    return [(each.range.start.line + 1, each.rule) for each in report.findings]


def theirs(root: Path, name: str, *options: str) -> set[tuple[str, str]]:
    """The kinds and hashes that ``detect-secrets scan`` tells of a file."""
    command = [sys.executable, "-P", "-m", "detect_secrets", "scan", "-n", *options, name]
    done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    rows = json.loads(done.stdout)["results"].get(name, ())
    return {(row["type"], row["hashed_secret"]) for row in rows}


def test_a_text_in_memory_is_read_as_detect_secrets_reads_a_file(root: Path) -> None:
    command = [sys.executable, "-P", "-m", "detect_secrets", "scan", "-n", "--all-files"]
    done = subprocess.run(command, cwd=root, capture_output=True, check=True)
    results = json.loads(done.stdout)["results"]
    Asker(ANALYZER, root).both("app.py")  # its settings are of the whole process
    assert results.keys() == FILES.keys()
    for name, rows in results.items():
        told = {(row["type"], row["hashed_secret"]) for row in rows}
        assert {(each.type, each.secret_hash) for each in scan(name, FILES[name])} == told


def test_where_they_stand(root: Path) -> None:
    """All of a secret is in its range, on whatever way detect-secrets found it."""
    expected = {
        "app.py": {AWS, PASSWORD, IN_URL, BASE64, LONE, "BEGIN RSA PRIVATE KEY"},
        "web.js": {GITHUB, PASSWORD},
        "config.json": {AWS, PASSWORD},
        "settings.ini": {PASSWORD},
        ".env": {GITHUB, PASSWORD},
    }
    for name, values in expected.items():
        lines = Lines(FILES[name])
        report = Asker(ANALYZER, root).both(name)
        assert {lines.slice(each.range) for each in report.findings} == values, name
    block = Asker(ANALYZER, root).both("deploy.yaml").findings
    shown = [Lines(FILES["deploy.yaml"]).slice(each.range) for each in block]
    assert PASSWORD in shown
    assert IN_URL in shown
    assert any("BEGIN RSA PRIVATE KEY" in each for each in shown)


def test_one_place_is_one_finding_and_the_surest_leads(tmp_path: Path) -> None:
    asker = Asker(ANALYZER, tree(tmp_path, {"a.py": f'api_key = "{AWS}"\n'}))
    (finding,) = asker.both("a.py").findings
    assert finding.rule == "AWSKeyDetector"
    assert finding.message == "Possible secret: AWS Access Key, Secret Keyword"
    assert finding.severity.label == "high"
    assert finding.cwe == 798


@pytest.mark.parametrize(
    ("name", "looks"),
    [
        ("a.py", True),
        ("deep/.env", True),
        (".env.local", True),
        ("Dockerfile", True),
        ("id_rsa", True),
        ("a.env", True),
        ("lib.min.js", False),
        ("package-lock.json", False),
        ("pnpm-lock.yaml", False),
        ("uv.lock", False),
        ("logo.png", False),
        (BASELINE, False),
    ],
)
def test_which_files_it_is_for(name: str, looks: bool) -> None:
    assert ANALYZER.looks_at(f"/srv/{name}") is looks


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        (f'password = "{PASSWORD}"  # pragma: allowlist secret\n', []),
        (f'# pragma: allowlist nextline secret\npassword = "{PASSWORD}"\n', []),
        (f'password = "{PASSWORD}"  # fine\n', ["KeywordDetector"]),
        ('password = os.environ["PASSWORD"]\n', []),
        ("", []),
        ("\r\n\r\n", []),
        (f'a = 1\r\npassword = "{PASSWORD}"\r\n', ["KeywordDetector"]),
        (f'# 🐙\rpassword = "{PASSWORD}"\r', ["KeywordDetector"]),
        (f'secret = "secret{LONE}"\n', ["KeywordDetector"]),
    ],
)
def test_texts(tmp_path: Path, text: str, rules: list[str]) -> None:
    asker = Asker(ANALYZER, tree(tmp_path, {"a.py": text}))
    report = asker.both("a.py")
    assert [each.rule for each in report.findings] == rules
    assert report.state is (State.FINDINGS if rules else State.CLEAN)


def test_what_is_no_text_is_not_clean(tmp_path: Path) -> None:
    asker = Asker(ANALYZER, tree(tmp_path, {"a.json": b'{"password": "\xff\xfe"}'}))
    report = asker.both("a.json")
    assert report.state is State.NOT_ANALYSED
    assert "encoding" in report.why


# ── the project's baseline ──────────────────────────────────────────────────────────────────────


def baseline(root: Path, *options: str, folder: str = "") -> dict[str, Any]:
    """What ``detect-secrets scan`` makes of what is there now."""
    command = [sys.executable, "-P", "-m", "detect_secrets", "scan", "-n", "--all-files", *options]
    place = root / folder
    done = subprocess.run(command, cwd=place, capture_output=True, check=True)
    (place / BASELINE).write_bytes(done.stdout)
    table: dict[str, Any] = json.loads(done.stdout)
    return table


def change(root: Path, alter: Callable[[dict[str, Any]], object]) -> None:
    table = json.loads((root / BASELINE).read_text())
    alter(table)
    (root / BASELINE).write_text(json.dumps(table))


def test_what_a_baseline_lists_is_known(root: Path) -> None:
    asker = Asker(ANALYZER, root)
    assert baseline(root)["results"].keys() >= {"app.py", "web.js"}
    assert [asker.both(name).state for name in FILES] == [State.CLEAN] * len(FILES)
    with (root / "web.js").open("a") as file:
        file.write(f'const secret = "{LONE}";\n')
    assert found(asker.both("web.js")) == [(3, "KeywordDetector")]


def test_the_nearest_baseline_counts_from_its_own_folder(tmp_path: Path) -> None:
    text = f'password = "{PASSWORD}"\n'
    root = tree(tmp_path, {"a.py": text, "sub/a.py": text, "sub/deep/b.py": text})
    baseline(root, folder="sub")
    asker = Asker(ANALYZER, root)
    assert asker.both("sub/a.py").state is State.CLEAN
    assert asker.both("sub/deep/b.py").state is State.CLEAN
    assert asker.both("a.py").state is State.FINDINGS


@pytest.mark.parametrize(
    "options",
    [
        ("--disable-plugin", "KeywordDetector"),
        ("--base64-limit", "7.9"),
        ("--exclude-lines", "blob"),
        ("--exclude-secrets", "battery"),
    ],
    ids=lambda options: options[0],
)
def test_plugins_and_filters_of_a_baseline_configure(root: Path, options: tuple[str, ...]) -> None:
    told = theirs(root, "app.py", *options)
    assert told != theirs(root, "app.py"), "the option says something"
    baseline(root, *options)
    change(root, lambda table: table.update(results={}))
    report = Asker(ANALYZER, root).both("app.py")
    kinds = {kind for each in report.findings for kind in each.message[17:].split(", ")}
    assert kinds == {kind for kind, _ in told}


def test_a_file_that_filters_leave_out_is_not_clean(root: Path) -> None:
    baseline(root, "--exclude-files", "^web")
    report = Asker(ANALYZER, root).both("web.js")
    assert (report.state, report.why) == (
        State.NOT_ANALYSED,
        "detect-secrets' filters exclude this file",
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no JSON", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "KeyError"),
        ('{"version": "1.5.0", "plugins_used": [{"name": "Unheard"}], "results": {}}', "TypeError"),
        ('{"version": "1.5.0", "results": {"a.py": [{}]}}', "KeyError"),
        ('{"version": "1.5.0", "plugins_used": 7}', "cannot be read"),
        ("x" * 2_000_000, "1 MiB"),
    ],
)
def test_a_baseline_that_is_of_no_use(tmp_path: Path, text: str, why: str) -> None:
    """It is told, and the next file is looked at as ever."""
    source = f'password = "{PASSWORD}"\n'
    asker = Asker(
        ANALYZER, tree(tmp_path, {"a/a.py": source, f"a/{BASELINE}": text, "b.py": source})
    )
    report = asker.both("a/a.py")
    assert report.state is State.FAILED
    assert why in report.why
    assert BASELINE in report.why
    assert found(asker.both("b.py")) == [(1, "KeywordDetector")]


PLUGIN = """\
from pathlib import Path
from detect_secrets.plugins.base import RegexBasedDetector
import re
Path(__file__).with_name("mark").touch()
class Teapot(RegexBasedDetector):
    secret_type = "Teapot"
    denylist = [re.compile("short and stout")]
"""
FILTER = """\
from pathlib import Path
Path(__file__).with_name("mark").touch()
def is_fine(secret):
    return "stout" in secret
"""


def teapot(root: Path, **rows: list[dict[str, Any]]) -> Asker:
    tree(root, {"plug/in.py": PLUGIN, "plug/filter.py": FILTER, "a.py": "x = 'short and stout'\n"})
    (root / BASELINE).write_text(json.dumps({"version": "1.5.0", "results": {}, **rows}))
    return Asker(ANALYZER, root)


OWN_PLUGIN = [{"name": "Teapot", "path": "file://plug/in.py"}]


@pytest.mark.parametrize(
    "rows",
    [
        {"plugins_used": OWN_PLUGIN},
        {"filters_used": [{"path": "file://plug/filter.py::is_fine"}]},
        {"filters_used": [{"path": "antigravity.fly"}]},
    ],
)
def test_code_of_the_workspace_needs_its_trust(tmp_path: Path, rows: Any) -> None:
    asker = teapot(tmp_path, **rows)
    assert asker.configuration("a.py").needs_trust
    assert not (tmp_path / "plug/mark").exists()


def test_in_a_trusted_workspace_its_own_plugins_and_filters_work(tmp_path: Path) -> None:
    asker = teapot(tmp_path, plugins_used=OWN_PLUGIN)
    assert found(asker.both("a.py")) == [(1, "Teapot")]
    before = asker.configuration("a.py").key
    tree(tmp_path, {"plug/in.py": PLUGIN.replace("short", "long")})
    assert asker.configuration("a.py").key != before
    assert asker.both("a.py").state is State.CLEAN
    filters = [{"path": "file://plug/filter.py::is_fine"}]
    asker = teapot(tmp_path, plugins_used=OWN_PLUGIN, filters_used=filters)
    assert asker.both("a.py").state is State.CLEAN


def test_a_plugin_that_breaks_does_not_quote(tmp_path: Path) -> None:
    asker = teapot(tmp_path, plugins_used=OWN_PLUGIN)
    breaks = PLUGIN + "    def analyze_string(self, string):\n        raise ValueError(string)\n"
    tree(tmp_path, {"plug/in.py": breaks})
    report = asker.both("a.py")
    assert report.state is State.FAILED
    assert "ValueError" in report.why
    assert "stout" not in repr(report)


def test_nobody_is_asked_whether_a_secret_is_real(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the baseline wants that: the default of ``detect-secrets scan``."""
    (root / BASELINE).write_text("")
    verify = "detect_secrets.filters.common.is_ignored_due_to_verification_policies"
    baseline(root)
    change(
        root,
        lambda table: table.update(results={}, filters_used=[{"path": verify, "min_level": 2}]),
    )
    asked: list[object] = []

    def no_network(*address: object) -> NoReturn:
        asked.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    report = Asker(ANALYZER, root).both("web.js")
    assert found(report) == [(1, "GitHubTokenDetector"), (2, "KeywordDetector")]
    assert not asked


# ── the value of a secret ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("enabled", [True, False])
def test_no_secret_is_written_or_printed(root: Path, tmp_path: Path, enabled: bool) -> None:
    """In any format, in the state folder, in the log. Without detect-secrets, those that Bandit and
    Ruff know of."""
    settings = f"secrets:\n  enabled: {str(enabled).lower()}\n"
    tree(root, {".git/HEAD": "", ".understudy/config.yaml": settings})
    environment = own_environment(tmp_path / "home")
    planted = VALUES if enabled else (PASSWORD, LONE)
    for format_ in ("text", "json", "sarif", "github"):
        done = understudy_here("scan", "--format", format_, cwd=root, environment=environment)
        assert done.returncode == 1, done.stderr
        printed = done.stdout + done.stderr
        assert "B105" in printed
        assert "F401" in printed
        assert ("AWS Access Key" in printed) is enabled
        assert not [value for value in planted if value in printed], format_
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert any(path.suffix == ".db" for path in kept)
    for path in kept:
        content = path.read_bytes()
        assert not [value for value in VALUES if value.encode() in content], path
