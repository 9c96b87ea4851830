"""The receipt of a payment, as a paper that the patient takes home."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from api.actions import REFUSALS
from api.clinic import Reading, TheClinic
from api.security import Signed
from integrations.documents import Receipt, receipt_pdf
from models.problems import Conflict, NotFound
from models.staff import THE_CLINIC
from models.tables import (
    CommandRow,
    CounterPaymentRow,
    FacilityRow,
    PatientRow,
    PaymentRow,
    UserRow,
    VisitRow,
)

routes = APIRouter(prefix="/api/payments", tags=["payment"], responses=REFUSALS)
PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}
SAID = {"CASH": "Cash", "MPESA": "M-Pesa", "INSURANCE": "Insurance"}
COMPLETED_BY = ("confirm_payment", "credit_payment")
"""The clinic's own commands after which a payment is true; one that staff take is its own command."""

NOT_YET = {
    "PENDING": "M-Pesa has not said yet that the money is there. Print the receipt when the payment is COMPLETED.",
    "FAILED": "This payment did not come about, so there is no receipt. Take the payment again.",
}


@routes.get("/{id}/receipt", response_class=Response, responses=PDF)
async def receipt(id: UUID, actor: Signed, clinic: TheClinic, db: Reading) -> Response:
    """The receipt as PDF: the same bytes however often it is asked for. 409 until the payment is COMPLETED."""
    row = (await db.execute(facts_of(id, actor.facility_id))).mappings().first()
    if row is None:
        raise NotFound("There is no such payment.")
    if row["status"] != "COMPLETED":
        raise Conflict(NOT_YET[row["status"]])
    paper = receipt_of(row, await balance_after(db, id, row), clinic.settings.time_zone)
    pdf = await asyncio.to_thread(receipt_pdf, paper)  # rendering holds no request up
    headers = {"Content-Disposition": f'inline; filename="receipt-{paper.receipt_number}.pdf"'}
    return Response(pdf, media_type="application/pdf", headers=headers)


def facts_of(id: UUID, facility_id: UUID) -> Any:
    payment, visit, patient, money = PaymentRow, VisitRow, PatientRow, CounterPaymentRow
    settled = visit.amount_paid - visit.amount_refunded + visit.amount_covered + visit.amount_waived
    owed = visit.total_amount - settled
    return (
        select(
            *(getattr(payment, name) for name in ("id", "amount", "payment_type", "payment_reference", "status")),
            payment.processed_at,
            payment.processed_by,
            visit.op_number,
            owed.label("balance"),
            patient.first_name,
            patient.last_name,
            FacilityRow.name.label("clinic_name"),
            UserRow.full_name.label("cashier"),
            money.receipt,
        )
        .join(visit, visit.id == payment.visit_id)
        .join(patient, patient.id == payment.patient_id)
        .join(FacilityRow, FacilityRow.id == payment.facility_id)
        .outerjoin(UserRow, UserRow.id == payment.processed_by)
        .outerjoin(money, money.payment_id == payment.id)
        .where(payment.id == id, payment.facility_id == facility_id)
    )


async def balance_after(db: AsyncConnection, id: UUID, row: Any) -> Decimal:
    """What was owed once the payment was true: as its command's answer said, not what came on the bill since."""
    commands = [uuid5(id, kind) for kind in COMPLETED_BY]
    wanted = select(CommandRow.answer).where(CommandRow.id.in_([id, *commands]), CommandRow.status == "DONE")
    answers = (await db.execute(wanted.order_by(CommandRow.written_at.desc()))).scalars()
    for answer in answers:
        if answer and answer.get("visit") and answer.get("status") == "COMPLETED":
            return Decimal(answer["visit"]["balance"])
    return Decimal(row["balance"])


def receipt_of(row: Any, balance: Decimal, zone: str) -> Receipt:
    """Nothing clinical stands on it: neither what was done nor what the patient has."""
    return Receipt(
        clinic_name=row["clinic_name"],
        receipt_number=str(row["id"])[-12:].upper(),
        op_number=row["op_number"],
        patient_name=f"{row['first_name']} {row['last_name']}",
        paid=row["amount"],
        balance=balance,
        method=SAID.get(row["payment_type"], row["payment_type"]),
        payment_reference=row["receipt"] or row["payment_reference"] or "",
        taken_by="M-Pesa, at the counter" if row["processed_by"] == THE_CLINIC else row["cashier"] or "",
        at=row["processed_at"],
        zone=zone,
    )
