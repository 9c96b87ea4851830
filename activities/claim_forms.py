"""What is claimed for a visit, put together from its rows each time it is needed: the rows are the truth."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from integrations.database import Connection
from models.base import NOTHING
from models.claim_actions import ClaimFacts
from models.claims import ClaimDiagnosis, ClaimForm, ClaimLine, Gateway, Member, Payer, Scheme
from models.command import NAIROBI
from models.status import Status

VISIT = """
    select v.op_number, v.arrived_at, v.completed_at, v."end", v.undone_ends, v.departure, v.total_amount,
           v.provider_id, v.payment_reference,
           p.first_name, p.last_name, p.phone_number, p.national_id, p.sha_number, u.registration_number
    from visits v join patients p on p.id = v.patient_id left join users u on u.id = v.provider_id where v.id = %s
"""
SHA_INVOICES = (
    "select sha_number as member_number, amount_charged from sha_invoices where visit_id = %s and status <> 'CANCELLED'"
)
INSURER_INVOICES = """
    select i.member_number, i.amount_charged, l.payer_code, l.name as payer_name
    from insurer_invoices i join insurers l on l.id = i.insurer_id
    where i.visit_id = %s and i.status <> 'CANCELLED' and (l.code = 'NHIF') = %s order by i.recorded_at
"""
DIAGNOSES = """
    select d.id, d.diagnosis_code, d.coding_system, d.diagnosis_name, c.icd10, c.icd11
    from diagnoses d left join lateral (
        select icd10, icd11 from diagnosis_codes c where c.facility_id = d.facility_id
        and d.diagnosis_code = case when d.coding_system = 'ICD-11' then c.icd11 else c.icd10 end
        order by (c.recorded_by is not null) desc, c.valid_from desc limit 1
    ) c on true
    where d.visit_id = %s and d.status = 'ACTIVE' and d.entered_in_error_at is null order by d.recorded_at, d.id
"""
CHARGES = """
    select c.id, c.code, c.description, c.quantity, c.unit_price, c.recorded_at, case
        when exists (select 1 from lab_requests o where o.id = c.order_id) then 'LABORATORY'
        when exists (select 1 from prescriptions o where o.id = c.order_id) then 'PHARMACY'
        when exists (select 1 from patient_immunizations o where o.id = c.order_id) then 'IMMUNIZATION'
        when exists (select 1 from patient_family_planning o where o.id = c.order_id) then 'FAMILY_PLANNING'
        when exists (select 1 from patient_mch_services o where o.id = c.order_id) then 'MCH'
        else 'CONSULTATION' end as service
    from charges c where c.visit_id = %s and c.taken_back_by is null order by c.recorded_at, c.id
"""
SERVICE_CODES = """
    select distinct on (service) service, code from service_codes
    where facility_id = %s and gateway = %s and valid_from <= %s order by service, valid_from desc
"""
COVERAGE = "select member_number, schemes from coverages where visit_id = %s"
PAPERS = """
    select count(*) as papers from claim_documents where claim_id = %s and attached_at is null and refusal = ''
"""


class ClaimForms:
    def __init__(self, follow_seconds: float) -> None:
        self.follow_seconds = follow_seconds

    async def facts(self, db: Connection, row: dict[str, Any]) -> ClaimFacts:
        """What the claim's workflow decides from."""
        visit = await visit_of(db, row)
        invoices = await invoices_of(db, row)
        papers = await (await db.execute(PAPERS, (row["id"],))).fetchone()
        return ClaimFacts(
            claim_id=row["id"],
            visit_id=row["visit_id"],
            facility_id=row["facility_id"],
            patient_id=row["patient_id"],
            payer=row["payer"],
            gateway=row["gateway"],
            number=row["number"],
            op_number=visit["op_number"],
            status=row["status"],
            version=row["version"],
            reason=row["reason"],
            raw_status=row["raw_status"],
            is_open_there=row["session"] is not None,
            has_invoice=bool(invoices),
            visit_is_over=visit["end"] is not None,
            visit_was_cancelled=visit["end"] == Status.CANCELLED or was_for_nothing(visit),
            left_unseen=was_for_nothing(visit),
            visit_was_reopened=visit["end"] is None and bool(visit["undone_ends"]),
            gaps=tuple(await gaps(db, row, visit)) if invoices else (),
            was_submitted=row["submitted_at"] is not None,
            unclaimed=unclaimed(row, invoices),
            papers_to_send=papers["papers"] if papers else 0,
            opened_at=row["opened_at"],
            updated_at=row["updated_at"],
            follow_seconds=self.follow_seconds,
        )


async def form_of(db: Connection, row: dict[str, Any]) -> ClaimForm:
    """The claim as it is to stand at the payer."""
    visit, invoices = await visit_of(db, row), await invoices_of(db, row)
    codes = await service_codes(db, row, visit)
    lines = [line_of(charge, codes) for charge in await charges_of(db, row)]
    coverage = await (await db.execute(COVERAGE, (row["visit_id"],))).fetchone()
    return ClaimForm(
        claim_id=row["id"],
        number=row["number"],
        payer_reference=row["payer_reference"],
        visit_number=visit["op_number"],
        visit_start=visit["arrived_at"],
        visit_end=visit["completed_at"] or datetime.now(UTC),
        member=member_of(visit, invoices, coverage),
        scheme=scheme_of(coverage),
        services=services_of(lines, codes),
        diagnoses=tuple(diagnosis_of(found) for found in await diagnoses_of(db, row)),
        lines=tuple(lines),
        amount=total_of(invoices),
        practitioner=row["practitioner"] or visit["registration_number"] or "",
        discharge_reason=reason_of(visit),
    )


def was_for_nothing(visit: dict[str, Any]) -> bool:
    """The patient left unseen, and nothing is charged."""
    return bool(visit["end"] == Status.LEFT_WITHOUT_BEING_SEEN and not visit["total_amount"])


def reason_of(visit: dict[str, Any]) -> str:
    """Why the patient is not here any more, as payers put it."""
    if visit["departure"]:
        return "ABSCONDED"
    return str(visit["end"]) if visit["end"] in (Status.REFERRED, Status.DECEASED) else "RECOVERED"


def unclaimed(row: dict[str, Any], invoices: list[dict[str, Any]]) -> Decimal:
    """What was invoiced beyond what the claim stood for when it went out."""
    if row["submitted_at"] is None:
        return NOTHING
    claimed: Decimal = row["amount"]
    return max(total_of(invoices) - claimed, NOTHING)


def total_of(invoices: list[dict[str, Any]]) -> Decimal:
    return sum((invoice["amount_charged"] for invoice in invoices), NOTHING)


def services_of(lines: list[ClaimLine], codes: dict[str, str]) -> tuple[str, ...]:
    """The consultation sets the context where nothing is charged yet."""
    named = [line.service for line in lines if line.service] or [codes.get("CONSULTATION", "")]
    return tuple(dict.fromkeys(code for code in named if code))


async def visit_of(db: Connection, row: dict[str, Any]) -> dict[str, Any]:
    found = await (await db.execute(VISIT, (row["visit_id"],))).fetchone()
    assert found is not None
    return found


async def invoices_of(db: Connection, row: dict[str, Any]) -> list[dict[str, Any]]:
    if row["payer"] == Payer.SHA:
        return await (await db.execute(SHA_INVOICES, (row["visit_id"],))).fetchall()
    return await (await db.execute(INSURER_INVOICES, (row["visit_id"], row["payer"] == Payer.NHIF))).fetchall()


async def charges_of(db: Connection, row: dict[str, Any]) -> list[dict[str, Any]]:
    return await (await db.execute(CHARGES, (row["visit_id"],))).fetchall()


async def diagnoses_of(db: Connection, row: dict[str, Any]) -> list[dict[str, Any]]:
    return await (await db.execute(DIAGNOSES, (row["visit_id"],))).fetchall()


async def service_codes(db: Connection, row: dict[str, Any], visit: dict[str, Any]) -> dict[str, str]:
    """What the payer called each kind of service on the day of the visit."""
    day: date = visit["arrived_at"].astimezone(NAIROBI).date()
    found = await db.execute(SERVICE_CODES, (row["facility_id"], row["gateway"], day))
    return {known["service"]: known["code"] for known in await found.fetchall()}


async def gaps(db: Connection, row: dict[str, Any], visit: dict[str, Any]) -> list[str]:
    """What a coder must add. A diagnosis is never dropped because nobody has paired its codes."""
    if row["gateway"] == Gateway.MANUAL:
        return []
    found = await diagnoses_of(db, row)
    wanted = "icd11" if row["gateway"] == Gateway.SHA else "icd10"
    missing = [
        f"{known['diagnosis_code']} has no {'ICD-11' if wanted == 'icd11' else 'ICD-10'} code"
        for known in found
        if not getattr(diagnosis_of(known), wanted)
    ]
    if not found:
        missing.append("no diagnosis is recorded")
    if row["gateway"] == Gateway.SHA and not (row["practitioner"] or visit["registration_number"]):
        missing.append("the clinician has no registration number")
    if row["gateway"] == Gateway.SHA:
        codes = await service_codes(db, row, visit)
        kinds = sorted({charge["service"] for charge in await charges_of(db, row)} - codes.keys())
        missing += [f"no code of the payer for {kind}" for kind in kinds]
    return missing


def diagnosis_of(found: dict[str, Any]) -> ClaimDiagnosis:
    is_eleven = found["coding_system"] == "ICD-11"
    own = found["diagnosis_code"]
    return ClaimDiagnosis(
        name=found["diagnosis_name"],
        icd10=(found["icd10"] or "") if is_eleven else own,
        icd11=own if is_eleven else (found["icd11"] or ""),
    )


def line_of(charge: dict[str, Any], codes: dict[str, str]) -> ClaimLine:
    return ClaimLine(
        id=charge["id"],
        code=charge["code"],
        description=charge["description"],
        service=codes.get(charge["service"], charge["service"]),
        quantity=charge["quantity"],
        unit_price=charge["unit_price"],
        at=charge["recorded_at"],
    )


def member_of(visit: dict[str, Any], invoices: list[dict[str, Any]], coverage: dict[str, Any] | None) -> Member:
    """The payer's own number first, from its answer about the cover; else as the cashier wrote it down."""
    invoiced = next((invoice["member_number"] for invoice in reversed(invoices)), "")
    return Member(
        member_number=(coverage or {}).get("member_number") or invoiced or "",
        national_id=visit["national_id"] or "",
        sha_number=visit["sha_number"] or "",
        first_name=visit["first_name"],
        last_name=visit["last_name"],
        phone_number=visit["phone_number"],
        payer_code=next((invoice.get("payer_code", "") for invoice in reversed(invoices)), ""),
        payer_name=next((invoice.get("payer_name", "") for invoice in reversed(invoices)), ""),
    )


def scheme_of(coverage: dict[str, Any] | None) -> Scheme | None:
    """The first scheme that covers the member."""
    schemes = [Scheme.model_validate(scheme) for scheme in (coverage or {}).get("schemes") or []]
    return next((scheme for scheme in schemes if scheme.is_active), None)
