"""Drugs that the pharmacy owes a patient: an obligation with a deadline, that holds up no discharge."""

from uuid import UUID

from models.actions.base import Case, Change, Row, Start
from models.actions.medication_safety import catalogue_for
from models.catalogue import Resource
from models.visit import Order, OwedDrug, Visit


def owing(case: Case, visit: Visit, order: Order) -> Change:
    """The rest of an order becomes a debt; one that is a debt already goes on, with what is left of it."""
    debt = visit.owed_drug(order.id)
    if debt:
        rest = debt.model_copy(update={"order": order})
        owed = tuple(rest if one.order.id == order.id else one for one in visit.owed_drugs)
        return Change(visit=visit.having(owed_drugs=owed), rows=(changed(debt.obligation_id, quantity=rest.pieces),))
    debt = OwedDrug(obligation_id=case.derived_id("owed"), order=order)
    return Change(
        visit=visit.closing(order.id).having(owed_drugs=(*visit.owed_drugs, debt)),
        rows=(obligation(case, debt),),
        starts=(Start(kind="Obligation", id=debt.obligation_id),),
    )


def obligation(case: Case, debt: OwedDrug) -> Row:
    values = {
        "kind": "DRUGS_OWED",
        "lab_request_id": None,
        "prescription_id": debt.order.id,
        "quantity": debt.pieces,
        "owner_id": case.actor.id,
        "due_at": catalogue_for(case).owed.due(case.at),
        "status": "OPEN",
        "is_critical": False,
        "outcome": "",
        "closed_at": None,
        "closed_by": None,
    }
    return case.row(Resource.OBLIGATION, values).model_copy(update={"id": debt.obligation_id})


def settled(case: Case, visit: Visit, debt: OwedDrug, outcome: str) -> Change:
    """Nothing is owed any more: it was handed out, or the patient gets it elsewhere."""
    left = tuple(one for one in visit.owed_drugs if one.order.id != debt.order.id)
    closing = {"status": "DONE", "outcome": outcome, "closed_at": case.at, "closed_by": case.actor.id}
    return Change(
        visit=visit.having(owed_drugs=left),
        rows=(changed(debt.obligation_id, **closing),),
        starts=(Start(kind="Obligation", id=debt.obligation_id),),
    )


def changed(obligation_id: UUID, **values: object) -> Row:
    return Row(resource=Resource.OBLIGATION, id=obligation_id, values=values, former={})
