"""Which claims and covers are still owed a run, from their rows."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from models.claim_actions import ClaimOpening
from models.claims import ENDED, Gateway, Payer, claim_id_of
from models.paying import PaymentType
from models.tables import ClaimRow, CoverageRow, InsurerInvoiceRow, InsurerRow, ShaInvoiceRow, VisitRow
from workflows.beginning import Beside
from workflows.beside import claim_run, cover_run
from workflows.coverage import CoverageOpening

ASKED_AT_SHA = (PaymentType.SHA, PaymentType.NHIF)
CANCELLED = "CANCELLED"


async def claims_to_go_on(db: AsyncConnection) -> list[Beside]:
    """Every claim that has not ended, and every invoice whose claim was not begun yet; oldest first."""
    claims = select(ClaimRow.visit_id, ClaimRow.facility_id, ClaimRow.payer).where(ClaimRow.status.not_in(ENDED))
    found: list[tuple[UUID, UUID, str]] = [
        (visit, facility, payer) for visit, facility, payer in await db.execute(claims.order_by(ClaimRow.opened_at))
    ]
    sha = select(ShaInvoiceRow.visit_id, ShaInvoiceRow.facility_id).where(
        ShaInvoiceRow.status != CANCELLED,
        ~exists().where(ClaimRow.visit_id == ShaInvoiceRow.visit_id, ClaimRow.payer == Payer.SHA),
    )
    found += [(visit, facility, Payer.SHA) for visit, facility in await db.execute(sha) if visit]
    insured = (
        select(InsurerInvoiceRow.visit_id, InsurerInvoiceRow.facility_id, InsurerRow.code)
        .join(InsurerRow, InsurerRow.id == InsurerInvoiceRow.insurer_id)
        .where(InsurerInvoiceRow.status != CANCELLED)
        .where(~exists().where(ClaimRow.visit_id == InsurerInvoiceRow.visit_id, ClaimRow.payer != Payer.SHA))
    )
    for visit, facility, code in await db.execute(insured):
        found += [(visit, facility, Payer.NHIF if code == Payer.NHIF else Payer.INSURANCE)] if visit else []
    return [claim_run(opening(visit, facility, Payer(payer))) for visit, facility, payer in found]


def opening(visit_id: UUID, facility_id: UUID, payer: Payer) -> ClaimOpening:
    return ClaimOpening(claim_id=claim_id_of(visit_id, payer), visit_id=visit_id, facility_id=facility_id, payer=payer)


async def covers_to_ask(db: AsyncConnection) -> list[Beside]:
    """Every visit whose payer was not asked, or has not answered; an insurer, where it can be asked at all."""
    wanted = (
        select(VisitRow.id, VisitRow.facility_id)
        .join(CoverageRow, CoverageRow.visit_id == VisitRow.id, isouter=True)
        .where(or_(VisitRow.payment_type.in_(ASKED_AT_SHA), has_insurer()))
        .where(or_(CoverageRow.id.is_(None), CoverageRow.status == "PROVISIONAL"))
    )
    rows = await db.execute(wanted.order_by(VisitRow.arrived_at))
    return [cover_run(CoverageOpening(visit_id=id, facility_id=facility)) for id, facility in rows]


def has_insurer() -> ColumnElement[bool]:
    """Whether the latest invoice that holds goes to an insurer with a gateway."""
    invoice = InsurerInvoiceRow
    gateway = (
        select(InsurerRow.gateway)
        .join(invoice, invoice.insurer_id == InsurerRow.id)
        .where(invoice.visit_id == VisitRow.id, invoice.status != CANCELLED)
        .order_by(invoice.recorded_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    return gateway.in_([way for way in Gateway if way is not Gateway.MANUAL])
