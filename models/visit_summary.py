"""A visit as every answer shows it."""

from typing import Any

from models.visit import Visit


def summary(visit: Visit) -> dict[str, Any]:
    """The visit as every answer shows it (values still typed; money in KES)."""
    return {
        "id": visit.id,
        "op_number": visit.op_number,
        "patient_id": visit.patient_id,
        "status": visit.status,
        "waiting_at": list(visit.waiting_at),
        "calls": list(visit.calls),
        "chief_complaint": visit.chief_complaint,
        "triage_category": visit.triage_category,
        "triage_colour": visit.triage_colour,
        "triage_incomplete": visit.triage_incomplete,
        "pending_retriage": visit.pending_retriage,
        "identity_pending": visit.identity_pending,
        "doubled": visit.doubled,
        "bypasses": list(visit.bypasses),
        "rules": visit.rules,
        "policy": visit.policy,
        "payment_type": visit.payment_type,
        "payment_reference": visit.payment_reference,
        "payment_status": visit.payment_status,
        "total_amount": visit.total_amount,
        "amount_paid": visit.amount_paid,
        "balance": visit.balance,
        "held": visit.held,
        "gated": visit.is_gated,
        "provider_id": visit.provider_id,
        "open_orders": [
            {"id": o.id, "kind": o.kind, "station": o.station, "since": o.since, "gated": o.gated}
            for o in visit.open_orders
        ],
        "owed_drugs": [
            {"prescription_id": o.order.id, "quantity": o.pieces, "obligation_id": o.obligation_id}
            for o in visit.owed_drugs
        ],
        "arrived_at": visit.arrived_at,
        "updated_at": visit.updated_at,
        "observe_until": visit.observe_until,
        "referred_out": list(visit.referred_out),
        "deadlines": [{"step": c.step, "since": c.since, "due_at": c.due_at} for c in visit.clocks],
        "completed_at": visit.completed_at,
        "discharge_notes": visit.discharge_notes,
        "death": visit.death,
        "departure": visit.departure,
        "undone_ends": list(visit.undone_ends),
        "version": visit.version,
    }
