"""What Slade360 says of a member, in the clinic's words. Pure functions."""

from integrations.services.outside import SaidNo
from integrations.services.slade.answers import Contact, Eligibility
from integrations.services.slade.requests import SERVICE
from models.claims import Cover, Member, Scheme

NO_NUMBER = "Record the member number on the insurer's card first."
NO_PAYER = "This insurer has no Slade360 code: an administrator adds it."
UNKNOWN_MEMBER = "The insurer knows nobody with this member number. Compare it with the card."
NO_CONTACT = "The insurer has no phone number of this member: the member adds one there, then send the code again."


def cover_of(found: Eligibility | None, member: Member) -> Cover:
    if found is None:
        return Cover(is_found=False, advice=UNKNOWN_MEMBER)
    scheme = scheme_of(found)
    return Cover(
        is_found=True, member_number=member.member_number, schemes=(scheme,), advice=scheme.reason, raw=found.raw
    )


def unasked(member: Member) -> str:
    """What must be recorded before Slade360 can be asked about a member; empty where nothing is missing."""
    if not member.payer_code:
        return NO_PAYER
    return "" if member.member_number else NO_NUMBER


def contact_of(found: Eligibility) -> Contact:
    """The first that can be reached, for the code and for the visit alike."""
    contact = next((contact for contact in found.member.contacts if contact.id and contact.value), None)
    if contact is None:
        raise SaidNo(SERVICE, "no-contact", NO_CONTACT)
    return contact


def scheme_of(found: Eligibility) -> Scheme:
    cover = found.cover
    return Scheme(
        name=cover.scheme_name or cover.payer_name or "Cover",
        code=cover.scheme_code,
        policy_number=cover.policy_number,
        end=cover.valid_to,
        is_active=not found.refusal,
        reason=found.refusal,
    )
