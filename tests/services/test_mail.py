"""E-mail: the real client against the sandbox's mail server and against servers that say odd things."""

import asyncio
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from integrations.services.mail.client import SmtpMail, message_id
from integrations.services.mail.port import Attachment, Letter, Mail
from integrations.services.mail.sandbox import smtp as counterpart
from integrations.services.outside import Away, OutsideFailure, SaidNo, Unknown
from integrations.settings import Settings
from tests.ports import free_port
from tests.services.harness import Sandbox
from tests.services.one_service import sandbox_with

AKINYI = "akinyi@example.org"
PAPER = b"%PDF-1.7 sealed \x00\xff" * 40
LETTER = Letter(
    key="results-018f-1",
    to=AKINYI,
    subject="Ripoti yako iko tayari – Kliniki ya Mĩchũki",
    text="Habari Wanjikũ,\n.\nRipoti yako iko tayari.\n",
    attachments=(Attachment(name="report.pdf", content=PAPER),),
)


@pytest.fixture(scope="module")
async def open_service() -> AsyncIterator[Sandbox]:
    async with sandbox_with(counterpart, smtp_from="kliniki@example.test") as sandbox:
        yield sandbox


@pytest.fixture
async def service(open_service: Sandbox) -> Sandbox:
    """Nothing is broken, and the ledger is empty."""
    assert (await open_service.http.delete("/_sandbox")).status_code == 204
    return open_service


@pytest.fixture
def mail(service: Sandbox) -> Mail:
    return SmtpMail(service.settings)


def hurried(service: Sandbox) -> Mail:
    return SmtpMail(service.settings.model_copy(update={"outside_seconds": 0.4}))


async def ending(mail: Mail, letter: Letter = LETTER) -> OutsideFailure:
    with pytest.raises(OutsideFailure) as failed:
        await mail.send(letter)
    assert AKINYI not in f"{failed.value} {failed.value.detail}"
    return failed.value


async def test_a_letter_arrives_as_it_was_written(service: Sandbox, mail: Mail) -> None:
    name = await mail.send(LETTER)
    entry = (await service.ledger("smtp"))[0]
    assert (entry["kind"], entry["key"]) == ("letter", name)
    assert entry["details"] == {
        "to": AKINYI,
        "sender": "kliniki@example.test",
        "subject": LETTER.subject,
        "text": LETTER.text,
        "attachments": [
            {"name": "report.pdf", "bytes": len(PAPER), "sha256": hashlib.sha256(PAPER).hexdigest()},
        ],
    }


async def test_the_same_letter_has_the_same_name_whenever_it_is_sent(service: Sandbox, mail: Mail) -> None:
    first, again = await mail.send(LETTER), await mail.send(LETTER)
    other = await mail.send(LETTER.model_copy(update={"key": "results-018f-2"}))
    assert first == again != other
    assert first.endswith("@example.test>")
    assert LETTER.key not in first
    assert (await service.book("smtp"))["duplicates"] == 1


@pytest.mark.parametrize(
    ("mode", "expected", "code"),
    [
        ("down", Away, "smtp-421"),
        ("error_500", Away, "smtp-451"),
        ("reject", SaidNo, "smtp-550"),
        ("html_400", Unknown, "unreadable"),
    ],
)
async def test_a_broken_server_takes_nothing(
    service: Sandbox, mail: Mail, mode: str, expected: type[OutsideFailure], code: str
) -> None:
    await service.breaks("smtp", mode, count=1)
    failed = await ending(mail)
    assert (type(failed), failed.code) == (expected, code)
    assert await service.ledger("smtp") == []
    await mail.send(LETTER)


async def test_a_fault_may_concern_one_address_only(service: Sandbox, mail: Mail) -> None:
    await service.breaks("smtp", "reject", path="otieno@")
    await mail.send(LETTER)
    assert type(await ending(mail, LETTER.model_copy(update={"to": "otieno@example.org"}))) is SaidNo


async def test_a_letter_whose_line_is_cut_may_have_been_taken(service: Sandbox, mail: Mail) -> None:
    await service.breaks("smtp", "timeout_after_effect", count=1, seconds=0)
    failed = await ending(mail)
    assert (type(failed), failed.code) == (Unknown, "connection-lost")
    assert len(await service.ledger("smtp")) == 1


async def test_a_letter_whose_answer_is_not_waited_for_may_have_been_taken(service: Sandbox) -> None:
    await service.breaks("smtp", "timeout_after_effect", count=1)
    failed = await ending(hurried(service))
    assert (type(failed), failed.code) == (Unknown, "timeout")
    assert [entry["key"] for entry in await service.ledger("smtp")] == [message_id(LETTER.key, "example.test")]


async def test_a_slow_server_still_takes_the_letter(service: Sandbox, mail: Mail) -> None:
    await service.breaks("smtp", "slow", count=1, seconds=0.1)
    await mail.send(LETTER)
    assert len(await service.ledger("smtp")) == 1


async def test_nobody_there_is_away() -> None:
    failed = await ending(SmtpMail(Settings(sandbox_smtp_port=free_port())))
    assert (type(failed), failed.code) == (Away, "no-connection")


async def test_a_clinic_without_a_mail_server_says_so(production: Callable[..., Settings]) -> None:
    failed = await ending(SmtpMail(production()))
    assert (type(failed), failed.code) == (SaidNo, "not-connected")


@pytest.mark.parametrize(
    "to", ["akinyi", "a@b.example, c@d.example", "a b@c.example", "ajÿ@example.org", "a@b.example\r\nBcc: c@d.example"]
)
async def test_only_one_plain_address_is_written_to(service: Sandbox, mail: Mail, to: str) -> None:
    assert type(await ending(mail, LETTER.model_copy(update={"to": to}))) is SaidNo
    assert await service.ledger("smtp") == []


async def test_a_subject_brings_no_headers_of_its_own(service: Sandbox, mail: Mail) -> None:
    forged = LETTER.model_copy(update={"subject": "Habari\r\nBcc: everyone@example.org"})
    assert type(await ending(mail, forged)) is SaidNo
    assert await service.ledger("smtp") == []


async def test_a_server_that_wants_a_password_gets_it_or_waits_for_the_right_one() -> None:
    async with sandbox_with(counterpart, smtp_user_name="kliniki", smtp_password="the-password") as guarded:
        await SmtpMail(guarded.settings).send(LETTER)
        assert len(await guarded.ledger("smtp")) == 1
        stranger = SmtpMail(guarded.settings.model_copy(update={"smtp_user_name": ""}))
        assert ((failed := await ending(stranger)).code, type(failed)) == ("smtp-530", Away)
        mistaken = SmtpMail(guarded.settings.model_copy(update={"smtp_user_name": "klinik"}))
        assert ((failed := await ending(mistaken)).code, type(failed)) == ("smtp-535", Away)
        assert len(await guarded.ledger("smtp")) == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_no_letter_travels_in_clear_where_tls_is_wanted(
    service: Sandbox, tls: Literal["starttls", "tls"]
) -> None:
    port = service.settings.sandbox_mail_port
    wanted = Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_from="kliniki@example.test", smtp_tls=tls)
    assert type(await ending(SmtpMail(wanted))) is Away
    assert await service.ledger("smtp") == []


def test_a_real_server_is_not_used_without_its_password(production: Callable[..., Settings]) -> None:
    named = {"smtp_host": "mail.test", "smtp_user_name": "kliniki", "smtp_from": "kliniki@example.test"}
    with pytest.raises(ValueError, match="NJIA_SMTP_PASSWORD is empty, but NJIA_SMTP_HOST"):
        production(**named)
    assert production(**named, smtp_password="secret").smtp_host == "mail.test"


async def test_closing_the_sandbox_ends_a_connection_that_is_open() -> None:
    async with sandbox_with(counterpart) as sandbox:
        reader, writer = await asyncio.open_connection("127.0.0.1", sandbox.settings.sandbox_mail_port)
        assert (await reader.readline()).startswith(b"220 ")
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()


@asynccontextmanager
async def scripted(*lines: bytes) -> AsyncIterator[Mail]:
    """A mail server that greets, then answers each command with the next line, and hangs up after the last."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line + b"\r\n")
            await writer.drain()
            if not await reader.readline():
                break
        writer.close()

    with socket.create_server(("127.0.0.1", 0)) as door:
        server = await asyncio.start_server(talk, sock=door)
        host, port = door.getsockname()
        settings = {"smtp_host": host, "smtp_port": port, "smtp_tls": "none", "smtp_from": "kliniki@example.test"}
        async with server:
            yield SmtpMail(Settings(**settings))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ((b"554 No mail here",), Away),
        ((b"hello?",), Away),
        ((b"220 hi", b"250 hi", b"451 later"), Away),
        ((b"220 hi", b"250 hi", b"552 too much"), SaidNo),
        ((b"220 hi", b"250 hi", b"what?"), Away),
        ((b"220 hi", b"250 hi", b"250 ok"), Away),
        ((b"220 hi", b"250 hi", b"250 ok", b"450 mailbox busy"), Away),
        ((b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"554 not this one"), SaidNo),
        ((b"220 hi", b"250 hi", b"250 ok", b"250 ok"), Unknown),
        ((b"220 hi", b"250 hi", b"250 ok", b"250 ok", b"354 go on"), Unknown),
    ],
)
async def test_how_far_a_letter_came_decides_what_an_answer_means(
    lines: tuple[bytes, ...], expected: type[OutsideFailure]
) -> None:
    async with scripted(*lines) as mail:
        assert type(await ending(mail)) is expected


def test_a_letter_does_not_show_itself_in_logs() -> None:
    assert AKINYI not in repr(LETTER)
    assert "Wanjik" not in repr(LETTER)


def a_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """For the loopback address, signed by itself: a server's context, and the file that makes a client trust it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now, day = datetime.now(UTC), timedelta(days=1)
    address = x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))])
    unsigned = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    dated = unsigned.serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
    certificate = dated.add_extension(address, critical=False).sign(key, hashes.SHA256())
    trusted, secret = folder / "certificate.pem", folder / "key.pem"
    trusted.write_bytes(certificate.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(trusted, secret)
    return context, trusted


@asynccontextmanager
async def tls_server(tls: Literal["starttls", "tls"], context: ssl.SSLContext) -> AsyncIterator[Settings]:
    """A mail server that takes letters over TLS only; the settings with which it is found."""

    async def take(server: SMTP, session: Session, envelope: Envelope) -> str:
        return "250 taken" if session.ssl or tls == "tls" else "554 in clear"

    def connection() -> SMTP:
        upgrade: dict[str, Any] = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {}
        return SMTP(SimpleNamespace(handle_DATA=take), hostname="mail", loop=asyncio.get_running_loop(), **upgrade)

    whole = context if tls == "tls" else None
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0, ssl=whole)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Settings(smtp_host="127.0.0.1", smtp_port=port, smtp_tls=tls, smtp_from="kliniki@example.test")


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_over_tls_only_a_server_with_a_trusted_certificate_gets_letters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: Literal["starttls", "tls"]
) -> None:
    context, trusted = a_certificate(tmp_path)
    async with tls_server(tls, context) as settings:
        assert type(await ending(SmtpMail(settings))) is Away
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert (await SmtpMail(settings).send(LETTER)).endswith("@example.test>")
