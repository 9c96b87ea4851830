"""What waivers count for: never more than is owed without them."""

from models.base import NOTHING
from models.paying import Waived
from models.visit import Visit


def waiving(visit: Visit, waivers: tuple[Waived, ...]) -> Visit:
    return visit.having(waivers=waivers, amount_waived=sum((one.amount for one in waivers), NOTHING))


def without_surplus(visit: Visit) -> Visit:
    """The visit whose waivers cover what is owed without them, and no more: what is beyond that is taken off the
    latest."""
    surplus = min(visit.held, visit.amount_waived)
    if surplus <= 0:
        return visit
    left: list[Waived] = []
    for waiver in reversed(visit.waivers):
        off = min(surplus, waiver.amount)
        surplus -= off
        left.insert(0, waiver.model_copy(update={"amount": waiver.amount - off}))
    return waiving(visit, tuple(left))
