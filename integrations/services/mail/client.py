"""The real client: a mail server over SMTP, one connection for each letter."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from email.utils import format_datetime

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from integrations.services.mail.port import Letter, Mail
from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown
from integrations.settings import Settings

SERVICE = "smtp"
SANDBOX_SENDER = "clinic@sandbox.invalid"
SIGN_IN_FIRST = frozenset({530, 534, 535, 538})
"""The server wants us to sign in, or otherwise than we did: no fault of the letter."""

GOODBYE_SECONDS = 2.0
PLAIN = WIRE.clone(cte_type="7bit")


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed in."""

    host: str
    port: int
    tls: str
    user_name: str
    password: str
    sender: str

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


def mail_server(settings: Settings) -> MailServer | None:
    """The clinic's server, in development else the sandbox's, and elsewhere none."""
    signed_in = (settings.smtp_user_name, settings.smtp_password.get_secret_value())
    if settings.smtp_host:
        return MailServer(settings.smtp_host, settings.smtp_port, settings.smtp_tls, *signed_in, settings.smtp_from)
    if settings.environment != "development":
        return None
    sender = settings.smtp_from or SANDBOX_SENDER
    return MailServer("127.0.0.1", settings.sandbox_mail_port, "none", *signed_in, sender)


class SmtpMail(Mail):
    """Implements `Mail`. Until the letter itself is under way, nothing has happened over there."""

    def __init__(self, settings: Settings) -> None:
        self.server, self.seconds = mail_server(settings), settings.outside_seconds

    async def send(self, message: Letter) -> str:
        if self.server is None:
            raise SaidNo(SERVICE, "not-connected")
        written = envelope(message, self.server, datetime.now(UTC))
        async with self.connected(self.server) as smtp:
            await self.hand_over(smtp, message.to, written)
            with suppress(SMTPException, OSError):  # the letter is over there, whether or not we say goodbye
                await smtp.quit(timeout=GOODBYE_SECONDS)
        return str(written["Message-ID"])

    @asynccontextmanager
    async def connected(self, server: MailServer) -> AsyncIterator[SMTP]:
        """A server that has greeted us and knows us. Whatever fails until then says nothing about the letter."""
        smtp = SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user_name or None,
            password=server.password or None,
            local_hostname=server.domain,
            timeout=self.seconds,
            use_tls=server.tls == "tls",
            start_tls=server.tls == "starttls",
        )
        try:
            await smtp.connect()
        except SMTPResponseException as refused:
            raise Away(SERVICE, f"smtp-{refused.code}", refused.message) from None
        except (SMTPException, OSError, ValueError):
            raise Away(SERVICE, "no-connection") from None
        try:
            yield smtp
        finally:
            smtp.close()

    async def hand_over(self, smtp: SMTP, to: str, written: EmailMessage) -> None:
        """The envelope, then the letter; only after it has begun may a lost answer hide an effect."""
        try:
            await smtp.mail(written["From"].addresses[0].addr_spec)
            await smtp.rcpt(to)
        except SMTPResponseException as answer:
            raise refusal(answer) or Away(SERVICE, "unreadable") from None
        except (SMTPException, OSError):
            raise Away(SERVICE, "connection-lost") from None
        try:
            await smtp.data(written.as_bytes())
        except SMTPResponseException as answer:
            raise refusal(answer) or Unknown(SERVICE, "unreadable") from None
        except TimeoutError:
            raise Unknown(SERVICE, "timeout") from None
        except (SMTPException, OSError):
            raise Unknown(SERVICE, "connection-lost") from None


def refusal(answer: SMTPResponseException) -> OutsideFailure | None:
    """4xx: later. 5xx: never. None: no reply that means anything."""
    code = f"smtp-{answer.code}"
    if 400 <= answer.code < 500 or answer.code in SIGN_IN_FIRST:
        return Away(SERVICE, code, answer.message)
    return SaidNo(SERVICE, code, answer.message) if 500 <= answer.code < 600 else None


def message_id(key: str, domain: str) -> str:
    """The same for the same key; nobody reads the key from it."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def envelope(letter: Letter, server: MailServer, now: datetime) -> EmailMessage:
    """The letter as it travels, in 7-bit characters. SaidNo where its address or subject cannot be written so."""
    written = EmailMessage(policy=PLAIN)
    try:
        written["From"] = Address(addr_spec=server.sender)
        written["To"] = Address(addr_spec=letter.to)
        written["Subject"] = letter.subject
        letter.to.encode("ascii")
    except ValueError:
        raise SaidNo(SERVICE, "not-an-address-or-subject") from None
    written["Date"] = format_datetime(now)
    written["Message-ID"] = message_id(letter.key, server.domain)
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(letter.text)
    for attachment in letter.attachments:
        kind, _, form = attachment.media_type.partition("/")
        written.add_attachment(attachment.content, maintype=kind, subtype=form, filename=attachment.name)
    return written
