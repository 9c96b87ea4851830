"""What the clinic asks of anybody who pays for visits, in its own words.

One workflow carries every claim through these calls. Calls fail as `integrations.services.outside` says. Only `submit`
must never be repeated blindly; everything else reads, or brings the claim over there to what the form says and leaves
alone what is there already.
"""

from typing import Protocol

from integrations.settings import Settings
from models.claims import ClaimForm, ClaimState, Cover, Document, Gateway, Member, Purpose, Session
from models.envelope import keyed


class PayerService(Protocol):
    """One way to a payer."""

    consents: tuple[Purpose, ...]
    """For which steps the patient must give a one-time code; empty where none is asked for."""

    async def cover(self, member: Member) -> Cover:
        """What the payer covers for this member today; may be asked as often as wanted."""

    async def send_code(self, form: ClaimForm, purpose: Purpose, session: Session | None) -> str:
        """Have a one-time code sent to the patient; answers where it went, masked (`+254714***898`), or empty.

        A repeated call sends another code.
        """

    async def open(self, form: ClaimForm, code: str) -> Session:
        """Open the claim over there, or find the one that is open. `code`: what the patient was sent; empty where none
        is wanted. SaidNo: the code is wrong or worn out."""

    async def fill(self, form: ClaimForm, session: Session) -> None:
        """Make the claim over there say what the form says: read it, add what is missing, take out what is too much.
        May be repeated at any time before it is submitted or after it was sent back."""

    async def submit(self, form: ClaimForm, session: Session, code: str) -> ClaimState:
        """Hand it in, once. SaidNo: refused and still a draft. Unknown: look before any repetition."""

    async def look(self, form: ClaimForm, session: Session) -> ClaimState:
        """Where the claim stands with the payer; may be asked as often as wanted."""

    async def attach(self, form: ClaimForm, session: Session, document: Document) -> None:
        """Add a paper to the claim, once for its file name."""

    async def resubmit(self, form: ClaimForm, session: Session) -> ClaimState:
        """Hand in again what was sent back, after `fill`. Never repeated blindly, like `submit`."""

    async def close(self, session: Session, reason: str) -> None:
        """Give the claim up over there. Closing what is closed changes nothing."""


def callback_path(settings: Settings, gateway: Gateway) -> str:
    """Where a payer tells that something changed: nobody can guess it, and it names no service."""
    return f"/callbacks/h/{keyed(settings.command_secret.get_secret_value().encode(), 'callback', gateway)[:40]}"
