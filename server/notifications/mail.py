"""Mail, as text and HTML, over TLS."""

from __future__ import annotations

import asyncio
import hashlib
import html
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum

from .base import Level, Notice, Undelivered

_KEYRING_SERVICE = "understudy"
_SOCKET_SECONDS = 20.0
_COLOURS = {
    Level.INFO: "#0969da",
    Level.WARNING: "#9a6700",
    Level.ERROR: "#cf222e",
    Level.CRITICAL: "#82071e",
}


class Security(StrEnum):
    """STARTTLS: asked for, and required. NONE: in the clear, and then without a password."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailConfig:
    """``password_variable`` names an environment variable; where it is empty or not set, the
    password is the keyring's for ``understudy`` and ``user@host``. No ``user``: no login."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    security: Security = Security.STARTTLS
    user: str = ""
    password_variable: str = ""


class Mail:
    name = "mail"

    def __init__(
        self,
        config: MailConfig,
        environ: Mapping[str, str],
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
    ) -> None:
        self._config = config
        self._environ = environ
        self._tls = tls

    async def deliver(self, notice: Notice) -> None:
        await asyncio.to_thread(self._send, notice)

    def _send(self, notice: Notice) -> None:
        try:
            message = compose(notice, self._config)
        except ValueError as error:
            raise Undelivered(f"The mail cannot be written: {error}", False) from error
        password = self._password() if self._config.user else ""
        try:
            refused = self._hand_over(message, password)
        except (OSError, smtplib.SMTPException) as error:
            raise _undelivered(error, f"{self._config.host}:{self._config.port}") from error
        if refused:
            raise _refusal(refused)

    def _hand_over(self, message: EmailMessage, password: str) -> _Refused:
        """What a server said of those whom it does not take mail for; it took it for the others."""
        config = self._config
        if config.security is Security.TLS:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                config.host, config.port, timeout=_SOCKET_SECONDS, context=self._tls()
            )
        else:
            connection = smtplib.SMTP(config.host, config.port, timeout=_SOCKET_SECONDS)
        with connection:
            if config.security is Security.STARTTLS:
                connection.starttls(context=self._tls())
            if config.user:
                connection.login(config.user, password)
            return connection.send_message(message)

    def _password(self) -> str:
        config = self._config
        if config.security is Security.NONE:
            raise Undelivered("A password is only sent over TLS: set security for mail", False)
        if password := self._environ.get(config.password_variable, ""):
            return password
        account = f"{config.user}@{config.host}"
        if password := _from_keyring(account):
            return password
        where = f"in the environment variable {config.password_variable} or " * bool(
            config.password_variable
        )
        raise Undelivered(
            f"There is no mail password {where}in the keyring"
            f" (keyring set {_KEYRING_SERVICE} {account})",
            False,
        )


_Refused = dict[str, tuple[int, bytes]]


def compose(notice: Notice, config: MailConfig) -> EmailMessage:
    """Raises ValueError for an address that is none. A notice has one Message-ID, for ever."""
    mail = EmailMessage()
    mail["Subject"] = f"[{notice.level.label}] {' '.join(notice.title.split())}"
    mail["From"] = config.sender
    mail["To"] = ", ".join(config.to)
    mail["Date"] = format_datetime(datetime.fromtimestamp(notice.at, UTC))
    digest = hashlib.sha256(notice.id.encode("utf-8", "replace")).hexdigest()[:32]
    mail["Message-ID"] = f"<{digest}@understudy.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    text = f"{notice.title}\n\n{notice.message}\n\n{notice.event} · {notice.level.label}\n"
    mail.set_content(text)
    mail.add_alternative(
        f'<html><body style="font-family:sans-serif">'
        f'<h3 style="color:{_COLOURS[notice.level]}">{html.escape(notice.title)}</h3>'
        f'<p style="white-space:pre-wrap">{html.escape(notice.message)}</p>'
        f'<p style="color:#59636e">{notice.event} · {notice.level.label}</p></body></html>\n',
        subtype="html",
    )
    return mail


def _from_keyring(account: str) -> str:
    """Empty where there is none, or no keyring."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return keyring.get_password(_KEYRING_SERVICE, account) or ""
    except KeyringError:
        return ""


def _refusal(refused: _Refused) -> Undelivered:
    said = ", ".join(f"{who} ({code})" for who, (code, _) in sorted(refused.items()))
    return Undelivered(
        f"The mail server does not take mail for {said}",
        any(_may_pass(code) for code, _ in refused.values()),
    )


def _undelivered(error: OSError | smtplib.SMTPException, server: str) -> Undelivered:
    match error:
        case smtplib.SMTPRecipientsRefused():
            return _refusal(error.recipients)
        case smtplib.SMTPAuthenticationError():
            # What a server says to a login may quote it.
            why = f"{server} refuses the login ({error.smtp_code})"
            return Undelivered(why, _may_pass(error.smtp_code))
        case smtplib.SMTPResponseException():
            said = error.smtp_error
            text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
            why = f"{server} refuses the mail: {error.smtp_code} {' '.join(text.split())}"
            return Undelivered(why, _may_pass(error.smtp_code))
        case smtplib.SMTPServerDisconnected():
            return Undelivered(f"{server} closed the connection", True)
        case smtplib.SMTPException():
            return Undelivered(f"{server} cannot be used: {error}", False)
        case ssl.SSLCertVerificationError():
            return Undelivered(
                f"The certificate of {server} is not valid: {error.verify_message}", False
            )
        case ssl.SSLError():
            return Undelivered(f"{server} does not speak TLS as expected: {error.reason}", False)
        case _:
            return Undelivered(f"{server} cannot be reached: {error.strerror or error}", True)


def _may_pass(code: int) -> bool:
    """Replies from 400 to 499 are transient (RFC 5321, 4.2.1)."""
    return 400 <= code < 500
