"""Drugs that the pharmacy owes a patient: an obligation with a deadline, that holds up no discharge."""

from typing import Literal
from uuid import UUID, uuid5

from models.actions.base import Case, Change, Row, Start
from models.actions.medication_safety import catalogue_for
from models.actions.obligations import closed, obligation
from models.catalogue import Resource
from models.orders import Order, OwedDrug
from models.visit import Visit


def owing(case: Case, visit: Visit, order: Order) -> Change:
    """The rest of an order becomes a debt; one that is a debt already goes on, with what is left of it."""
    debt = visit.owed_drug(order.id)
    if debt:
        rest = debt.model_copy(update={"order": order})
        owed = tuple(rest if one.order.id == order.id else one for one in visit.owed_drugs)
        return Change(visit=visit.having(owed_drugs=owed), rows=(changed(debt.obligation_id, quantity=rest.pieces),))
    debt = OwedDrug(obligation_id=made_by(case.id, order.id), order=order)
    row = obligation(
        case,
        "DRUGS_OWED",
        order.id,
        id=debt.obligation_id,
        owner_id=case.actor.id,
        due_at=catalogue_for(case).owed.due(case.at),
        quantity=debt.pieces,
    )
    return begun(visit, debt, row)


def made_by(command_id: UUID, order_id: UUID) -> UUID:
    """The obligation for an order that one occasion at the counter makes, or the patient's leaving."""
    return uuid5(command_id, f"owed {order_id}")


def begun(visit: Visit, debt: OwedDrug, row: Row) -> Change:
    return Change(
        visit=visit.closing(debt.order.id).having(owed_drugs=(*visit.owed_drugs, debt)),
        rows=(row,),
        starts=(Start(kind="Obligation", id=debt.obligation_id),),
    )


def settled(
    case: Case, visit: Visit, debt: OwedDrug, outcome: str, status: Literal["DONE", "CANCELLED"] = "DONE"
) -> Change:
    """Nothing is owed any more: it was handed out, or the patient gets it elsewhere; or it never was."""
    left = tuple(one for one in visit.owed_drugs if one.order.id != debt.order.id)
    return Change(
        visit=visit.having(owed_drugs=left),
        rows=(closed(case, debt.obligation_id, status, outcome, {}),),
        starts=(Start(kind="Obligation", id=debt.obligation_id),),
    )


def changed(obligation_id: UUID, **values: object) -> Row:
    return Row(resource=Resource.OBLIGATION, id=obligation_id, values=values, former={})
