"""The mail server of the sandbox: it takes every letter, delivers none, and breaks on request.

It speaks SMTP on a port of its own, so it asks for faults itself. What a mode means here: `down` is turned away with
421, `error_500` is 451, `reject` is 550 to the recipient, `html_400` is an answer that is none.
"""

import asyncio
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from integrations.sandbox.breaking import CRASHED
from integrations.sandbox.counterpart import Counterpart, Stand
from integrations.sandbox.faults import Fault, Mode
from integrations.services.mail.client import SERVICE

LARGEST = 10 * 1024 * 1024
AT_DATA = (Mode.SLOW, Mode.ERROR_500, Mode.HTML_400, Mode.TIMEOUT_AFTER_EFFECT)
SENTENCES = {
    Mode.ERROR_500: "451 4.3.0 Broken on request, try again later",
    Mode.HTML_400: CRASHED,
}


class Letterbox:
    """What aiosmtpd asks about a connection, and where letters end."""

    def __init__(self, stand: Stand) -> None:
        self.stand, self.settings = stand, stand.settings

    def signed_in(self, server: SMTP, session: Session, envelope: Envelope, kind: str, data: Any) -> AuthResult:
        """Whether this is the clinic."""
        expected = (self.settings.smtp_user_name, self.settings.smtp_password.get_secret_value())
        is_ours = isinstance(data, LoginPassword) and (data.login.decode(), data.password.decode()) == expected
        return AuthResult(success=is_ours, handled=False)

    async def hello(
        self, server: SMTP, session: Session, envelope: Envelope, host: str, replies: list[str]
    ) -> list[str]:
        if self.stand.faults.take((Mode.DOWN,)):
            return ["421 4.3.2 Down on request"]
        session.host_name = host
        return replies

    async def mail(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if self.settings.smtp_user_name and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 OK"

    async def recipient(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.stand.faults.take((Mode.REJECT,), address):
            return "550 5.1.1 Refused on request"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def data(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault = self.stand.faults.take(AT_DATA, " ".join(envelope.rcpt_tos))
        if fault is None:
            return f"250 2.0.0 Queued as {self.take(envelope)}"
        if fault.mode in SENTENCES:
            return SENTENCES[fault.mode]
        return await self.answered_late(server, envelope, fault)

    async def answered_late(self, server: SMTP, envelope: Envelope, fault: Fault) -> str:
        """The letter is taken before the silence or after it, also where the clinic has hung up by then."""
        if fault.mode is Mode.TIMEOUT_AFTER_EFFECT:
            self.take(envelope)
            await asyncio.sleep(fault.pause)
            if server.transport:
                server.transport.close()
            await asyncio.Event().wait()  # until the lost connection ends this task: nobody hears an answer
        taken: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.stand.callbacks.later(fault.pause, lambda: taken.set_result(self.take(envelope)))
        return f"250 2.0.0 Queued as {await asyncio.shield(taken)}"

    def take(self, envelope: Envelope) -> str:
        """Put the letter into the ledger; its key is the Message-ID."""
        content = envelope.original_content or b""
        letter = message_from_bytes(content, policy=policy.default)
        number = secrets.token_hex(6).upper()
        self.stand.ledger.take("letter", str(letter["Message-ID"]), number, **shown(letter, envelope))
        return number

    @property
    def hooks(self) -> SimpleNamespace:
        """What aiosmtpd finds by name."""
        return SimpleNamespace(
            handle_EHLO=self.hello, handle_MAIL=self.mail, handle_RCPT=self.recipient, handle_DATA=self.data
        )


def shown(letter: EmailMessage, envelope: Envelope) -> dict[str, Any]:
    """What a person would see of it."""
    body = letter.get_body(("plain",))
    files = [
        {"name": part.get_filename(), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for part in letter.iter_attachments()
        if isinstance(content := part.get_content(), bytes)
    ]
    return {
        "to": ", ".join(envelope.rcpt_tos),
        "sender": envelope.mail_from or "",
        "subject": str(letter["Subject"]),
        "text": body.get_content().replace("\r\n", "\n") if body else "",
        "attachments": files,
    }


class Connection(SMTP):
    """One that is cut when the sandbox closes."""

    def __init__(self, letterbox: Letterbox, everyone: set[SMTP]) -> None:
        self.everyone = everyone
        super().__init__(
            letterbox.hooks,
            data_size_limit=LARGEST,
            hostname="sandbox.invalid",
            ident="Njia sandbox",
            authenticator=letterbox.signed_in,
            auth_require_tls=False,
            loop=asyncio.get_running_loop(),
        )

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.everyone.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.everyone.discard(self)
        super().connection_lost(error)


@asynccontextmanager
async def listening(stand: Stand) -> AsyncIterator[None]:
    """Take letters on the sandbox's port until it closes. aiosmtpd would log every address."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    letterbox, everyone = Letterbox(stand), set[SMTP]()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(letterbox, everyone), "127.0.0.1", stand.settings.sandbox_mail_port
    )
    try:
        yield
    finally:
        server.close()
        for connection in tuple(everyone):
            if connection.transport:
                connection.transport.close()
        await server.wait_closed()


def smtp(stand: Stand) -> Counterpart:
    """E-mail in the sandbox."""
    return Counterpart(
        name=SERVICE,
        title="E-mail (SMTP)",
        running=lambda: listening(stand),
        notes=(
            f"Takes letters on port {stand.settings.sandbox_mail_port} and delivers none; their key is the Message-ID.",
            "down is 421, error_500 is 451, reject is 550; a timeout after the effect cuts the line.",
        ),
    )
