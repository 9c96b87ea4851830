"""What may be done on a visit now, by asking the rules themselves: each offer is a form that would not be refused."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

from models.actions import VisitAction
from models.actions.base import Action
from models.actions.quoting import LISTS
from models.base import Value
from models.gates import gated, pays_first
from models.next_steps import next_steps
from models.orders import OrderKind
from models.problems import Refused
from models.staff import Person, Role
from models.visit import Visit

SOMEBODY = UUID(int=0)
"""A person of the role who has had nothing to do with the visit yet."""


class LegalAction(Value):
    """Send `body` and the missing `fields` to `href`."""

    kind: str
    said: str
    roles: tuple[Role, ...]
    method: Literal["POST"] = "POST"
    href: str
    body: dict[str, Any]
    fields: tuple[str, ...]


def of_kind(*kinds: OrderKind) -> Callable[[Visit], tuple[UUID, ...]]:
    return lambda visit: tuple(order.id for order in visit.open_orders if order.kind in kinds)


def awaited_tests(visit: Visit) -> tuple[UUID, ...]:
    return (*of_kind(OrderKind.LAB_REQUEST)(visit), *(order.id for order in visit.awaited))


def drugs(visit: Visit) -> tuple[UUID, ...]:
    return (*of_kind(OrderKind.PRESCRIPTION)(visit), *(owed.order.id for owed in visit.owed_drugs))


def refunds(visit: Visit, *, is_approved: bool) -> tuple[UUID, ...]:
    return tuple(one.id for one in (visit.refund,) if one and one.is_approved is is_approved)


def closed_gates(visit: Visit) -> Iterator[dict[str, Any]]:
    """Each order that waits for payment, and each station that does nothing on this visit without."""
    yield from ({"order_id": one.order_id} for one in gated(visit) if one.order_id)
    yield from ({"station": station} for station in visit.gates if pays_first(visit, station))


ABOUT: dict[tuple[str, str], Callable[[Visit], tuple[UUID, ...]]] = {
    ("report_lab_test", "lab_request_id"): awaited_tests,
    ("acknowledge_critical", "lab_request_id"): lambda visit: visit.critical_results,
    ("cancel_order", "order_id"): awaited_tests,
    ("dispense", "prescription_id"): drugs,
    ("tell_patient", "obligation_id"): lambda visit: tuple(one.obligation_id for one in visit.untold),
    ("decide_waiver", "waiver_id"): lambda visit: tuple(one.id for one in (visit.pending_waiver,) if one),
    ("decide_refund", "refund_id"): lambda visit: refunds(visit, is_approved=False),
    ("pay_out_refund", "refund_id"): lambda visit: refunds(visit, is_approved=True),
    ("review_break_glass", "break_glass_id"): lambda visit: tuple(one.id for one in visit.bypasses if one.id),
}
"""Which records of the visit an action is about: it is offered for each of them, and for nothing else."""

CHOSEN = frozenset({"patient_id", "vaccine_id", "method_id", "service_id", "insurer_id", "item_id"})
"""What a person chooses from a list; any other record is one that the visit's own facts do not name."""

NAMES: dict[str, Callable[[Visit], Iterable[dict[str, Any]]]] = {
    "break_glass": lambda visit: closed_gates(visit),
    "quote_service": lambda visit: (
        {"station": order.station} for order in visit.open_orders if order.station in LISTS
    ),
}
"""What a form must name besides, where its type leaves that open: it is offered for each of them."""

VARIANTS: dict[str, tuple[dict[str, Any], ...]] = {
    "record_triage": ({"incomplete": True}, {"retriage": True, "incomplete": True}),
    "discharge": ({}, {"results_to_follow": True}),
}
"""Forms of one action that the rules look at differently."""

UNSAID = {"record_triage": ("incomplete",)}
"""What only the sample needs, and the offer leaves out."""


ONLY_WHERE: dict[str, Callable[[Visit], bool]] = {"end_observation": lambda visit: visit.observe_until is not None}
"""What would do nothing elsewhere."""


def legal_actions(visit: Visit, actor: Person | None = None) -> tuple[LegalAction, ...]:
    """What this person may do on the visit, or, where nobody is named, what anybody may, and in which roles; first
    what the visit waits for."""
    found = [offer for action in get_args(VisitAction) for offer in offers(action, visit, actor)]
    waited_for = {role for step in next_steps(visit) for role in step.roles}
    return tuple(sorted(found, key=lambda offer: waited_for.isdisjoint(offer.roles)))


def offers(action: type[Action], visit: Visit, actor: Person | None) -> Iterator[LegalAction]:
    kind = str(action.model_fields["kind"].default)
    fits = ONLY_WHERE.get(kind)
    if fits and not fits(visit):
        return
    for named in subjects(action, kind, visit):
        for variant in VARIANTS.get(kind, ({},)):
            form = sample(action, {**named, **variant})
            roles = tuple(role for role in sorted(action.roles) if may(form, visit, role, actor))
            if roles:
                yield offer(action, kind, visit, {**named, **variant}, roles)
                break


def subjects(action: type[Action], kind: str, visit: Visit) -> Iterator[dict[str, Any]]:
    """The records that a form of this kind may name; one empty choice where it names none."""
    ids = [name for name, field in action.model_fields.items() if field.is_required() and field.annotation is UUID]
    named = [name for name in ids if (kind, name) in ABOUT]
    if [name for name in ids if name not in CHOSEN and name not in named]:
        return
    if not named:
        yield from NAMES[kind](visit) if kind in NAMES else ({},)
    for name in named:
        for id in ABOUT[kind, name](visit):
            yield {name: id}


def may(form: Action, visit: Visit, role: Role, actor: Person | None) -> bool:
    """Whether the visit's own facts say no to it."""
    if actor is not None and role not in actor.roles:
        return False
    person = Person(id=actor.id if actor else SOMEBODY, facility_id=visit.facility_id, roles=(role,))
    try:
        form.check(visit, person)
    except Refused:
        return False
    return True


def offer(
    action: type[Action], kind: str, visit: Visit, given: Mapping[str, Any], roles: tuple[Role, ...]
) -> LegalAction:
    body = {"kind": kind, **{name: value for name, value in given.items() if name not in UNSAID.get(kind, ())}}
    missing = (name for name, field in action.model_fields.items() if field.is_required() and name not in body)
    href = f"/api/visits/{visit.id}/actions"
    return LegalAction(kind=kind, said=action.said, roles=roles, href=href, body=body, fields=tuple(missing))


def sample(form: type[BaseModel], given: Mapping[str, Any]) -> Any:
    """A form filled in just so far that the rules can look at it; nothing of it is ever sent."""
    filled = {name: example(f.annotation) for name, f in form.model_fields.items() if f.is_required()}
    return form.model_construct(**{**filled, **given})


PLAIN: dict[Any, Any] = {
    str: "…",
    int: 1,
    float: 1.0,
    bool: False,
    Decimal: Decimal(1),
    UUID: SOMEBODY,
    date: date.min,
    datetime: datetime(1970, 1, 1, tzinfo=UTC),
    NoneType: None,
}


def example(wanted: Any) -> Any:
    """Some value of a type."""
    origin, of = get_origin(wanted), get_args(wanted)
    if origin is Annotated:
        return example(of[0])
    if origin is Literal:
        return of[0]
    if origin in (Union, UnionType):
        return None if NoneType in of else example(of[0])
    if origin is not None:
        return origin()
    if isinstance(wanted, type) and issubclass(wanted, BaseModel):
        return sample(wanted, {})
    if isinstance(wanted, type) and issubclass(wanted, Enum) and wanted not in PLAIN:
        return next(iter(wanted))
    return PLAIN.get(wanted)
