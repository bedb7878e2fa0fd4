"""Which names are hidden: by a table, and by what stands on the disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from understudy.sandbox.names import Names, matcher, writable
from understudy.sandbox.policy import HIDDEN, READ_ONLY


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        (".env", ".env", True),
        (".env", "a/b/.env", True),
        (".env", "a.env", False),
        ("*.pem", "deep/er/key.pem", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/b/a.py", False),
        ("src/*.py", "other/src/a.py", False),
        ("src/**", "src/b/a.py", True),
        ("**/a.py", "a.py", True),
        ("**/a.py", "x/y/a.py", True),
        ("**", "anything/at all", True),
        ("src/?.py", "src/ab.py", False),
        ("a.b/c", "axb/c", False),
        ("/a.json", "a.json", True),
        ("/a.json", "b/a.json", False),
        ("a[bc]", "x/ac", True),
        ("*", "x/y", True),
    ],
)
def test_patterns(pattern: str, path: str, matches: bool) -> None:
    assert matcher([pattern])(path) is matches


@pytest.mark.parametrize(
    ("more", "path", "hides"),
    [
        ((), "cacert.pem", False),
        (("cacert.pem",), "a/cacert.pem", True),
        (("*.pem",), "cacert.pem", True),
        (("!.env.test",), ".env.test", False),
        (("!.env.test", ".env.*"), ".env.test", True),
        (("!*",), "a.pem", False),
    ],
)
def test_the_last_pattern_that_fits_decides(more: Sequence[str], path: str, hides: bool) -> None:
    assert matcher((*HIDDEN, *more))(path) is hides


@pytest.mark.parametrize(
    ("names", "hides"),
    [
        (".env .env.local .env_prod .env-local .envrc .envs prod.env a/.env2 .env.test", True),
        (".env.example .env.sample a/.env.template .env.dist example.env env.py .en env", False),
        ("id_ed25519 server.key a.pem .ssh .npmrc .netrc credentials.json a/.docker", True),
        (".cargo/credentials.toml a/.cargo/credentials .config/gcloud .m2/settings.xml", True),
        (".pip/pip.conf .config/pip/pip.conf terraform.tfstate x.tfstate.backup", True),
        ("prod.tfvars .terraform.d .vault-token .dockercfg secrets.yaml auth.json", True),
        (".cargo/config.toml .config/app locales/auth.json settings.xml tokens.py", False),
        (".venv/lib/python3.11/site-packages/certifi/cacert.pem grpc/roots.pem", False),
        ("cert.pem cacert.key site-packages/certifi/cacert.pem.key", True),
        ("main.tf secrets.py key.ts .terraform keys package.json .yarnrc.yml a.environment", False),
    ],
)
def test_what_holds_secrets_is_known_by_its_name(names: str, hides: bool) -> None:
    matches = matcher(HIDDEN)
    assert [each for each in names.split() if matches(each) is not hides] == []


@pytest.mark.parametrize(
    ("pattern", "may", "may_not"),
    [
        ("out", "out out/f out/a/b deep/out/f", "outer o"),
        ("out/**", "out out/f out/a/b", "deep/out/f outer"),
        ("./out/**", "out out/f", "deep/out/f"),
        ("out/", "out out/f", "deep/out/f"),
        ("a/b/**", "a/b a/b/c", "a a/c"),
        ("**/b/**", "b/c a/b/c", "a/c"),
        ("*.py", "a.py b/a.py", "a.txt"),
        ("src/*.py", "src/a.py", "src a.py src/b/a.py"),
        ("**", "a a/b", ""),
        ("/**", "a a/b", ""),
    ],
)
def test_what_may_be_written(pattern: str, may: str, may_not: str) -> None:
    allows = writable([pattern])
    assert [each for each in may.split() if not allows(each)] == []
    assert [each for each in may_not.split() if allows(each)] == []


@pytest.mark.parametrize(
    ("links", "hidden", "kept"),
    [
        ({".env": "config/live"}, (".env", "config/live"), ()),
        ({".env": "one", "one": "two", "two": "config/live"}, (".env", "config/live"), ()),
        ({".env": "way/live", "way": "config"}, (".env", "config/live"), ()),
        ({".ssh": "config"}, (".ssh", "config"), ()),
        ({".env": "config", "x.key": "config/live"}, (".env", "config", "x.key"), ()),
        ({".env": "../outside"}, (".env",), ()),
        ({".env": "gone"}, (".env",), ()),
        ({".env": "."}, (".env",), ()),
        ({".env": ".env"}, (".env",), ()),
        ({".env": "{root}/config/live"}, (".env", "config/live"), ()),
        ({".env": "../{name}/config/live"}, (".env", "config/live"), ()),
        ({".git": "config"}, (), (".git", "config")),
        ({".git": "config/sub", ".env": "config"}, (".env", "config"), (".git",)),
    ],
)
def test_what_a_link_leads_to_is_hidden_and_kept_with_it(
    links: dict[str, str], hidden: tuple[str, ...], kept: tuple[str, ...], tmp_path: Path
) -> None:
    root = tmp_path / "root"
    (root / "config/sub").mkdir(parents=True)
    (root / "config/live").touch()
    (tmp_path / "outside").touch()
    for name, target in links.items():
        (root / name).symlink_to(target.format(root=root, name=root.name))
    assert Names(str(root), HIDDEN, READ_ONLY).find()[:2] == (hidden, kept)


def test_a_link_on_the_way_may_change_later(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    for name in ("one", "two"):
        (tmp_path / name).touch()
    (tmp_path / ".env").symlink_to("inner/current")
    (inner / "current").symlink_to("../one")
    names = Names(str(tmp_path), HIDDEN, READ_ONLY)
    assert names.find().hidden == (".env", "one")
    (inner / "current").unlink()
    (inner / "current").symlink_to("../two")
    assert names.find().hidden == (".env", "two")


def test_no_pattern_matches_nothing() -> None:
    assert not matcher([])("a")


def test_secrets_are_found_at_every_depth_and_what_is_new_is_seen(tmp_path: Path) -> None:
    inner = tmp_path / "a/b"
    inner.mkdir(parents=True)
    (inner / ".env.local").touch()
    (tmp_path / ".git/hooks").mkdir(parents=True)
    (tmp_path / ".git/.env").touch()
    names = Names(str(tmp_path), HIDDEN, READ_ONLY)
    assert names.find()[:3] == ((".git/.env", "a/b/.env.local"), (".git",), False)
    (inner / "server.key").touch()
    os.utime(inner)  # the clock of a file system may be coarser than this test
    (tmp_path / "a/.git").mkdir()
    hidden = (".git/.env", "a/b/.env.local", "a/b/server.key")
    assert names.find()[:2] == (hidden, (".git", "a/.git"))
    (inner / ".env.local").unlink()
    os.utime(inner)
    assert names.find().hidden == (".git/.env", "a/b/server.key")


@pytest.mark.parametrize(
    ("lines", "hidden"),
    [
        ("touch .ENV Prod.Env a.PEM", [".ENV", "Prod.Env", "a.PEM"]),
        ("touch .a.pem.swp '#.env#' .env~", ["#.env#", ".a.pem.swp", ".env~"]),
        (
            "touch .netrc.swp .npmrc.swo .key.pem.un~ .pgpass.un~ key.pem.~1~ notes.~2~ .notes.un~",
            [".key.pem.un~", ".netrc.swp", ".npmrc.swo", ".pgpass.un~", "key.pem.~1~"],
        ),
        ("touch x .x.swp '#x#' x~ a.pem~ '.#x' .swp '#' '~' '##'", ["a.pem~"]),
        ("mkdir d; touch .env d/plain; ln .env d/same; ln d/plain other", [".env", "d/same"]),
        (
            "mkdir -p .git; touch .env .git/a.key; ln .env .git/same",
            [".env", ".git/a.key", ".git/same"],
        ),
        (
            "mkdir a; touch a/HEAD a/commondir a/.env; mkdir a/b; touch a/b/x.pem",
            ["a/.env", "a/b/x.pem"],
        ),
        ("mkdir objects refs a; touch HEAD a/.env", ["a/.env"]),
        ("touch real; ln -s real .env; ln real same", [".env", "real", "same"]),
        ("mkdir .ssh; touch .ssh/work; ln .ssh/work same", [".ssh", "same"]),
        ("mkdir .aws; touch real; ln -s ../real .aws/credentials", [".aws", "real"]),
        ("mkdir .env; touch .env/pyvenv.cfg real; ln -s ../real .env/link", [".env"]),
    ],
)
def test_a_secret_has_more_names_than_one(tmp_path: Path, lines: str, hidden: list[str]) -> None:
    subprocess.run(("sh", "-ec", lines), cwd=tmp_path, check=True)
    assert list(Names(str(tmp_path), HIDDEN, READ_ONLY).find().hidden) == hidden


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("mkdir -p sub/repo/objects sub/repo/refs; touch sub/repo/HEAD", ["sub/repo"]),
        ("mkdir -p sub/repo/objects sub/repo/refs", []),
        ("mkdir -p .bare; echo 'gitdir: ./.bare' > .git", [".bare", ".git"]),
        ("mkdir -p a b/git; echo 'gitdir: ../b/git' > a/.git", ["a/.git", "b/git"]),
        ("mkdir real; ln -s real .git", [".git", "real"]),
        ("echo 'gitdir: /usr' > .git", [".git"]),
        ("echo nothing > .git", [".git"]),
        ("mkdir objects refs; touch HEAD config a", ["HEAD", "a", "config", "objects", "refs"]),
    ],
)
def test_repositories_are_kept_whatever_their_names(
    tmp_path: Path, lines: str, kept: list[str]
) -> None:
    subprocess.run(("sh", "-ec", lines), cwd=tmp_path, check=True)
    assert list(Names(str(tmp_path), HIDDEN, READ_ONLY).find().read_only) == kept
