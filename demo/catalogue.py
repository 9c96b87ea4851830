"""What the clinic has on offer, and how a story's wish is matched to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from demo.answers import Body
from demo.clinic import Clinic
from demo.steps import Role

# The contract promises these two on every development price list.
ANY_TEST = "BLOOD_TEST"
ANY_DRUG = "Paracetamol"


@dataclass(frozen=True, slots=True)
class Offer:
    """`key` is what a request names: a price code, or the id of a vaccine, method or service."""

    key: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    prices: tuple[Offer, ...]
    vaccines: tuple[Offer, ...]
    methods: tuple[Offer, ...]
    services: tuple[Offer, ...]

    @classmethod
    async def read(cls, clinic: Clinic) -> Self:
        async def offers(path: str, key: str) -> tuple[Offer, ...]:
            return tuple(offer(item, key) for item in await clinic.read_list(Role.RECEPTIONIST, path))

        return cls(
            prices=await offers("/api/prices", "code"),
            vaccines=await offers("/api/vaccines", "id"),
            methods=await offers("/api/family-planning-methods", "id"),
            services=await offers("/api/mch-services", "id"),
        )

    def test(self, wanted: Sequence[str]) -> str:
        return find(self.prices, (*wanted, ANY_TEST))

    def drug(self, wanted: Sequence[str]) -> str:
        return find(self.prices, (*wanted, ANY_DRUG))

    def vaccine(self, wanted: Sequence[str]) -> str:
        return find(self.vaccines, (*wanted, ""))

    def method(self, wanted: Sequence[str]) -> str:
        return find(self.methods, (*wanted, ""))

    def service(self, wanted: Sequence[str]) -> str:
        return find(self.services, (*wanted, ""))


class NothingOnOffer(Exception):
    """The clinic was not seeded: a list is empty, or a promised price is missing."""


def offer(item: Body, key: str) -> Offer:
    names = (str(item[name]) for name in ("code", "name") if item.get(name))
    return Offer(str(item[key]), tuple(names))


def find(offers: Iterable[Offer], wanted: Sequence[str]) -> str:
    """The key of the first offer with the first word that any offer has; an empty word fits all."""
    choices = tuple(offers)
    for word in wanted:
        for choice in choices:
            if any(word.casefold() in name.casefold() for name in choice.names):
                return choice.key
    raise NothingOnOffer(f"the clinic offers none of: {', '.join(filter(None, wanted)) or 'anything'}")
