"""What a command may do in the sandbox. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

HIDDEN = (
    *(".env*", "*.env", "secrets.yml", "secrets.yaml", "secrets.json", "secrets.toml"),
    *("*.pem", "*.key", "*.p8", "*.p12", "*.pfx", "*.ppk", "*.jks", "*.keystore", "*.kdbx"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", ".ssh", ".gnupg", ".password-store"),
    *(".netrc", "_netrc", ".git-credentials", ".htpasswd", ".pgpass", ".my.cnf", ".mylogin.cnf"),
    *(".pypirc", ".npmrc", "**/.pip/pip.conf", "**/pip/pip.conf", "**/.cargo/credentials*"),
    *("**/.gem/credentials", "**/.composer/auth.json", "/auth.json", "**/.m2/settings*.xml"),
    *(".aws", ".azure", ".kube", ".docker", ".dockercfg", ".dockerconfigjson", "kubeconfig"),
    *("**/.config/gcloud", "**/.config/gh", "**/.config/rclone", "rclone.conf", ".s3cfg", ".boto"),
    *(".terraform.d", ".terraformrc", "terraform.rc", "*.tfvars", "*.tfvars.json"),
    *("*.tfstate", "*.tfstate.*", ".vault-token", ".vault_pass*", ".databrickscfg", "kaggle.json"),
    *("credentials.json", "application_default_credentials.json", "client_secret*.json"),
    *("service-account*.json", "service_account*.json", "*-firebase-adminsdk-*.json"),
    *("!*.example", "!*.sample", "!*.template", "!*.dist"),
    *("!example.env", "!sample.env", "!template.env"),
    *("!cacert.pem", "!cacerts.pem", "!ca-bundle.pem", "!ca-certificates.pem", "!roots.pem"),
)
"""Names of files and folders that hold secrets, wherever in the workspace they are; with ``!``, of
those that only show how to write one, and of certificates that are for all. What an editor has of
them beside goes with them."""

READ_ONLY = (".git",)
"""Names of what is seen and cannot be changed, wherever in the workspace it is."""

ENVIRONMENT = ("PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "TERM", "CI", "NO_COLOR", "FORCE_COLOR")
"""Which variables reach the command, as patterns."""

TEMPORARY = "/tmp"  # noqa: S108 - its own, in memory
HOME = f"{TEMPORARY}/home"

_MB = 1 << 20


class Limits(NamedTuple):
    """``seconds`` of the clock, ``cpu`` seconds of processors; bytes of ``memory``, of ``disk`` for
    all that it writes, of one ``file``, and of what it prints; how many ``processes`` and threads
    at once, and how many files (``inodes``) it may write. All for its processes together."""

    seconds: float = 300.0
    cpu: float = 1200.0
    memory: int = 4096 * _MB
    disk: int = 1024 * _MB
    file: int = 512 * _MB
    output: int = 5 * _MB
    processes: int = 512
    inodes: int = 200_000


@dataclass(frozen=True, slots=True)
class Policy:
    """Patterns are matched by name (``.env*``) or, when they have a slash, by the whole path from
    the workspace (``src/**``). One that begins with ``!`` takes out what those before it match.

    ``read``: absolute paths outside of the workspace that are seen, too, read-only.
    ``show``: what of the workspace is there; of what is not, the command learns nothing.
    ``write``: what may change; a change of anything else is a violation, and nothing is applied.
    ``scratch``: what may change, too, and is left out of what is told, unless ``write`` names it.
    ``hosts``: the names that can be reached, through a filtering proxy; none without one.
    ``variables``: that reach it beside those of ``environment``, and ``secrets``, whose values are
    left out of what it prints, as is what else is ``withheld``: secrets that it is given in words.
    ``run``: the programs that it may start, by names, which are seen wherever they are installed,
    as it is itself, or by paths from the workspace; what one of them starts is not asked for. None:
    any.
    ``copy``: on a copy, also where an overlay is to be had; what renames folders needs one.
    """

    read: tuple[str, ...] = ()
    hide: tuple[str, ...] = HIDDEN
    read_only: tuple[str, ...] = READ_ONLY
    show: tuple[str, ...] = ("**",)
    write: tuple[str, ...] = ("**",)
    scratch: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    run: tuple[str, ...] | None = None
    environment: tuple[str, ...] = ENVIRONMENT
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    withheld: frozenset[str] = field(default=frozenset(), repr=False)
    limits: Limits = field(default_factory=Limits)
    copy: bool = False

    @property
    def known_secrets(self) -> tuple[str, ...]:
        """The values of which nothing is kept."""
        return (*self.secrets.values(), *self.withheld)
