"""Every rewriting, judged by the real Bandit and the real Ruff: the finding was there, it is gone,
and nothing new came."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Callable
from itertools import dropwhile, takewhile
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from understudy.fixes.rewrites import RULES, candidates
from understudy.model import Category, Finding, Position, Range, Severity
from understudy.text import Lines, apply

from .real_tools import bandit, everything, ruff


class Case(NamedTuple):
    """The first finding of ``rule`` in ``before``; fix number ``version`` makes it ``after``."""

    rule: str
    before: str
    after: str
    version: int = 0
    safe: bool = False
    leaves: str = ""
    """A rule that this version is known to leave in place of the one that goes."""


CASES = [
    # Loading
    Case(
        "B506",
        "import yaml\n\nx = yaml.load(f)\n",
        "import yaml\n\nx = yaml.safe_load(f)\n",
        safe=True,
    ),
    Case(
        "B506",
        "import yaml as y\n\nx = y.load(f)\n",
        "import yaml as y\n\nx = y.safe_load(f)\n",
        safe=True,
    ),
    Case(
        "B506",
        "import yaml\n\nx = yaml.load(f, Loader=yaml.FullLoader)  # why\n",
        "import yaml\n\nx = yaml.safe_load(f)  # why\n",
    ),
    Case(
        "B506",
        "import yaml\nfrom yaml import Loader, load\n\nx = load(f, Loader)\nyaml.dump(x)\n",
        "import yaml\nfrom yaml import safe_load\n\nx = safe_load(f)\nyaml.dump(x)\n",
    ),
    Case(
        "B506",
        "import yaml\n\nx = yaml.load(\n    Loader=yaml.UnsafeLoader,\n    stream=f,\n)\n",
        "import yaml\n\nx = yaml.safe_load(\n    stream=f,\n)\n",
    ),
    Case(
        "B506",
        "import yaml\n\nx = yaml.load(f, Loader=yaml.CLoader)\n",
        "import yaml\n\nx = yaml.load(f, Loader=yaml.CSafeLoader)\n",
    ),
    Case(
        "B307", 'x = eval("[1, 2]")\n', 'import ast\n\nx = ast.literal_eval("[1, 2]")\n', safe=True
    ),
    Case(
        "B307",
        '"""Doc."""\n\n\ndef f(x):\n    return eval(x)\n',
        '"""Doc."""\n\nimport ast\n\n\ndef f(x):\n    return ast.literal_eval(x)\n',
    ),
    Case(
        "B307",
        "from __future__ import annotations\n\nx = eval(input())\n",
        "from __future__ import annotations\n\nimport ast\n\nx = ast.literal_eval(input())\n",
    ),
    Case(
        "B307",
        "import ast as syntax\n\nsyntax.parse(eval(input()))\n",
        "import ast as syntax\n\nsyntax.parse(syntax.literal_eval(input()))\n",
    ),
    Case(
        "B202",
        'import tarfile\n\nwith tarfile.open("a") as tar:\n    tar.extractall("b")\n',
        'import tarfile\n\nwith tarfile.open("a") as tar:\n    tar.extractall("b", filter="data")\n',
    ),
    Case(
        "B202",
        "import tarfile\n\n\ndef f(tar: tarfile.TarFile):\n    tar.extractall(members=[])\n",
        'import tarfile\n\n\ndef f(tar: tarfile.TarFile):\n    tar.extractall(members=[], filter="data")\n',
    ),
    Case(
        "B202",
        'import tarfile\n\ntarfile.open("a").extractall()\n',
        'import tarfile\n\ntarfile.open("a").extractall(filter="data")\n',
    ),
    Case(
        "B202",
        'import tarfile\n\nt = tarfile.open("a")\nt.extractall(filter="fully_trusted")\n',
        'import tarfile\n\nt = tarfile.open("a")\nt.extractall(filter="data")\n',
    ),
    Case(
        "B614",
        'import torch\n\nx = torch.load("a")\n',
        'import torch\n\nx = torch.load("a", weights_only=True)\n',
    ),
    # The web
    Case(
        "B113",
        'import requests\n\nx = requests.get("u")\n',
        'import requests\n\nx = requests.get("u", timeout=10)\n',
    ),
    Case(
        "B113",
        'from requests import post as send\n\nx = send(\n    "u",\n    json={  # a\n    },  # b\n)\n',
        'from requests import post as send\n\nx = send(\n    "u",\n    json={  # a\n    },  # b\n    timeout=10,\n)\n',
    ),
    Case(
        "B113",
        'import requests\n\nx = requests.get(\n    "u",\n    params=(1)  # last\n)\n',
        'import requests\n\nx = requests.get(\n    "u",\n    params=(1),  # last\n    timeout=10\n)\n',
    ),
    Case(
        "B113",
        "import httpx\n\nx = httpx.Client(timeout=None)\n",
        "import httpx\n\nx = httpx.Client(timeout=10)\n",
    ),
    Case(
        "B501",
        'import requests\n\nx = requests.get("u", verify=False, timeout=1)\n',
        'import requests\n\nx = requests.get("u", timeout=1)\n',
    ),
    Case(
        "B501",
        'import requests\n\nx = requests.get("u",  # a, b\n                 timeout=1, verify=False)\n',
        'import requests\n\nx = requests.get("u",  # a, b\n                 timeout=1)\n',
    ),
    Case(
        "B501",
        'import requests\n\nx = requests.get("u", timeout=1,  # a,\n                 verify=False)\n',
        'import requests\n\nx = requests.get("u", timeout=1,  # a,\n                 )\n',
    ),
    Case(
        "B501",
        'import requests\n\nx = requests.get(\n    "u",\n    verify=False,  # staging\n    timeout=1,\n)\n',
        'import requests\n\nx = requests.get(\n    "u",\n    # staging\n    timeout=1,\n)\n',
    ),
    Case(
        "B201",
        "from flask import Flask\n\napp = Flask(__name__)\napp.run(debug=True)\n",
        "from flask import Flask\n\napp = Flask(__name__)\napp.run()\n",
    ),
    Case(
        "B201",
        'from flask import Flask\n\napp = Flask(__name__)\napp.run(\n    port=1, debug=True,\n    host="h")\n',
        'from flask import Flask\n\napp = Flask(__name__)\napp.run(\n    port=1,\n    host="h")\n',
    ),
    Case(
        "B701",
        "import jinja2\n\ne = jinja2.Environment()\n",
        "import jinja2\n\ne = jinja2.Environment(autoescape=jinja2.select_autoescape())\n",
    ),
    Case(
        "B701",
        "from jinja2 import Environment, FileSystemLoader\n\n"
        'e = Environment(loader=FileSystemLoader("."), autoescape=False)\n',
        "from jinja2 import Environment, FileSystemLoader, select_autoescape\n\n"
        'e = Environment(loader=FileSystemLoader("."), autoescape=select_autoescape())\n',
    ),
    Case(
        "B701",
        "import jinja2\n\ne = jinja2.Environment(autoescape=False)\n",
        "import jinja2\n\ne = jinja2.Environment(autoescape=True)\n",
        version=1,
    ),
    Case("B104", 's.bind(("0.0.0.0", 80))\n', 's.bind(("127.0.0.1", 80))\n'),
    Case("B104", "x = {'host': u'0.0.0.0'}\n", "x = {'host': u'127.0.0.1'}\n"),
    # Cryptography
    Case(
        "B324",
        'import hashlib\n\nx = hashlib.md5(b"😀".decode())\n'.replace(
            'b"😀".decode()', '"😀".encode()'
        ),
        'import hashlib\n\nx = hashlib.md5("😀".encode(), usedforsecurity=False)\n',
    ),
    Case(
        "B324",
        "import hashlib\n\nx = hashlib.sha1()\n",
        "import hashlib\n\nx = hashlib.sha256()\n",
        version=1,
    ),
    Case(
        "B324",
        'import hashlib\n\nx = hashlib.new("MD5", b"")\n',
        'import hashlib\n\nx = hashlib.new("MD5", b"", usedforsecurity=False)\n',
    ),
    Case(
        "B324",
        "import hashlib\n\nx = hashlib.new('md5', usedforsecurity=True)\n",
        "import hashlib\n\nx = hashlib.new('sha256', usedforsecurity=True)\n",
    ),
    Case(
        "B324",
        "from hashlib import (\n    blake2b,\n    md5,\n)\n\nx = md5(blake2b().digest())\n",
        "from hashlib import (\n    blake2b,\n    sha256,\n)\n\nx = sha256(blake2b().digest())\n",
        version=1,
    ),
    Case(
        "B505",
        "from cryptography.hazmat.primitives.asymmetric import rsa\n\n"
        "k = rsa.generate_private_key(65537, key_size=1024)\n",
        "from cryptography.hazmat.primitives.asymmetric import rsa\n\n"
        "k = rsa.generate_private_key(65537, key_size=2048)\n",
    ),
    Case(
        "B505",
        "from cryptography.hazmat.primitives.asymmetric import ec\n\n"
        "k = ec.generate_private_key(ec.SECP192R1)\n",
        "from cryptography.hazmat.primitives.asymmetric import ec\n\n"
        "k = ec.generate_private_key(ec.SECP256R1)\n",
    ),
    Case(
        "B505",
        "from Cryptodome.PublicKey import RSA\n\nk = RSA.generate(1024)\n",
        "from Cryptodome.PublicKey import RSA\n\nk = RSA.generate(2048)\n",
    ),
    Case(
        "B311",
        "import os\nimport random\nimport sys\n\nx = random.choice([os, sys])\n",
        "import os\nimport secrets\nimport sys\n\nx = secrets.choice([os, sys])\n",
    ),
    Case(
        "B311",
        "from random import randint\n\nx = randint(1, 6)\n",
        "from random import SystemRandom\n\nx = SystemRandom().randint(1, 6)\n",
    ),
    Case(
        "B311",
        "import random\n\nx = random.uniform(1, 6)\n",
        "import random\n\nx = random.SystemRandom().uniform(1, 6)\n",
    ),
    Case(
        "B311",
        "import random\n\nx = random.Random()\n",
        "import random\n\nx = random.SystemRandom()\n",
    ),
    Case(
        "B311",
        "from random import choice, shuffle\n\nx = choice([1])\nshuffle(x)\n",
        "import secrets\nfrom random import shuffle\n\nx = secrets.choice([1])\nshuffle(x)\n",
    ),
    # TLS and SSH
    Case(
        "B323",
        "import ssl\n\nx = ssl._create_unverified_context()\n",
        "import ssl\n\nx = ssl.create_default_context()\n",
    ),
    Case(
        "B502",
        "import ssl\n\nx = ssl.wrap_socket(s, ssl_version=ssl.PROTOCOL_SSLv3)\n",
        "import ssl\n\nx = ssl.wrap_socket(s, ssl_version=ssl.PROTOCOL_TLS)\n",
    ),
    Case(
        "B502",
        "from OpenSSL import SSL\n\nx = SSL.Context(method=SSL.SSLv23_METHOD)\n",
        "from OpenSSL import SSL\n\nx = SSL.Context(method=SSL.TLS_METHOD)\n",
    ),
    Case(
        "B503",
        "import ssl\n\n\ndef f(a, version=ssl.PROTOCOL_TLSv1):\n    pass\n",
        "import ssl\n\n\ndef f(a, version=ssl.PROTOCOL_TLS):\n    pass\n",
    ),
    Case(
        "B504",
        "import ssl\n\nx = ssl.wrap_socket(s)\n",
        "import ssl\n\nx = ssl.wrap_socket(s, ssl_version=ssl.PROTOCOL_TLS)\n",
    ),
    Case(
        "B507",
        "import paramiko\n\nc = paramiko.SSHClient()\nc.set_missing_host_key_policy(paramiko.AutoAddPolicy())\n",
        "import paramiko\n\nc = paramiko.SSHClient()\nc.set_missing_host_key_policy(paramiko.RejectPolicy())\n",
    ),
    Case(
        "B507",
        "from paramiko import SSHClient, WarningPolicy\n\nSSHClient().set_missing_host_key_policy(WarningPolicy)\n",
        "from paramiko import RejectPolicy, SSHClient\n\nSSHClient().set_missing_host_key_policy(RejectPolicy)\n",
    ),
    # Files
    Case("B103", 'import os\n\nos.chmod("a", 0o777)\n', 'import os\n\nos.chmod("a", 0o700)\n'),
    Case("B103", 'import os\n\nos.chmod("a", 438)\n', 'import os\n\nos.chmod("a", 0o644)\n'),
    Case("B103", 'import os\n\nos.chmod("a", 0o664)\n', 'import os\n\nos.chmod("a", 0o644)\n'),
    Case(
        "B306",
        "import tempfile\n\nname = tempfile.mktemp()  # soon\nprint(name)\n",
        "import os\nimport tempfile\n\nfd, name = tempfile.mkstemp()  # soon\nos.close(fd)\nprint(name)\n",
    ),
    Case(
        "B306",
        "import tempfile\nfrom settings import FOLDER\n\n"
        'with open(tempfile.mktemp("x", dir=FOLDER), "w") as f:\n    f.write("")\n',
        "import os\nimport tempfile\nfrom settings import FOLDER\n\n"
        'fd, path = tempfile.mkstemp("x", dir=FOLDER)\nos.close(fd)\n'
        'with open(path, "w") as f:\n    f.write("")\n',
    ),
    Case(
        "B306",
        "from tempfile import mktemp\n\n\ndef f(fd):\n    return mktemp()\n",
        "import os\nfrom tempfile import mkstemp\n\n\ndef f(fd):\n"
        "    temporary_fd, path = mkstemp()\n    os.close(temporary_fd)\n    return path\n",
    ),
    # Processes
    Case(
        "B602",
        "import subprocess\n\nsubprocess.call(\"/bin/ls -l 'a b'\", shell=True)\n",
        'import subprocess\n\nsubprocess.call(["/bin/ls", "-l", "a b"])\n',
        leaves="B603",
    ),
    Case(
        "B602",
        "import subprocess\n\nsubprocess.call('ls -l \"it\\'s\"', shell=True)\n",
        "import subprocess\n\nsubprocess.call(['ls', '-l', \"it's\"])  # nosec B603\n",
        version=1,
    ),
    Case(
        "B602",
        "import subprocess\n\nsubprocess.call(  # nosec B607 # slow\n    ['ls', '-l'],\n    shell=True,\n)\n",
        "import subprocess\n\nsubprocess.call(  # nosec B607, B603 # slow\n    ['ls', '-l'],\n)\n",
        version=1,
    ),
    Case(
        "B605",
        'import os\nimport subprocess as sp\n\nsp.DEVNULL = os.system("ls -l")\n',
        'import subprocess as sp\n\nsp.DEVNULL = sp.call(["ls", "-l"])  # nosec B603\n',
        version=1,
    ),
    Case(
        "B605",
        'from os import system\n\nsystem("/bin/ls")\n',
        'import subprocess  # nosec B404\n\nsubprocess.call(["/bin/ls"])  # nosec B603\n',
        version=1,
    ),
    # XML
    Case(
        "B314",
        "import xml.etree.ElementTree as ET\n\nET.parse(f)\n",
        "import defusedxml.ElementTree as ET\n\nET.parse(f)\n",
    ),
    Case(
        "B405",
        "import os\nimport xml.etree.ElementTree as ET\n\nimport requests\n\nET.parse(os, requests)\n",
        "import os\n\nimport defusedxml.ElementTree as ET\nimport requests\n\nET.parse(os, requests)\n",
    ),
    Case(
        "B405",
        "from xml.etree import ElementTree\n\nElementTree.parse(f)\n",
        "from defusedxml import ElementTree\n\nElementTree.parse(f)\n",
    ),
    Case(
        "B314",
        "import xml.etree.ElementTree as ET\n\nET.Element(ET.fromstring(f))\n",
        "import xml.etree.ElementTree as ET\n\nimport defusedxml.ElementTree\n\n"
        "ET.Element(defusedxml.ElementTree.fromstring(f))\n",
    ),
    Case(
        "B314",
        "from xml.etree.ElementTree import Element, fromstring\n\nElement(fromstring(f))\n",
        "from xml.etree.ElementTree import Element\n\nfrom defusedxml.ElementTree import fromstring\n\n"
        "Element(fromstring(f))\n",
    ),
    Case(
        "B405",
        "import xml.etree.ElementTree\n\nxml.etree.ElementTree.parse(f)\n",
        "import defusedxml.ElementTree\n\ndefusedxml.ElementTree.parse(f)\n",
    ),
    Case(
        "B318",
        "from xml.dom.minidom import parseString as read\n\nread(f)\n",
        "from defusedxml.minidom import parseString as read\n\nread(f)\n",
    ),
    Case(
        "B408",
        "from xml.dom import minidom\n\nminidom.parse(f)\n",
        "from defusedxml import minidom\n\nminidom.parse(f)\n",
    ),
    Case(
        "B317",
        "import xml.sax as sax\n\nsax.make_parser()\n",
        "import defusedxml.sax as sax\n\nsax.make_parser()\n",
    ),
    Case(
        "B406",
        "from xml.sax import parse\n\nparse(f, g)\n",
        "from defusedxml.sax import parse\n\nparse(f, g)\n",
    ),
    Case(
        "B319",
        "from xml.dom import pulldom\n\npulldom.parse(f)\n",
        "from defusedxml import pulldom\n\npulldom.parse(f)\n",
    ),
    Case(
        "B409",
        "from xml.dom.pulldom import parse\n\nparse(f)\n",
        "from defusedxml.pulldom import parse\n\nparse(f)\n",
    ),
    Case(
        "B316",
        "from xml.dom import expatbuilder\n\nexpatbuilder.parse(f)\n",
        "from defusedxml import expatbuilder\n\nexpatbuilder.parse(f)\n",
    ),
    Case(
        "B407",
        "from xml.dom.expatbuilder import parse\n\nparse(f)\n",
        "from defusedxml.expatbuilder import parse\n\nparse(f)\n",
    ),
    Case(
        "B315",
        "from xml.sax import expatreader\n\nexpatreader.create_parser()\n",
        "from defusedxml import expatreader\n\nexpatreader.create_parser()\n",
    ),
    Case(
        "B313",
        "import xml.etree.cElementTree as ET\n\nET.iterparse(f)\n",
        "import defusedxml.ElementTree as ET\n\nET.iterparse(f)\n",
    ),
    # Statements
    Case(
        "B101", "x = 1\nassert x  # sure\n", "x = 1\nif not x:\n    raise AssertionError  # sure\n"
    ),
    Case(
        "B101",
        'x = 1\nassert x is None, "why"\n',
        'x = 1\nif x is not None:\n    raise AssertionError("why")\n',
    ),
    Case(
        "B101",
        "x = 1\nassert x or (\n    x + 1\n), (\n    'because'\n)\n",
        "x = 1\nif not (x or (\n    x + 1\n)):\n    raise AssertionError(\n    'because'\n)\n",
    ),
    Case(
        "B101",
        "def f(x):\n    assert isinstance(x, str)\n",
        "def f(x):\n    if not isinstance(x, str):\n        raise TypeError\n",
        version=1,
    ),
    Case("B101", "x = 1\nassert not (x)\n", "x = 1\nif (x):\n    raise AssertionError\n"),
    Case("B101", "x = 1\nassert x not in [2]\n", "x = 1\nif x in [2]:\n    raise AssertionError\n"),
    Case(
        "B101", "x = 1\nassert 0 < x < 2\n", "x = 1\nif not 0 < x < 2:\n    raise AssertionError\n"
    ),
    Case(
        "B110",
        "import logging\n\nLOG = logging.getLogger()\ntry:\n    LOG.x()\nexcept Exception:\n    pass  # fine\n",
        "import logging\n\nLOG = logging.getLogger()\ntry:\n    LOG.x()\nexcept Exception:\n"
        '    LOG.debug("Ignored an exception", exc_info=True)  # fine\n',
    ),
    Case(
        "B112",
        "import sys\n\nfor x in sys.path:\n    try:\n        x.y()\n    except Exception:\n        continue\n",
        "import logging\nimport sys\n\nfor x in sys.path:\n    try:\n        x.y()\n    except Exception:\n"
        '        logging.getLogger(__name__).debug("Ignored an exception", exc_info=True)\n        continue\n',
    ),
    # Where the place stands
    Case(
        "B506",
        'import yaml\n\nprint("😀𝒳", "é", yaml.load("é😀")); x = "😀"\n',
        'import yaml\n\nprint("😀𝒳", "é", yaml.safe_load("é😀")); x = "😀"\n',
        safe=True,
    ),
    Case(
        "B113",
        'import requests\n\n\nclass 班:\n\t@requests.get("😀").json\n\tdef f(self): ...\n',
        'import requests\n\n\nclass 班:\n\t@requests.get("😀", timeout=10).json\n\tdef f(self): ...\n',
    ),
    Case(
        "B113",
        'import requests\n\nx = (requests\n     .get)("u").json(requests.put("v", timeout=1))\n',
        'import requests\n\nx = (requests\n     .get)("u", timeout=10).json(requests.put("v", timeout=1))\n',
    ),
    Case(
        "B324",
        "import hashlib\n\nx = hashlib.md5(hashlib.md5(b'', usedforsecurity=False).digest())\n",
        "import hashlib\n\nx = hashlib.md5(hashlib.md5(b'', usedforsecurity=False).digest(), usedforsecurity=False)\n",
    ),
    # Where the imports stand
    Case(
        "B307",
        "#!/usr/bin/env python\n# A header.\n\n# About x.\nx = eval('1')\n",
        "#!/usr/bin/env python\n# A header.\n\nimport ast\n\n# About x.\nx = ast.literal_eval('1')\n",
        safe=True,
    ),
    Case(
        "B307",
        "import zlib\n\nimport yaml\nfrom yaml import dump\n\nx = eval('1'), zlib, yaml, dump\n",
        "import ast\nimport zlib\n\nimport yaml\nfrom yaml import dump\n\n"
        "x = ast.literal_eval('1'), zlib, yaml, dump\n",
        safe=True,
    ),
    Case(
        "B307",
        '"""Doc."""\n\nimport yaml  # 😀\n\nx = eval(\'1\'), yaml\n',
        '"""Doc."""\n\nimport ast\n\nimport yaml  # 😀\n\nx = ast.literal_eval(\'1\'), yaml\n',
        safe=True,
    ),
]


AT_MODULE_LEVEL = ('"""', "#", "import logging")


def ids(case: Case) -> str:
    return f"{case.rule}-{case.version}-{case.before.rstrip().splitlines()[-1].strip()[:24]}"


def first(rule: str, findings: tuple[Finding, ...]) -> Finding:
    return min((f for f in findings if f.rule == rule), key=lambda f: f.range)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_fix_ends_its_finding_and_brings_no_other(case: Case) -> None:
    fix = candidates(case.before, first(case.rule, bandit(case.before)))[case.version]
    after = apply(case.before, fix.edits)
    assert after == case.after
    assert fix.safe is case.safe
    before, left = everything(case.before), everything(after)
    assert left[case.rule] == before[case.rule] - 1
    assert set(left - before) == set(filter(None, [case.leaves]))


def with_crlf(text: str) -> str:
    return text.replace("\n", "\r\n")


def in_a_function(text: str) -> str:
    """The statements below the imports, indented by tabs."""
    imports = takewhile(
        lambda node: isinstance(node, ast.Import | ast.ImportFrom), ast.parse(text).body
    )
    rows = text.splitlines()
    end = max((node.end_lineno or 0 for node in imports), default=0)
    body = dropwhile(lambda row: not row, rows[end:])
    tabbed = [re.sub(r"(?<![^ ]) {4}", "\t", row) for row in body]
    head = [*rows[:end], "", ""] if end else []
    return "\n".join([*head, "def größe():", *(f"\t{row}" for row in tabbed), ""])


@pytest.mark.parametrize("dress", [with_crlf, in_a_function])
@pytest.mark.parametrize("case", CASES, ids=ids)
def test_a_place_is_found_under_other_circumstances(
    case: Case, dress: Callable[[str], str]
) -> None:
    if dress is in_a_function and case.before.startswith(AT_MODULE_LEVEL):
        pytest.skip("is about the head of a module")
    before = dress(case.before)
    fix = candidates(before, first(case.rule, bandit(before)))[case.version]
    assert apply(before, fix.edits) == dress(case.after)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_the_same_is_offered_for_the_twin_among_ruffs_rules(case: Case) -> None:
    twins = tuple(f for f in ruff(case.before) if f.rule == f"S{case.rule[1:]}")
    if twins:
        found = candidates(case.before, first(case.rule, bandit(case.before)))
        assert candidates(case.before, first(twins[0].rule, twins)) == found


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == set(RULES)


REFUSED = [
    ("B506", "import yaml\n\nyaml.load(f, **more)\n"),
    ("B506", "import yaml\n\nyaml.load(f, Loader=chosen())\n"),
    ("B506", "import yaml\n\nyaml.load(f, Loader=yaml.BaseLoader)\n"),
    ("B506", "import yaml\n\n\ndef f(yaml):\n    yaml.load(f)\n"),
    ("B506", 'import yaml\n\nprint(f"{yaml.load(f)}")\n'),
    ("B307", "eval(x, {})\n"),
    ("B307", 'eval("1 + x")\n'),
    ("B307", 'eval(f"{x}")\n'),
    ("B307", 'eval("{}".format(x))\n'),
    ("B307", 'eval(compile(x, "", "eval"))\n'),
    ("B307", "ast = 1\neval(x)\n"),
    ("B202", "import tarfile\n\n\ndef f(archive):\n    archive.extractall()\n"),
    ("B202", "import tarfile\n\na = tarfile.open(x)\na = open_zip(x)\na.extractall()\n"),
    ("B202", "import tarfile\n\nfor a in tarfile.open(x), other:\n    a.extractall()\n"),
    ("B113", "import requests\n\nrequests.get(u, **more)\n"),
    ("B104", 'print(host == "0.0.0.0")\n'),
    ("B104", 'print({"0.0.0.0": 1})\n'),
    ("B701", "import jinja2\n\njinja2.Environment(autoescape=guess)\n"),
    ("B323", 'import ssl\n\nssl._create_unverified_context(cafile="a")\n'),
    ("B507", "import paramiko\n\nc.set_missing_host_key_policy(mine.AutoAddPolicy())\n"),
    ("B311", "import random\n\nrandom.seed(1)\nrandom.random()\n"),
    ("B311", "import random\n\nrandom.Random(1)\n"),
    ("B306", "import tempfile\n\nf = lambda: tempfile.mktemp()\n"),
    ("B306", "import tempfile\n\nf = a or tempfile.mktemp()\n"),
    ("B306", "import tempfile\n\nif a: f = tempfile.mktemp()\n"),
    ("B306", "import tempfile\n\nf = tempfile.mktemp(); print(f)\n"),
    ("B306", "import tempfile\n\nwith a, open(tempfile.mktemp()):\n    pass\n"),
    ("B602", 'import subprocess\n\nsubprocess.run(f"ls {x}", shell=True)\n'),
    ("B602", 'import subprocess\n\nsubprocess.run("ls | wc", shell=True)\n'),
    ("B602", 'import subprocess\n\nsubprocess.run("ls $HOME", shell=True)\n'),
    ("B602", 'import subprocess\n\nsubprocess.run("ls *", shell=True)\n'),
    ("B602", 'import subprocess\n\nsubprocess.run("A=1 ls", shell=True)\n'),
    ("B602", 'import subprocess\n\nsubprocess.run("cd a", shell=True)\n'),
    ("B602", 'import subprocess\n\nsubprocess.run("a\\nb", shell=True)\n'),
    ("B602", "import subprocess\n\nsubprocess.run(\"ls 'a\", shell=True)\n"),
    ("B602", 'import subprocess\n\nsubprocess.run("  ", shell=True)\n'),
    ("B602", 'import subprocess\n\nsubprocess.run("ls", shell=True, executable="zsh")\n'),
    ("B605", "import os\n\nos.system(x)\n"),
    ("B605", 'import os\n\nos.popen("ls")\n'),
    ("B405", "import xml.etree.ElementTree as ET\n\nET.Element(a)\n"),
    ("B405", "import xml.etree.ElementTree as ET\n\nprint(ET)\n"),
    ("B405", "from xml.etree.ElementTree import Element, parse\n\nElement(parse(a))\n"),
    (
        "B405",
        "try:\n    import a.b as ET\nexcept ImportError:\n"
        "    import xml.etree.ElementTree as ET\n\nET.parse(c)\n",
    ),
    ("B406", "from xml.sax import handler\n\nhandler.ContentHandler()\n"),
    ("B101", "import pytest\n\nassert pytest\n"),
    ("B101", "assert x; print(x)\n"),
    ("B101", "if x: assert x\n"),
    ("B101", "assert (x, 'y')\n"),
    ("B112", "for x in y:\n    try: x()\n    except Exception: continue\n"),
]


@pytest.mark.parametrize(("rule", "text"), REFUSED)
def test_nothing_is_offered_where_the_meaning_is_not_certain(rule: str, text: str) -> None:
    assert candidates(text, first(rule, bandit(text))) == ()


def test_a_finding_of_another_rule_has_no_fix() -> None:
    text = "import pickle\n\npickle.loads(x)\n"
    assert [candidates(text, finding) for finding in bandit(text)] == [(), ()]


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_the_comments_of_the_user_stay(case: Case) -> None:
    before, after = (Counter(re.findall(r"# ?(\w+)", text)) for text in (case.before, case.after))
    assert not before - after


@pytest.mark.parametrize(
    "test",
    ["x", "not x", "not(x)", "x == 1", "x != 1", "x is None", "x is  not None", "x in (1, 2)",
     "x not in (1, 2)", "x or y", "x and y", "(x or y)", "x if y else 1", "(z := x)",
     "x == (y)", "(x) == y", "x == 1 == y", "not x == y", "[x]", "(not x)", "x > y", "(x) or (y)"],
)  # fmt: skip
def test_an_assertion_keeps_its_meaning(test: str) -> None:
    for message in ("", ", 'why'", ", (x, y)", ", ('why')"):
        before = f"assert {test}{message}\n"
        fix, *_ = candidates(before, first("B101", bandit(before)))
        after = apply(before, fix.edits)
        for x in (None, 0, 1, 2):
            for y in (0, 1):
                assert outcome(after, x, y) == outcome(before, x, y), after


def outcome(text: str, x: int | None, y: int) -> object:
    try:
        exec(compile(text, "sample", "exec"), {"x": x, "y": y})
    except Exception as error:
        return type(error), error.args
    return "passed"


TEXTS = sorted({case.before for case in CASES} | {text for _, text in REFUSED})
SNIPPETS = ["(", ")", ",", "#", "\\\n", "\r\n", "\r", '"""', "😀", "\t", "\f", "\ufeff", "\0", "\ud800",
            "*a, ", "**k, ", "lambda: ", "f'{", "}'", "; ", "import os\n", "\\", " if a else b"]  # fmt: skip


@settings(max_examples=60000, deadline=None)
@given(
    text=st.sampled_from(TEXTS),
    cuts=st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 6), st.sampled_from(["", *SNIPPETS])), max_size=3
    ),
    rule=st.sampled_from([*RULES, "S506", "F401", ""]),
    place=st.tuples(*[st.integers(0, 9)] * 4),
)
def test_no_text_makes_it_raise_and_what_it_gives_is_python(
    text: str, cuts: list[tuple[float, int, str]], rule: str, place: tuple[int, int, int, int]
) -> None:
    for where, length, snippet in cuts:
        start = int(where * len(text))
        text = text[:start] + snippet + text[start + length :]
    somewhere = Range(Position(*place[:2]), Position(*place[2:]))
    everywhere = Range(Position(0, 0), Lines(text).position(len(text)))
    for at in (somewhere, everywhere):
        finding = Finding("bandit", rule, "", at, Severity.LOW, Category.SECURITY)
        for fix in candidates(text, finding):
            ast.parse(apply(text, fix.edits))
