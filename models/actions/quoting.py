"""What a service will cost, said before it is given, so that it can be paid first."""

from typing import Literal
from uuid import UUID

from models.actions.base import Action, Case, Change, Row, require_open
from models.base import NOTHING
from models.catalogue import Catalogue, ItemOf, Resource, Want
from models.orders import OrderKind
from models.problems import Missing, WrongStage, invalid
from models.staff import SERVES, Person, Role, Station
from models.visit import Visit

LISTS = {
    Station.IMMUNIZATION: Catalogue.VACCINES,
    Station.FAMILY_PLANNING: Catalogue.METHODS,
    Station.MCH: Catalogue.SERVICES,
}


class QuoteService(Action):
    """What the patient who was referred to a service will get: an entry of its list. Where the service is paid first,
    the patient waits at the cashier for its price; nothing is charged before it is given."""

    roles = frozenset({*(SERVES[station] for station in LISTS), Role.CLINICAL_OFFICER, Role.TRIAGE_NURSE, Role.CASHIER})
    resource = Resource.REFERRAL
    writes = "UPDATE"
    said = "Service named beforehand"

    kind: Literal["quote_service"] = "quote_service"
    station: Literal[Station.IMMUNIZATION, Station.FAMILY_PLANNING, Station.MCH]
    item_id: UUID

    def wants(self) -> tuple[Want, ...]:
        return (ItemOf(catalogue=LISTS[self.station], id=self.item_id, field="item_id"),)

    def check(self, visit: Visit, actor: Person) -> None:
        require_open(visit)
        if self.referral(visit) is None:
            missing = Missing(what=f"a referral to {self.station}", roles=(Role.CLINICAL_OFFICER, Role.TRIAGE_NURSE))
            raise WrongStage("The patient is not referred there.", missing=[missing])

    def referral(self, visit: Visit) -> UUID | None:
        found = (o.id for o in visit.open_orders if o.kind is OrderKind.REFERRAL and o.station is self.station)
        return next(found, None)

    def apply(self, case: Case) -> Change:
        item, id = case.known.item, self.referral(case.visit)
        if item is None:
            raise invalid("item_id", f"{self.item_id} is not in the list of {LISTS[self.station].lower()}")
        assert id is not None
        quoted = tuple(
            order.model_copy(update={"quoted": item.price or NOTHING}) if order.id == id else order
            for order in case.visit.open_orders
        )
        row = Row(resource=Resource.REFERRAL, id=id, values={"quoted_item": item.code}, former={})
        return Change(visit=case.visit.having(open_orders=quoted), rows=(row,))

    def answer(self, change: Change, shown: dict[str, object]) -> dict[str, object]:
        return shown

    def audit_id(self, case: Case) -> UUID:
        return self.referral(case.visit) or case.visit_id
