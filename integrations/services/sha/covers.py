"""What the exchange says of a member and of the phones that codes go to, in the clinic's words. Pure functions."""

from datetime import date

from integrations.services.sha.answers import Contact, Eligibility, SchemeRow
from models.claims import Cover, Scheme

NOT_FOUND = "00"
SEE_NUMBERS = "Ask for the SHA number or the national ID, and register the patient with SHA where there is none."


def cover_of(found: Eligibility, today: date) -> Cover:
    """Each scheme on its own: a member may be found and none of them be paid up."""
    if found.status_code == NOT_FOUND or not found.member_number:
        return Cover(is_found=False, advice=SEE_NUMBERS, raw=found.raw)
    schemes = tuple(scheme_of(row, today) for row in found.schemes)
    cover = Cover(is_found=True, member_number=found.member_number, schemes=schemes, raw=found.raw)
    if cover.is_active:
        return cover
    solutions = [row.coverage[0].solution for row in found.schemes if row.coverage]
    return cover.model_copy(update={"advice": next(filter(None, solutions), "No scheme is paid up.")})


def scheme_of(row: SchemeRow, today: date) -> Scheme:
    coverage = row.coverage[0] if row.coverage else None
    policy = row.policy[0] if row.policy else None
    start, end = (coverage.start, coverage.end) if coverage else (None, None)
    is_in_time = (start is None or start <= today) and (end is None or today <= end)
    return Scheme(
        name=row.name,
        code=row.name,
        policy_number=policy.number if policy else "",
        start=start,
        end=end,
        is_active=coverage is not None and coverage.status == "1" and is_in_time,
        reason=(coverage.reason or coverage.message).strip() if coverage else "",
    )


def chosen(contacts: list[Contact]) -> Contact | None:
    """The patient's main phone, else any that is not switched off."""
    usable = [contact for contact in contacts if contact.is_active is not False and contact.value]
    return next((contact for contact in usable if contact.is_main), usable[0] if usable else None)


def masked(value: str) -> str:
    """As it came where it is masked; else all but its beginning and end hidden."""
    return value if "*" in value else f"{value[:7]}***{value[-3:]}" if len(value) > 10 else "***"
