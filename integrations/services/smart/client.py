"""The real client: Smart's provider API over HTTPS.

`effect` is true where a repetition would do something twice: only handing in does. To link a visit number again, or to
close what is closed, changes nothing.
"""

from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import quote

import httpx2

from integrations.services.smart.answers import PENDING, Attempt, MemberDetails, VisitSession
from integrations.services.smart.requests import Fields
from integrations.services.smart.wire import Wire
from integrations.settings import Settings
from models.claims import Document


class Provider:
    """One per process: it keeps the token."""

    def __init__(self, settings: Settings, http: httpx2.AsyncClient) -> None:
        self.settings = settings
        self.wire = Wire(settings, http)

    async def sessions(self, patient_number: str, status: str = PENDING) -> list[VisitSession]:
        """The patient's check-ins with that status."""
        return await self.wire.rows(VisitSession, "/api/visit", patientNumber=patient_number, sessionStatus=status)

    async def link(self, session_id: str, visit_number: str) -> None:
        """The check-in is for our visit of that number."""
        path = f"/api/visit/{quote(session_id, safe='')}/visit-number/{quote(visit_number, safe='')}"
        await self.wire.tell(path)

    async def close_session(self, session_id: str) -> None:
        await self.wire.tell(f"/api/visit/{quote(session_id, safe='')}/close-session")

    async def members(self, patient_number: str, session_id: str) -> list[MemberDetails]:
        """The member's covers, as the check-in shows them."""
        return await self.wire.rows(MemberDetails, "/api/member", patientNumber=patient_number, sessionId=session_id)

    async def hand_in(self, claim: Fields) -> None:
        """The one call that must never be repeated blindly."""
        params = {
            "patientNumber": str(claim["patient_number"]),
            "sessionId": str(claim["session_id"]),
            "spID": str(claim["sp_id"]),
        }
        await self.wire.ask("POST", "/api/claims", effect=True, params=params, json=claim)

    async def attempts(self, invoice_number: str, visit_number: str) -> list[Attempt]:
        """Every time that the claim was handed in, oldest first; empty where it never was."""
        named = {"invoiceNumber": invoice_number, "visitNumber": visit_number}
        return await self.wire.rows(Attempt, "/api/claim-status", **named)

    async def attach(self, preauthorisation: str, papers: Sequence[Document]) -> None:
        """Papers go with a preauthorisation; no way to add them to a claim is public."""
        listed = [
            {
                "attachment": b64encode(paper.content).decode(),
                "type": paper.content_type.rpartition("/")[2],
            }
            for paper in papers
        ]
        await self.wire.ask("PUT", f"/api/attachment/{quote(preauthorisation, safe='')}", effect=True, json=listed)
