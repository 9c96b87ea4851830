"""One occasion at the pharmacy's counter: looked at once more, taken from the shelf, and written down."""

from typing import Annotated, Any, NamedTuple

from pydantic import Field

from models.actions.base import Case, Change, Row
from models.actions.medication_safety import Override, catalogue_for, kept, looked_at, require_override
from models.base import Line, Number, Value, Words
from models.catalogue import Resource
from models.medication_words import OUT_OF_STOCK, DispenseStatus
from models.medicine_checks import Verdict, interchangeable
from models.medicines import same
from models.orders import Order
from models.problems import invalid
from models.staff import Role
from models.stock import leaving, pick


class Substitution(Value):
    """Another drug, by its code in the price list, in place of the rest; `quantity`: its pieces, where not as many."""

    medication_name: Line
    quantity: Annotated[int, Number, Field(ge=1, le=10_000)] | None = None
    reason: Words


class Handed(NamedTuple):
    """So many pieces, of `instead` where another drug takes the place of what was prescribed."""

    pieces: int
    override: Override | None
    notes: str
    substitution: Substitution | None = None
    instead: str | None = None


def handed_over(case: Case, change: Change, order: Order, handed: Handed) -> Change:
    """The change with the occasion, and with what leaves the shelf for it. Refuses what is unsafe or not there."""
    if not handed.pieces:  # all of it is owed
        return occasion(
            case, change, order, status=DispenseStatus.ON_HOLD, status_reason=OUT_OF_STOCK, notes=handed.notes
        )
    code = handed.instead or prescribed(case)
    found = second_look(case, code, handed)
    field = "substitution.medication_name" if handed.substitution else "prescription_id"
    require_override(found, handed.override, Role.PHARMACIST, field)
    stock = case.known.stock
    picked = pick(stock, handed.pieces, case.today) if stock else ()
    return occasion(
        case,
        change.model_copy(update={"moves": leaving(picked, code, order.id)}),
        order,
        medication_name=code,
        quantity=handed.pieces,
        was_substituted=handed.substitution is not None,
        substitution_reason=handed.substitution.reason if handed.substitution else None,
        batches=[one.model_dump(mode="json") for one in picked],
        checks=kept(case, found, handed.override, Role.PHARMACIST),
        notes=handed.notes,
    )


def prescribed(case: Case) -> str:
    return str((case.known.row or {})["medication_name"])


def second_look(case: Case, code: str, handed: Handed) -> Verdict:
    """As at prescribing, by what is known now. What the clinician overrode, the pharmacist overrides or not."""
    row = case.known.row or {}
    said_pregnant = (row.get("checks") or {}).get("pregnant")
    if handed.substitution is None:
        return looked_at(case, code, said_pregnant=said_pregnant, before=row["recorded_at"])
    if same(code, prescribed(case)):
        raise invalid("substitution.medication_name", "is what was prescribed; leave substitution out")
    found = looked_at(case, code, said_pregnant=said_pregnant)
    unlisted = interchangeable(catalogue_for(case), prescribed(case), code)
    return found.model_copy(update={"warnings": (*found.warnings, unlisted)}) if unlisted else found


def set_aside(case: Case, order: Order, row: Row, notes: str) -> Change:
    """Nothing is there: the order stays open, on hold."""
    change = Change(visit=case.visit, rows=(row,))
    return occasion(case, change, order, status=DispenseStatus.ON_HOLD, status_reason=OUT_OF_STOCK, notes=notes)


def declined(case: Case, change: Change, order: Order, notes: str) -> Change:
    """Nothing more is handed out."""
    return occasion(case, change, order, status=DispenseStatus.DECLINED, notes=notes)


def occasion(case: Case, change: Change, order: Order, **said: Any) -> Change:
    values = {
        "prescription_id": order.id,
        "medication_name": prescribed(case),
        "quantity": 0,
        "status": DispenseStatus.COMPLETED,
        "status_reason": None,
        "was_substituted": False,
        "substitution_reason": None,
        "batches": [],
        "checks": None,
        **said,
    }
    row = case.row(Resource.MEDICATION_DISPENSE, values)
    return change.model_copy(update={"rows": (*change.rows, row)})
