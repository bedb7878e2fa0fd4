"""Families: for each, a line on which its installed tools all speak, and merge makes it one."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from understudy.analyzers.complexity import radon
from understudy.findings import codec
from understudy.findings.families import cwe_name, cwe_of, family
from understudy.findings.families_data import FAMILIES
from understudy.findings.merge import merge
from understudy.model import Category, Finding, Position, Range, Severity

RSA = "from cryptography.hazmat.primitives.asymmetric import rsa\n"
CIPHERS = "from cryptography.hazmat.primitives.ciphers import"

# Family → code in which it occurs exactly once.
SAMPLES = {
    "assert": "assert 1 == 2\n",
    "exec-builtin": "exec('x = 1')\n",
    "bad-file-permissions": "import os\nos.chmod('/srv/x', 0o777)\n",
    "hardcoded-bind-all-interfaces": "host = '0.0.0.0'\n",
    "hardcoded-temp-file": "name = '/tmp/shop'\n",
    "try-except-pass": "try:\n    run()\nexcept Exception:\n    pass\n",
    "try-except-continue": (
        "while True:\n    try:\n        run()\n    except Exception:\n        continue\n"
    ),
    "request-without-timeout": "import requests\nrequests.get('https://example.org')\n",
    "flask-debug-true": "from flask import Flask\napp = Flask('shop')\napp.run(debug=True)\n",
    "tarfile-unsafe-members": "import tarfile\ntarfile.open('a.tar').extractall()\n",
    "suspicious-pickle-usage": "import pickle\npickle.loads(data)\n",
    "suspicious-marshal-usage": "import marshal\nmarshal.loads(data)\n",
    "suspicious-insecure-hash-usage": (
        "from cryptography.hazmat.primitives import hashes\nhashes.MD5()\n"
    ),
    "suspicious-insecure-cipher-usage": f"{CIPHERS} algorithms\nalgorithms.ARC4(key)\n",
    "suspicious-insecure-cipher-mode-usage": f"{CIPHERS} modes\nmodes.ECB()\n",
    "suspicious-mktemp-usage": "import tempfile\ntempfile.mktemp()\n",
    "suspicious-eval-usage": "eval(text)\n",
    "suspicious-mark-safe-usage": (
        "from django.utils.safestring import mark_safe\nmark_safe(text)\n"
    ),
    "suspicious-url-open-usage": "import urllib.request\nurllib.request.urlopen(url)\n",
    "suspicious-non-cryptographic-random-usage": "import random\nrandom.random()\n",
    "suspicious-telnet-usage": "import telnetlib\ntelnetlib.Telnet('host')\n",
    "suspicious-xmlc-element-tree-usage": (
        "import xml.etree.cElementTree as tree\ntree.fromstring(text)\n"
    ),
    "suspicious-xml-element-tree-usage": (
        "import xml.etree.ElementTree as tree\ntree.fromstring(text)\n"
    ),
    "suspicious-xml-expat-reader-usage": (
        "from xml.sax import expatreader\nexpatreader.create_parser()\n"
    ),
    "suspicious-xml-expat-builder-usage": (
        "from xml.dom import expatbuilder\nexpatbuilder.parse(file)\n"
    ),
    "suspicious-xml-sax-usage": "import xml.sax\nxml.sax.parse(file, handler)\n",
    "suspicious-xml-mini-dom-usage": "from xml.dom import minidom\nminidom.parseString(text)\n",
    "suspicious-xml-pull-dom-usage": "from xml.dom import pulldom\npulldom.parseString(text)\n",
    "suspicious-ftp-lib-usage": "import ftplib\nftplib.FTP('host')\n",
    "suspicious-unverified-context-usage": "import ssl\nssl._create_unverified_context()\n",
    "hashlib-insecure-hash-function": "import hashlib\nhashlib.md5(data)\n",
    "suspicious-telnetlib-import": "import telnetlib\n",
    "suspicious-ftplib-import": "import ftplib\n",
    "suspicious-pickle-import": "import pickle\n",
    "suspicious-subprocess-import": "import subprocess\n",
    "suspicious-xml-etree-import": "import xml.etree.ElementTree\n",
    "suspicious-xml-sax-import": "import xml.sax\n",
    "suspicious-xml-expat-import": "import xml.dom.expatbuilder\n",
    "suspicious-xml-minidom-import": "import xml.dom.minidom\n",
    "suspicious-xml-pulldom-import": "import xml.dom.pulldom\n",
    "suspicious-xmlrpc-import": "import xmlrpc\n",
    "suspicious-httpoxy-import": "from wsgiref.handlers import CGIHandler\n",
    "suspicious-pycrypto-import": "import Crypto.Cipher\n",
    "suspicious-pyghmi-import": "import pyghmi\n",
    "request-with-no-cert-validation": (
        "import requests\nrequests.get('https://example.org', timeout=1, verify=False)\n"
    ),
    "ssl-insecure-version": ("import ssl\nssl.wrap_socket(ssl_version=ssl.PROTOCOL_SSLv3)\n"),
    "ssl-with-bad-defaults": ("import ssl\ndef connect(version=ssl.PROTOCOL_SSLv3):\n    pass\n"),
    "ssl-with-no-version": "import ssl\nssl.wrap_socket(sock)\n",
    "weak-cryptographic-key": f"{RSA}rsa.generate_private_key(65537, 1024)\n",
    "unsafe-yaml-load": "import yaml\nyaml.load(text)\n",
    "ssh-no-host-key-verification": (
        "from paramiko import client\n"
        "ssh = client.SSHClient()\n"
        "ssh.set_missing_host_key_policy(client.AutoAddPolicy)\n"
    ),
    "snmp-insecure-version": (
        "from pysnmp.hlapi import CommunityData\nCommunityData('public', mpModel=0)\n"
    ),
    "snmp-weak-cryptography": "from pysnmp.hlapi import UsmUserData\nUsmUserData('name')\n",
    "paramiko-call": "import paramiko\nparamiko.exec_command(command)\n",
    "subprocess-popen-with-shell-equals-true": (
        "import subprocess\nsubprocess.run(command, shell=True)\n"
    ),
    "subprocess-without-shell-equals-true": "import subprocess\nsubprocess.run(command)\n",
    "call-with-shell-equals-true": "start(command, shell=True)\n",
    "start-process-with-a-shell": "import os\nos.system(command)\n",
    "start-process-with-no-shell": "import os\nos.execl(path, path)\n",
    "start-process-with-partial-path": "import subprocess\nsubprocess.run(['git', 'status'])\n",
    "hardcoded-sql-expression": "query = 'SELECT * FROM users WHERE name = ' + name\n",
    "unix-command-wildcard-injection": "import os\nos.system('tar xvzf *')\n",
    "django-extra": (
        "from django.contrib.auth.models import User\nUser.objects.extra(where=[condition])\n"
    ),
    "django-raw-sql": (
        "from django.db.models.expressions import RawSQL\nRawSQL(f'select {name}', [])\n"
    ),
    "logging-config-insecure-listen": "import logging.config\nlogging.config.listen()\n",
    "bidirectional-unicode": "name = 'a\N{RIGHT-TO-LEFT OVERRIDE}b'\n",
    "jinja2-autoescape-false": "import jinja2\njinja2.Environment(autoescape=False)\n",
    "mako-templates": "from mako.template import Template\nTemplate(text)\n",
    "unsafe-markup-use": "import markupsafe\nmarkupsafe.Markup(f'<b>{name}')\n",
    "complex-structure": "def f(x):\n" + "    if x:\n        pass\n" * 11,
}


def run_json(folder: Path, *command: str) -> Any:
    argv = [sys.executable, "-P", "-m", *command, str(folder)]
    done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
    return json.loads(done.stdout)


def place(row: int, column: int, last_row: int, last_column: int) -> Range:
    return Range(Position(row, column), Position(last_row, last_column))


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Finding]]:
    """Family → what the tools say of its sample."""
    folder = tmp_path_factory.mktemp("samples")
    for name, text in SAMPLES.items():
        (folder / f"{name}.py").write_text(text)
    found: dict[str, list[Finding]] = {name: [] for name in SAMPLES}

    def add(tool: str, file: str, rule: str, message: str, range_: Range) -> None:
        finding = Finding(tool, rule, message, range_, Severity.LOW, Category.SECURITY)
        found[Path(file).stem].append(finding)

    for row in run_json(folder, "bandit", "-q", "-r", "-f", "json")["results"]:
        start, end = row["line_range"][0] - 1, row["line_range"][-1] - 1
        columns = sorted([row["col_offset"], row["end_col_offset"]])
        range_ = place(start, columns[0], end, columns[1])
        add("bandit", row["filename"], row["test_id"], row["issue_text"], range_)
    for file in folder.glob("*.py"):
        ((_, stored),) = radon.check((10, 0, 0), ((str(file), None, ()),))
        found[file.stem] += codec.loads(stored).findings
    select = "--select=S,PLE2502,C901"
    ruff = ("ruff", "check", "--isolated", "--no-cache", "--preview", select)
    for row in run_json(folder, *ruff, "--output-format=json"):
        start, end = row["location"], row["end_location"]
        range_ = place(start["row"] - 1, start["column"] - 1, end["row"] - 1, end["column"] - 1)
        add("ruff", row["filename"], row["code"], row["message"], range_)
    return found


def test_every_family_has_a_sample() -> None:
    assert SAMPLES.keys() == FAMILIES.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_all_its_tools_speak_and_it_is_one_problem(
    name: str, findings: dict[str, list[Finding]]
) -> None:
    problems = [
        problem
        for problem in merge(findings[name])
        if family(problem.lead.tool, problem.lead.rule) == name
    ]
    assert [sorted(problem.tools) for problem in problems] == [sorted(FAMILIES[name])]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("bandit", "B608"), ("ruff", "S608"), True),
        (("bandit", "B613"), ("ruff", "PLE2502"), True),
        (("bandit", "B703"), ("ruff", "S308"), False),
        (("bandit", "B703"), ("bandit", "B308"), False),
        (("bandit", "B110"), ("ruff", "E722"), False),
        (("bandit", "B110"), ("ruff", "SIM105"), False),
        (("ruff", "B017"), ("bandit", "B017"), False),
        (("bandit", "B614"), ("ruff", "S614"), False),
        (("radon", "R701"), ("ruff", "C901"), True),
        (("radon", "R701"), ("complexipy", "CC001"), False),
        (("radon", "not-analysed"), ("bandit", "not-analysed"), True),
    ],
)
def test_what_means_the_same(one: tuple[str, str], other: tuple[str, str], same: bool) -> None:
    assert (family(*one) == family(*other)) is same


def test_weaknesses() -> None:
    assert cwe_of("ruff", "S602") == 78
    assert cwe_of("ruff", "F401") == 0
    assert cwe_name(89) == "SQL injection"
    assert cwe_name(1) == ""


@pytest.fixture
def generator(request: pytest.FixtureRequest) -> Any:
    path = request.config.rootpath / "tests/generate/families.py"
    spec = spec_from_file_location("families_generator", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_equal_numbers_with_different_names_are_left_to_a_person(generator: Any) -> None:
    rule = {"linter": "flake8-bandit", "code": "S999", "name": "suspicious-teapot-usage"}
    with pytest.raises(ValueError, match="do they mean the same"):
        generator.families([rule], {"B999": "import_kettle"})
    assert generator.families([rule], {"B999": "teapots"}) == {
        "suspicious-teapot-usage": {"bandit": "B999", "ruff": "S999"}
    }
