"""What Slade360 answers. No complete answer is public: these are the fields that providers' programs have been seen to
read (2023 to 2026). Nothing more is required than what we cannot do without."""

from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from integrations.services.outside import Reading
from integrations.services.sha.tolerant import Amount, Day, Flag, Moment, Objects, Rows, Text

OUTPATIENT = "OUTPATIENT"
INNER = BeforeValidator(lambda value: value if isinstance(value, dict) else {})
"""An object that may be null or missing."""

WORKS = ("ACTIVE", "AVAILABLE", "VALID")


def either(camel: str, snake: str) -> Any:
    """Most names come in camel case, some in snake case."""
    return Field(validation_alias=AliasChoices(camel, snake), default="", repr=False)


def is_good(word: str) -> bool:
    """Whether a status says that something may be used; a word that nobody knows does not."""
    return word.strip().upper().startswith(WORKS)


class Token(Reading):
    """`expires_in`: seconds."""

    access_token: str = Field(min_length=1, repr=False)
    expires_in: float = 3600


class Contact(Reading):
    """`id` is what a code is sent by; `value`, the number itself, is what a visit is started with."""

    id: Text = ""
    value: Text = either("contactValue", "contact_value")


class Member(Reading):
    id: Text = ""
    contacts: Annotated[list[Contact], Rows] = []
    is_active: Flag = Field(validation_alias=AliasChoices("isActive", "is_active"), default=None)
    is_enrolled: Flag = Field(validation_alias=AliasChoices("isEnrolled", "is_enrolled"), default=None)


class MemberCover(Reading):
    status: Text = ""
    scheme_name: Text = either("schemeName", "scheme_name")
    scheme_code: Text = either("schemeCode", "scheme_code")
    policy_number: Text = either("policyNumber", "policy_number")
    payer_name: Text = either("payerName", "payer_name")
    valid_from: Text = either("validFrom", "valid_from")
    """As it came, for it is sent back as it came."""
    valid_to: Day = Field(validation_alias=AliasChoices("validTo", "valid_to"), default=None)


class Benefit(Reading):
    """`status` is empty where it is not told."""

    type: Text = either("benefitType", "benefit_type")
    code: Text = either("benefitCode", "benefit_code")
    status: Text = ""


class Eligibility(Reading):
    """Whether a member is covered, by which policy, and how the member is reached."""

    member: Annotated[Member, INNER] = Member()
    cover: Annotated[MemberCover, INNER] = MemberCover()
    benefits: Annotated[list[Benefit], Rows] = []

    @property
    def outpatient(self) -> Benefit | None:
        return next((benefit for benefit in self.benefits if benefit.type.upper() == OUTPATIENT), None)

    @property
    def refusal(self) -> str:
        """Why the member cannot be treated on this cover today; empty where that is possible."""
        if self.member.is_active is False or self.member.is_enrolled is False or not is_good(self.cover.status):
            return f"The insurer says that the cover is {self.cover.status or 'not active'}."
        if self.outpatient is None:
            return "The cover has no outpatient benefit."
        if self.outpatient.status and not is_good(self.outpatient.status):
            return f"The insurer says that the outpatient benefit is {self.outpatient.status}."
        return ""


class Started(Reading):
    """A visit that was started. `auth_token` opens it, and stands for the member's number from now on."""

    auth_token: str = Field(min_length=1, repr=False)
    guid: Text = Field(validation_alias=AliasChoices("edi_auth_guid", "authorization_guid"), default="")


class Authorization(Reading):
    """A started visit, asked about again. `reserved`: what is kept aside for it, in KES."""

    guid: Text = Field(validation_alias=AliasChoices("authorization_guid", "edi_auth_guid"), default="")
    reserved: Amount = Field(alias="reserved_amount", default=None)
    expires_at: Moment = Field(alias="auth_expiry", default=None)


class Opened(Reading):
    """A claim that was made."""

    id: str = Field(min_length=1)


class Remittance(Reading):
    """Money that an insurer paid for a claim. How the amount is called is not public: the likely names are tried."""

    paid: Amount = Field(
        validation_alias=AliasChoices("amount_paid", "amountPaid", "paid_amount", "paidAmount"), default=None
    )
    status: Text = ""


class Remittances(Reading):
    """A list, alone, paged, or one remittance for itself."""

    results: Objects = []
