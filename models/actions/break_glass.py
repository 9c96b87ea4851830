"""Care that cannot wait for money: the gate is opened at once, and looked at on the next working day."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import model_validator

from models.actions.base import Action, Case, Change, Row, Start, require_open, require_role
from models.base import NOTHING, Words
from models.catalogue import Resource, RowOf, Want
from models.events import Event
from models.gates import breakers, gated
from models.opening_hours import Day, Hours
from models.policy import Policy
from models.problems import AlreadyDone, Conflict, Missing, NotFound, WrongStage
from models.staff import SERVES, SUPERVISING, Person, Role, Station
from models.visit import Bypass, Visit

NAIROBI = ZoneInfo("Africa/Nairobi")
EVENING = Hours(opens=time(8), closes=time(17))
"""Of a clinic that has not said when it is open."""

GATED_STATIONS = (
    Station.CONSULTATION,
    Station.LABORATORY,
    Station.PHARMACY,
    Station.IMMUNIZATION,
    Station.FAMILY_PLANNING,
    Station.MCH,
)


class BreakGlass(Action):
    """Open a money gate at once, with a reason: of one order, or of all that `station` does on this visit.

    It stays on the bill. Supervisors hear of it, and look at it on the next working day.
    """

    roles = frozenset({*(SERVES[station] for station in GATED_STATIONS), Role.CLINICAL_OFFICER})
    resource = Resource.BREAK_GLASS
    said = "Money gate opened"

    kind: Literal["break_glass"] = "break_glass"
    order_id: UUID | None = None
    station: (
        Literal[
            Station.CONSULTATION,
            Station.LABORATORY,
            Station.PHARMACY,
            Station.IMMUNIZATION,
            Station.FAMILY_PLANNING,
            Station.MCH,
        ]
        | None
    ) = None
    reason: Words

    @model_validator(mode="after")
    def complete(self) -> "BreakGlass":
        if (self.order_id is None) == (self.station is None):
            raise ValueError("give order_id or station, one of them")
        return self

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        station = self.where(visit)
        require_role(breakers(station), actor, self.said)
        if not self.is_closed(visit, station):
            raise AlreadyDone("Nothing there waits for payment. Go on.")

    def where(self, visit: Visit) -> Station:
        order = visit.order(self.order_id) if self.order_id else None
        if self.order_id and order is None:
            raise NotFound("There is no such open order on this visit.")
        station = order.station if order else self.station
        assert station is not None
        return station

    def is_closed(self, visit: Visit, station: Station) -> bool:
        """A service that nobody was referred to waits without an order; so it is the station's gate that opens."""
        if self.order_id:
            return any(one.order_id == self.order_id for one in gated(visit))
        is_opened = any(one.step == "PAYMENT" and one.station is station and not one.order_id for one in visit.bypasses)
        return station in visit.gates and not is_opened

    def apply(self, case: Case) -> Change:
        station = self.where(case.visit)
        bypass = Bypass(
            step="PAYMENT",
            reason=self.reason,
            by=case.actor.id,
            at=case.at,
            id=case.id,
            station=station,
            order_id=self.order_id,
        )
        visit = opened(case.visit, station, self.order_id)
        visit = visit.having(bypasses=(*visit.bypasses, bypass))
        policy = case.known.policy
        values = {
            "station": station,
            "order_id": self.order_id,
            "reason": self.reason,
            "status": "PENDING",
            "due_at": end_of_next_working_day(policy, case.today),
            "ladder": [rung.model_dump(mode="json") for rung in policy.ladder_of()],
            "decided_by": None,
            "decided_at": None,
            "outcome": "",
        }
        payload = {"visitId": visit.id, "station": station, "orderId": self.order_id, "by": case.actor.id}
        return Change(
            visit=visit,
            rows=(case.row(Resource.BREAK_GLASS, values),),
            events=(Event(kind="gate:broken", audience=(Role.SUPERVISOR, Role.CASHIER), payload=payload),),
            starts=(Start(kind="Approval", id=case.id),),
        )


def opened(visit: Visit, station: Station, order_id: UUID | None) -> Visit:
    """Its orders are paid afterwards, like what was never behind a gate."""
    through = [
        order
        for order in visit.open_orders
        if order.pays_first and (order.id == order_id if order_id else order.station is station)
    ]
    ids = {order.id for order in through}
    orders = tuple(o.model_copy(update={"pays_first": False}) if o.id in ids else o for o in visit.open_orders)
    first = visit.amount_first - sum((order.charged for order in through), NOTHING)
    fee = visit.consultation_fee
    if fee and station is Station.CONSULTATION and order_id is None:
        fee = fee.model_copy(update={"amount": NOTHING})
    noted = tuple(id for id in visit.paid_first if id not in ids)
    return visit.having(open_orders=orders, amount_first=first, paid_first=noted, consultation_fee=fee)


def end_of_next_working_day(policy: Policy, today: date) -> datetime:
    """When the clinic closes on the next day on which it is open."""
    days = (today + timedelta(days=ahead) for ahead in range(1, 8))
    hours = {day: policy.hours.get(list(Day)[day.weekday()]) for day in days}
    day, found = next(((day, one) for day, one in hours.items() if one), (today + timedelta(days=1), EVENING))
    return datetime.combine(day, found.closes, NAIROBI).astimezone(UTC)


class ReviewBreakGlass(Action):
    """A supervisor has looked at why a money gate was opened; never the one who opened it."""

    roles = SUPERVISING
    resource = Resource.BREAK_GLASS
    writes = "UPDATE"
    said = "Opened money gate reviewed"

    kind: Literal["review_break_glass"] = "review_break_glass"
    break_glass_id: UUID
    outcome: Words

    def wants(self) -> tuple[Want, ...]:
        return (RowOf(resource=Resource.BREAK_GLASS, id=self.break_glass_id),)

    def check(self, visit: Visit, actor: Person) -> None:
        """Also after the visit has ended."""
        bypass = next((one for one in visit.bypasses if one.id == self.break_glass_id), None)
        if bypass is None:
            raise NotFound("No money gate was opened so on this visit.")
        if bypass.settled_at:
            raise AlreadyDone("Somebody has reviewed this already.")
        if bypass.by == actor.id:
            second = Missing(what="a second person", roles=tuple(sorted(SUPERVISING)))
            raise WrongStage("You opened this gate yourself. Another person reviews it.", missing=[second])

    def apply(self, case: Case) -> Change:
        row = case.known.row
        if row is None:
            raise Conflict("There is no record of this gate.")
        bypasses = tuple(
            one.model_copy(update={"settled_at": case.at}) if one.id == self.break_glass_id else one
            for one in case.visit.bypasses
        )
        values = {"status": "REVIEWED", "decided_by": case.actor.id, "decided_at": case.at, "outcome": self.outcome}
        return Change(
            visit=case.visit.having(bypasses=bypasses),
            rows=(Row(resource=Resource.BREAK_GLASS, id=self.break_glass_id, values=values, former=row),),
            starts=(Start(kind="Approval", id=self.break_glass_id),),
        )

    def audit_id(self, case: Case) -> UUID:
        return self.break_glass_id
