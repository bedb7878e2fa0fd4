"""Mail through a real SMTP server on loopback, with TLS, a login, and refusals."""

from __future__ import annotations

import email.policy
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage, Message
from email.parser import BytesParser
from typing import Any, cast

import keyring
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from keyring.backend import KeyringBackend

from understudy.notifications.base import Notice, Undelivered, attempt
from understudy.notifications.mail import Mail, MailConfig, Security

PASSWORD = "correct horse"
VARIABLE = "PASSWORD_OF_MAIL"


class Post:
    """The server's side: what it got, and how it replies to a recipient or to a mail."""

    def __init__(self) -> None:
        self.got: list[Envelope] = []
        self.recipients: dict[str, str] = {}
        self.reply = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if reply := self.recipients.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.reply.startswith("2"):
            self.got.append(envelope)
        return self.reply

    def mail(self) -> EmailMessage:
        (envelope,) = self.got
        parser = BytesParser(policy=email.policy.default)
        return parser.parsebytes(cast(bytes, envelope.content))


def lines(part: Message) -> str:
    """Its text, with the line ends of Python."""
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).replace("\r\n", "\n")


def login(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    assert isinstance(data, LoginPassword)
    return AuthResult(
        success=(data.login, data.password) == (b"me", PASSWORD.encode()), handled=False
    )


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trusting(authority: trustme.CA) -> Callable[[], ssl.SSLContext]:
    def context() -> ssl.SSLContext:
        made = ssl.create_default_context()
        authority.configure_trust(made)
        return made

    return context


class Implicit(Controller):
    """TLS from the first byte; the test's own probe speaks plain TCP."""

    def _trigger_server(self) -> None:
        with socket.create_connection((self.hostname, self.port), 5):
            pass


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture(params=[Security.STARTTLS, Security.TLS])
def server(
    request: pytest.FixtureRequest, post: Post, authority: trustme.CA
) -> Iterator[MailConfig]:
    yield from _serve(request.param, post, authority)


@pytest.fixture
def starttls(post: Post, authority: trustme.CA) -> Iterator[MailConfig]:
    yield from _serve(Security.STARTTLS, post, authority)


@pytest.fixture
def plain(post: Post, authority: trustme.CA) -> Iterator[MailConfig]:
    yield from _serve(Security.NONE, post, authority)


def _serve(security: Security, post: Post, authority: trustme.CA) -> Iterator[MailConfig]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    kind, options = Controller, cast(dict[str, Any], {"authenticator": login})
    match security:
        case Security.TLS:
            kind = Implicit
            options |= {"ssl_context": context, "auth_require_tls": False, "auth_required": True}
        case Security.STARTTLS:
            options |= {"tls_context": context, "require_starttls": True, "auth_required": True}
    controller = kind(post, hostname="localhost", port=_free_port(), **options)
    controller.start()
    try:
        yield MailConfig(
            host="localhost",
            port=controller.port,
            security=security,
            user="" if security is Security.NONE else "me",
            sender="Understudy <understudy@example.org>",
            to=("a@example.org", "b@example.org"),
            password_variable=VARIABLE,
        )
    finally:
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("localhost", 0)) as free:
        return int(free.getsockname()[1])


async def refusal(
    config: MailConfig, notice: Notice, tls: Callable[[], ssl.SSLContext], password: str = PASSWORD
) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        await attempt(Mail(config, {VARIABLE: password}, tls), notice)
    assert PASSWORD not in caught.value.why
    return caught.value


async def test_text_and_html_over_tls_with_a_login(
    server: MailConfig, post: Post, notice: Notice, trusting: Callable[[], ssl.SSLContext]
) -> None:
    await attempt(Mail(server, {VARIABLE: PASSWORD}, trusting), notice)
    mail = post.mail()
    assert post.got[0].rcpt_tos == list(server.to)
    assert mail["Subject"] == "[error] tests failed – 3 of 40"
    assert mail["Message-ID"].endswith("@understudy.invalid>")
    assert mail.get_content_type() == "multipart/alternative"
    text, page = mail.iter_parts()
    assert "test_a <failed> & é 🚦\nsecond line" in lines(text)
    assert page.get_content_type() == "text/html"
    assert "test_a &lt;failed&gt; &amp; é 🚦\nsecond line" in lines(page)


async def test_the_same_notice_is_the_same_mail(
    plain: MailConfig, post: Post, notice: Notice
) -> None:
    for _ in range(2):
        await attempt(Mail(plain, {}), notice)
    parser = BytesParser()
    first, second = (parser.parsebytes(cast(bytes, each.content)) for each in post.got)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]


async def test_an_unknown_certificate_is_refused(
    server: MailConfig, post: Post, notice: Notice
) -> None:
    why = await refusal(server, notice, ssl.create_default_context)
    assert "certificate" in why.why
    assert not why.transient
    assert not post.got


async def test_another_host_s_certificate_is_refused(
    server: MailConfig, notice: Notice, trusting: Callable[[], ssl.SSLContext]
) -> None:
    why = await refusal(replace(server, host="127.0.0.1"), notice, trusting)
    assert not why.transient


async def test_a_wrong_password_is_for_good(
    server: MailConfig, notice: Notice, trusting: Callable[[], ssl.SSLContext]
) -> None:
    why = await refusal(server, notice, trusting, "wrong")
    assert "refuses the login (535)" in why.why
    assert not why.transient


@pytest.mark.parametrize(
    ("reply", "transient"),
    [("451 try later", True), ("452 full", True), ("550 no", False), ("554 spam", False)],
)
async def test_replies_say_whether_to_try_again(
    starttls: MailConfig,
    post: Post,
    notice: Notice,
    trusting: Callable[[], ssl.SSLContext],
    reply: str,
    transient: bool,
) -> None:
    post.reply = reply
    why = await refusal(starttls, notice, trusting)
    assert reply in why.why
    assert why.transient is transient


@pytest.mark.parametrize(
    ("replies", "transient", "got"),
    [
        ({"a@example.org": "450 greylisted"}, True, 1),
        ({"a@example.org": "550 nobody"}, False, 1),
        ({"a@example.org": "550 nobody", "b@example.org": "450 later"}, True, 0),
    ],
)
async def test_a_recipient_that_is_refused_is_named(
    starttls: MailConfig,
    post: Post,
    notice: Notice,
    trusting: Callable[[], ssl.SSLContext],
    replies: dict[str, str],
    transient: bool,
    got: int,
) -> None:
    post.recipients = replies
    why = await refusal(starttls, notice, trusting)
    assert all(name in why.why for name in replies)
    assert why.transient is transient
    assert len(post.got) == got


async def test_a_server_that_is_not_there_may_come_back(notice: Notice) -> None:
    config = MailConfig(
        "localhost", _free_port(), "u@example.org", ("a@example.org",), Security.NONE
    )
    assert (await refusal(config, notice, ssl.create_default_context)).transient


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_no_tls_is_no_mail(
    plain: MailConfig, post: Post, notice: Notice, security: Security
) -> None:
    why = await refusal(replace(plain, security=security), notice, ssl.create_default_context)
    assert not why.transient
    assert not post.got


async def test_no_password_goes_in_the_clear(plain: MailConfig, post: Post, notice: Notice) -> None:
    why = await refusal(replace(plain, user="me"), notice, ssl.create_default_context)
    assert "only sent over TLS" in why.why
    assert not post.got


@pytest.mark.parametrize("sender", ["a@example.org\nBcc: c@example.org", "a@example.org\r\nX: y"])
async def test_a_header_cannot_be_slipped_in(
    plain: MailConfig, post: Post, notice: Notice, sender: str
) -> None:
    assert not (
        await refusal(replace(plain, sender=sender), notice, ssl.create_default_context)
    ).transient
    await attempt(Mail(plain, {}), replace(notice, title="a\nBcc: c@example.org"))
    assert post.mail()["Bcc"] is None
    assert post.got[0].rcpt_tos == list(plain.to)


class Memory(KeyringBackend):
    """A keyring that this test alone sees."""

    priority = 1

    def __init__(self, secrets: dict[tuple[str, str], str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.secrets = secrets

    def get_password(self, service: str, username: str) -> str | None:
        return self.secrets.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.secrets[service, username] = password


@pytest.fixture
def secrets() -> Iterator[dict[tuple[str, str], str]]:
    before = keyring.get_keyring()
    memory = Memory({})
    keyring.set_keyring(memory)
    yield memory.secrets
    keyring.set_keyring(before)


async def test_the_keyring_has_the_password(
    starttls: MailConfig,
    post: Post,
    notice: Notice,
    trusting: Callable[[], ssl.SSLContext],
    secrets: dict[tuple[str, str], str],
) -> None:
    why = await refusal(starttls, notice, trusting, "")
    assert f"variable {VARIABLE} or in the keyring (keyring set understudy me@localhost)" in why.why
    assert not why.transient
    keyring.set_password("understudy", "me@localhost", PASSWORD)
    await attempt(Mail(starttls, {}, trusting), notice)
    assert len(post.got) == 1
