"""What the clinic asks of e-mail, in its own words."""

from typing import Annotated, Protocol

from pydantic import Field, StringConstraints

from models.base import Value

MediaType = Annotated[str, StringConstraints(pattern=r"^[a-z]+/[a-z0-9.+-]+$")]


class Attachment(Value):
    """A file beside a letter. Its name travels in clear: no patient's name in it."""

    name: str
    content: bytes = Field(repr=False)
    media_type: MediaType = "application/pdf"


class Letter(Value):
    """One letter to one address. Everything but an encrypted attachment may be read on the way.

    `key`: what the letter is about; the same key makes the same Message-ID, by which a repeat is recognised.
    """

    key: str
    to: str = Field(repr=False)
    subject: str
    text: str = Field(repr=False)
    attachments: tuple[Attachment, ...] = ()


class Mail(Protocol):
    async def send(self, message: Letter) -> str:
        """Hand the letter to the mail server; its Message-ID. Arrival is never confirmed.

        SaidNo: the server refuses this letter. Away: it has not taken it. Unknown: it may have, and a repeat of the
        same letter would carry the same Message-ID.
        """
