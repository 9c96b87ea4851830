"""What Smart answers. Lists come alone, in an envelope, or as one object; names in two spellings.

Source: the wire schemas of the package sha-claim 0.1.45 (2026); the vendor publishes nothing.
"""

from typing import Annotated, Any

from pydantic import AliasChoices, Field

from integrations.services.outside import Reading
from integrations.services.sha.tolerant import Amount, Flag, Rows, Text, as_rows

PENDING, ACTIVE = "PENDING", "ACTIVE"
OUTPATIENT = "OUTPATIENT"


def either(*names: str) -> Any:
    return Field(validation_alias=AliasChoices(*names), default="", repr=False)


class Token(Reading):
    """`expires_in`: seconds."""

    access_token: str = Field(min_length=1, repr=False)
    expires_in: float = 3600


class VisitSession(Reading):
    """A member's check-in at the device. PENDING until our visit number is linked to it, then ACTIVE."""

    id: str = Field(validation_alias=AliasChoices("id", "session_id"), min_length=1)
    status: Text = either("sessionStatus", "status")
    provider_id: Text = either("sp_id", "spID")
    location_code: Text = either("location_code", "locationCode")
    payer_code: Text = either("payer_code", "payerCode")
    payer_name: Text = either("payer_name", "payerName")
    scheme_code: Text = either("schemecode", "scheme_code", "schemeCode")
    scheme_name: Text = either("scheme_name", "schemeName")
    visit_number: Text = either("visit_number", "visitNumber")
    member_number: Text = either("member_number", "memberNumber")


class Pool(Reading):
    """Money for one kind of benefit, in KES."""

    number: Text = Field(alias="pool_nr", default="")
    name: Text = Field(alias="pool_desc", default="")
    amount: Amount = None
    claimable: Flag = None

    @property
    def is_usable(self) -> bool:
        return self.claimable is not False and self.amount is not None and self.amount > 0


class MemberDetails(Reading):
    """A member on one cover. `copay`: what the member pays of each visit, in KES."""

    number: Text = either("medicalaid_number")
    insurer_code: Text = either("medicalaid_code")
    insurer_name: Text = either("medicalaid_name")
    scheme_code: Text = either("medicalaid_scheme_code")
    scheme_name: Text = either("medicalaid_scheme_name")
    policy: Text = either("policy_id")
    has_copay: Flag = None
    copay: Amount = Field(alias="co_pay_amount", default=None)
    pools: Annotated[list[Pool], Rows] = Field(alias="benefits", default=[])

    @property
    def pool(self) -> Pool | None:
        """The one for outpatients, else any that has money."""
        usable = [pool for pool in self.pools if pool.is_usable]
        fitting = [pool for pool in usable if OUTPATIENT in pool.name.upper().replace("-", "")]
        return next(iter(fitting or usable), None)


class Attempt(Reading):
    """A claim as it was handed in once; there is one for each time."""

    status: Text = Field(alias="claim_status", default="")
    message: Text = ""


class Envelope(Reading):
    """`code` repeats or corrects the HTTP status; `content` holds what was asked for."""

    code: Text = ""
    message: Text = ""
    response_type: Text = ""

    @property
    def is_success(self) -> bool:
        kind = self.response_type.upper()
        return self.code.startswith("2") or kind == "SUCCESS" or (not self.code and kind != "ERROR")

    @property
    def words(self) -> str:
        content = self.raw.get("content")
        return self.message or str(content.get("message") or "" if isinstance(content, dict) else "")


def rows_in(body: Any) -> list[dict[str, Any]]:
    """What was asked for, however it is wrapped; an envelope around nothing is nothing."""
    if isinstance(body, dict) and "content" in body:
        return list(as_rows(body["content"]))
    if isinstance(body, dict) and {"code", "message"} <= body.keys():
        return []
    return [row for row in as_rows(body) if row]
