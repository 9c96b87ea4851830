"""What the clinic has on offer, and how a story's wish is matched to it."""

from collections.abc import Collection, Iterable, Sequence
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
class Insurer:
    """`gateway` is the way to it: a service, or `manual` for paper."""

    id: str
    code: str
    gateway: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    prices: tuple[Offer, ...]
    vaccines: tuple[Offer, ...]
    methods: tuple[Offer, ...]
    services: tuple[Offer, ...]
    insurers: tuple[Insurer, ...]

    @classmethod
    async def read(cls, clinic: Clinic, gateways: Collection[str]) -> Self:
        """`gateways`: the ways by which insurers are reached here, beside paper."""

        async def offers(path: str, key: str) -> tuple[Offer, ...]:
            return tuple(offer(item, key) for item in await clinic.read_list(Role.RECEPTIONIST, path))

        return cls(
            prices=await offers("/api/prices", "code"),
            vaccines=await offers("/api/vaccines", "id"),
            methods=await offers("/api/family-planning-methods", "id"),
            services=await offers("/api/mch-services", "id"),
            insurers=tuple(reachable(await clinic.read_list(Role.CASHIER, "/api/insurers"), gateways)),
        )

    def insurer(self, member_number: str) -> Insurer:
        """Whose member has that number: people are spread over all insurers."""
        if not self.insurers:
            raise NothingOnOffer("the clinic reaches no insurer")
        return self.insurers[int(member_number[-5:]) % len(self.insurers)]

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


def reachable(items: Iterable[Body], gateways: Collection[str]) -> Iterable[Insurer]:
    """Without NHIF, which has ended and covers nothing new."""
    for item in items:
        if item["code"] != "NHIF" and item["gateway"] in ("manual", *gateways):
            yield Insurer(str(item["id"]), item["code"], item["gateway"])


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
