"""Settings of what is told, where, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from .group import SENDS, WRITES, About, Group

Grade = Literal["info", "warning", "error", "critical"]
Notice = Literal["taskCompleted", "taskFailed", "issuesFound", "highResourceUse", "custom"]

Enabled = Annotated[bool, About("Whether notices go this way.")]
Minimum = Annotated[Grade, About("The lowest severity that goes this way.")]
Events = Annotated[tuple[Notice, ...], About("The events that go this way. Empty: all.")]


class Channel(Group):
    enabled: Enabled = False
    minimum: Minimum = "info"
    events: Events = ()


class FileChannel(Group):
    enabled: Enabled = False
    minimum: Minimum = "info"
    events: Events = ()
    path: Annotated[
        str,
        About(
            "The file of JSON lines. Empty: `notices.jsonl` in the state folder.",
            trusted_only=WRITES,
        ),
    ] = ""
    max_bytes: Annotated[
        int,
        About("From this size on a new file is begun.", ge=10_000, le=1_000_000_000),
    ] = 1_000_000
    keep_days: Annotated[int, About("Days for which old files are kept.", ge=1, le=3_650)] = 30


class MailChannel(Group):
    """``password_variable`` names an environment variable: no setting holds a secret."""

    enabled: Enabled = False
    minimum: Minimum = "error"
    events: Events = ()
    host: Annotated[str, About("The mail server.", trusted_only=SENDS)] = ""
    port: Annotated[int, About("The mail server's port.", ge=1, le=65_535, trusted_only=SENDS)] = (
        587
    )
    security: Annotated[
        Literal["starttls", "tls", "none"],
        About("How the connection is encrypted.", trusted_only=SENDS),
    ] = "starttls"
    user: Annotated[str, About("The name to log in with. Empty: no login.", trusted_only=SENDS)] = (
        ""
    )
    from_: Annotated[str, About("The sender's address.", trusted_only=SENDS)] = ""
    to: Annotated[tuple[str, ...], About("The receivers' addresses.", trusted_only=SENDS)] = ()
    password_variable: Annotated[
        str,
        About(
            "The environment variable that holds the password; never the password itself.",
            form="variable",
            trusted_only=SENDS,
        ),
    ] = "UNDERSTUDY_MAIL_PASSWORD"  # noqa: S105 - the name of the variable


class ServicesChannel(Group):
    enabled: Enabled = False
    minimum: Minimum = "warning"
    events: Events = ()
    url_variables: Annotated[
        tuple[str, ...],
        About(
            "The environment variables that hold the addresses of services, as Apprise writes "
            "them; never the addresses themselves, which hold secrets.",
            form="variable",
            trusted_only=SENDS,
        ),
    ] = ()


class OwnChannel(Group):
    """A channel of another distribution, by the name of its entry point."""

    enabled: Enabled = True
    minimum: Minimum = "info"
    events: Events = ()
    options: Annotated[
        Mapping[str, str],
        About("What the channel is made with, by name; never a secret."),
    ] = MappingProxyType({})


class Template(Group):
    title: Annotated[str, About("The notice's title.")] = ""
    message: Annotated[str, About("The notice's text.")] = ""


class Notifications(Group):
    console: Channel = Channel()
    desktop: Channel = Channel(minimum="warning")
    file: FileChannel = FileChannel()
    mail: MailChannel = MailChannel()
    services: ServicesChannel = ServicesChannel()
    channels: Annotated[
        Mapping[str, OwnChannel],
        About(
            "Channels of other distributions that are installed beside Understudy, by their names.",
            trusted_only=SENDS,
        ),
    ] = MappingProxyType({})
    quiet_while_typing: Annotated[
        bool, About("What is not critical waits for a pause in your typing.")
    ] = True
    burst: Annotated[
        int,
        About("More notices than this in a minute become one digest.", ge=1, le=1_000),
    ] = 5
    high_resource_use: Annotated[
        bool, About("Tell when memory or disk space begin to run short.")
    ] = True
    templates: Annotated[
        Mapping[str, Template],
        About("The words of a notice, by the name of its event. Empty: those that come with it."),
    ] = MappingProxyType({})
