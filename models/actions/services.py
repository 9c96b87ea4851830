"""What the services of the clinic share: an item of their list is given, charged, and the referral closes."""

from typing import Any, ClassVar
from uuid import UUID

from models.actions.base import Action, Case, Change, Charge, Row
from models.catalogue import Catalogue, Item, ItemOf, Resource, Want
from models.problems import invalid
from models.staff import Station
from models.visit import OrderKind


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
        answered = (
            Row(resource=Resource.REFERRAL, id=o.id, values={"status": "COMPLETED"}, former={}) for o in referrals
        )
        rows = (case.row(self.resource, {**self.stored(case), self.provider: case.actor.id}), *answered)
        if not item.price:
            return Change(visit=visit, rows=rows)
        charge = Charge(code=item.code, description=item.name, quantity=1, unit_price=item.price, order_id=case.id)
        return Change(visit=visit.charging(charge.amount), rows=rows, charges=(charge,))

    def item(self, case: Case) -> Item:
        if case.known.item is None:
            chosen: UUID = getattr(self, self.chooses)
            raise invalid(self.chooses, f"{chosen} is not in the list of {self.catalogue.lower()}")
        return case.known.item

    def stored(self, case: Case) -> dict[str, Any]:
        """The form's fields, with today where no day was given."""
        return self.fields()
