"""What the services of the clinic share: an item of their list is given, charged, and the referral closes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from models.actions.base import Action, Case, Change, Charge, Row, after_care
from models.base import NOTHING
from models.catalogue import Catalogue, Item, ItemOf, Resource, Want
from models.gates import Demand, of_order, pays_first, require_paid
from models.orders import Order, OrderKind
from models.problems import invalid
from models.staff import Station


class Service(Action):
    """A service recorded on any open visit after triage. Class facts: its station, list and the field that chooses."""

    station: ClassVar[Station]
    catalogue: ClassVar[Catalogue]
    chooses: ClassVar[str]
    provider: ClassVar[str] = "provider_id"

    def wants(self) -> tuple[Want, ...]:
        return (ItemOf(catalogue=self.catalogue, id=getattr(self, self.chooses), field=self.chooses),)

    def apply(self, case: Case) -> Change:
        item = self.item(case)
        referrals = [o for o in case.visit.open_orders if o.kind is OrderKind.REFERRAL and o.station is self.station]
        visit = case.visit.closing(*(o.id for o in referrals))
        answer = {"status": "COMPLETED", "answered_by": case.id}
        answered = (Row(resource=Resource.REFERRAL, id=o.id, values=answer, former={}) for o in referrals)
        rows = (case.row(self.resource, {**self.stored(case), self.provider: case.actor.id}), *answered)
        starts = after_care(visit.patient_id)
        is_first = referrals[0].pays_first if referrals else pays_first(case.visit, self.station)
        visit = visit.charging(item.price or NOTHING, is_first=is_first, id=case.id)
        if not item.price:
            return Change(visit=visit, rows=rows, starts=starts)
        if is_first:
            require_paid(case.visit, self.demand(case, item.price, referrals))
        charge = Charge(code=item.code, description=item.name, quantity=1, unit_price=item.price, order_id=case.id)
        return Change(visit=visit, rows=rows, charges=(charge,), starts=starts)

    def demand(self, case: Case, price: Decimal, referrals: Sequence[Order]) -> Demand:
        """What a service costs is known when it is chosen: so much must be there by then."""
        if referrals:
            return of_order(referrals[0].model_copy(update={"quoted": price}))
        return Demand(station=self.station, amount=price, since=case.at)

    def item(self, case: Case) -> Item:
        if case.known.item is None:
            chosen: UUID = getattr(self, self.chooses)
            raise invalid(self.chooses, f"{chosen} is not in the list of {self.catalogue.lower()}")
        return case.known.item

    def stored(self, case: Case) -> dict[str, Any]:
        """The form's fields, with today where no day was given."""
        return self.fields()
