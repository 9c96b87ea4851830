"""What the clinic owes a patient, as its rows: opened, done, not owed any more, and owed again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from models.actions.base import Case, Row
from models.catalogue import Resource

COMES_BACK = "The visit was opened again."

Kind = Literal["RESULT_TO_TELL", "DRUGS_OWED", "REFERRAL_FEEDBACK"]
ABOUT: dict[Kind, str] = {
    "RESULT_TO_TELL": "lab_request_id",
    "DRUGS_OWED": "prescription_id",
    "REFERRAL_FEEDBACK": "referral_id",
}
"""What an obligation of each kind is about."""


def obligation(
    case: Case,
    kind: Kind,
    about: UUID,
    *,
    id: UUID,
    owner_id: UUID,
    due_at: datetime,
    is_critical: bool = False,
    quantity: int | None = None,
) -> Row:
    """A new one; `quantity`: pieces of a drug."""
    values = {
        "kind": kind,
        **{name: about if name == ABOUT[kind] else None for name in ABOUT.values()},
        "quantity": quantity,
        "owner_id": owner_id,
        "due_at": due_at,
        "status": "OPEN",
        "is_critical": is_critical,
        "outcome": "",
        "closed_at": None,
        "closed_by": None,
    }
    return case.row(Resource.OBLIGATION, values).model_copy(update={"id": id})


def closed(case: Case, id: UUID, status: Literal["DONE", "CANCELLED"], outcome: str, former: Mapping[str, Any]) -> Row:
    """DONE, or CANCELLED: not owed any more. `former`: the row, as far as it is known here."""
    values = {"status": status, "outcome": outcome, "closed_at": case.at, "closed_by": case.actor.id}
    return Row(resource=Resource.OBLIGATION, id=id, values=values, former=former)


def owed_again(case: Case, former: Mapping[str, Any], quantity: int | None = None) -> Row:
    """One like an obligation that was closed, due when that one was; that one, and its task, stay as they became."""
    return obligation(
        case,
        former["kind"],
        former[ABOUT[former["kind"]]],
        id=case.derived_id(f"again {former['id']}"),
        owner_id=former["owner_id"],
        due_at=former["due_at"],
        is_critical=former["is_critical"],
        quantity=quantity,
    )
