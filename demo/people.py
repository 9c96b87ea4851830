"""Patients who do not exist: invented from a random source, so that the same seed makes the same people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random
from typing import Literal, TypeVar

Gender = Literal["FEMALE", "MALE"]
PayerKind = Literal["CASH", "MPESA", "SHA", "INSURANCE"]
Card = TypeVar("Card")

# Things as first names, places as surnames: Kijiko Mezani is "Spoon On-the-table", and nobody's name.
THINGS = (
    "Kijiko", "Bakuli", "Sufuria", "Kalamu", "Birika", "Mkeka", "Ufagio", "Ndoo", "Kioo", "Zulia",
    "Kabati", "Funguo", "Mwavuli", "Kiatu", "Baiskeli", "Kikapu", "Chupa", "Godoro", "Kisu", "Mshumaa",
)  # fmt: skip
PLACES = (
    "Mezani", "Jikoni", "Dirishani", "Mlangoni", "Sokoni", "Shambani", "Kisimani", "Bandarini",
    "Barabarani", "Ukutani", "Kitandani", "Sakafuni", "Darajani", "Bustanini", "Kabatini", "Paani",
)  # fmt: skip

ADULT_YEARS = 18
BIRTHDAYS_KNOWN_BELOW_YEARS = 60
# How the mix of payers falls; dealt like cards, so that a run of eight patients has every kind.
PAYER_DECK: tuple[PayerKind, ...] = ("CASH", "CASH", "MPESA", "MPESA", "SHA", "SHA", "SHA", "INSURANCE")
# How the number of an SHA member ends decides what the sandbox says of the claim the first time: sent back, a paper is
# missing, rejected. All other claims are paid at once.
ENDING_DECK = ("", "", "", "", "", "", "409", "410", "411")
# Endings that mean something to a payer of the sandbox; nobody has one by chance.
ENDINGS_WITH_A_MEANING = frozenset({"402", "404", "408", "409", "410", "411"})
EMAIL_DECK = (True, False, False)


@dataclass(frozen=True, slots=True)
class Profile:
    """Whom a story can happen to: an age from `youngest` up to and including `oldest`, and the genders."""

    youngest: timedelta
    oldest: timedelta
    genders: tuple[Gender, ...] = ("FEMALE", "MALE")


@dataclass(frozen=True, slots=True)
class Payer:
    """Who pays: `number` is the SHA or policy number, `parts` in how many payments cash is handed over."""

    kind: PayerKind
    number: str | None = None
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Person:
    """One invented patient. Children have no national id and somebody who came with them."""

    first_name: str
    last_name: str
    gender: Gender
    born: date
    phone_number: str
    national_id: str | None
    next_of_kin: str | None
    payer: Payer
    email: str | None = None

    def age_on(self, day: date) -> int:
        """Full years."""
        before_birthday = (day.month, day.day) < (self.born.month, self.born.day)
        return day.year - self.born.year - before_birthday


def deal(cards: Sequence[Card], random: Random) -> Iterator[Card]:
    """Each card once in random order, then all of them again, without end."""
    while True:
        yield from random.sample(cards, k=len(cards))


class Town:
    """Where the patients of one run come from: hands out people, no national id twice."""

    def __init__(self, random: Random, today: date) -> None:
        self._random = random
        self._today = today
        self._payers = deal(PAYER_DECK, random)
        self._endings = deal(ENDING_DECK, random)
        self._emails = deal(EMAIL_DECK, random)
        self._phones = deal(range(1000), random)
        self._known_ids: set[str] = set()

    def invent(self, profile: Profile) -> Person:
        random = self._random
        days = random.randint(profile.youngest.days, profile.oldest.days)
        first, last = random.choice(THINGS), random.choice(PLACES)
        kind = next(self._payers)
        ending = next(self._endings) if kind == "SHA" else ""
        person = Person(
            first_name=first,
            last_name=last,
            gender=random.choice(profile.genders),
            born=self._today - timedelta(days=days),
            phone_number=self._phone_number(),
            national_id=None,
            next_of_kin=f"Mama {first} {last}",
            payer=self._payer(kind, ending),
            email=self._email(first, last) if next(self._emails) else None,
        )
        if person.age_on(self._today) < ADULT_YEARS:
            return person
        return replace(person, national_id=self._national_id(ending), next_of_kin=None)

    def _phone_number(self) -> str:
        # Kenya keeps no numbers for fiction and has given every 07 prefix to an operator. One block of a
        # thousand is easy to recognise and to block; the demo needs demo staff, so no clinic with real
        # messages can be walked through by mistake.
        # Each number once before one comes twice: the same text to the same phone would look like a duplicate.
        return f"+254744000{next(self._phones):03d}"

    def _email(self, first: str, last: str) -> str:
        # The domain is kept for examples; the digits tell two people of one name apart.
        return f"{first}.{last}.{self._random.randrange(10**6):06d}@example.org".lower()

    def _national_id(self, ending: str) -> str:
        # A leading 9 lies above the ids in use; random digits keep two runs apart.
        while (number := f"9{self._digits(7, ending)}") in self._known_ids:
            pass
        self._known_ids.add(number)
        return number

    def _digits(self, length: int, ending: str) -> str:
        """So many random digits that end so, or without a meaning."""
        while True:
            digits = f"{self._random.randrange(10**length):0{length}d}"
            if ending:
                return digits[: length - len(ending)] + ending
            if digits[-3:] not in ENDINGS_WITH_A_MEANING:
                return digits

    def _payer(self, kind: PayerKind, ending: str) -> Payer:
        digits = self._digits(8, ending)
        match kind:
            case "CASH":
                return Payer(kind, parts=self._random.choice((1, 2)))
            case "SHA":
                return Payer(kind, number=f"SHA{digits}")
            case "INSURANCE":
                return Payer(kind, number=f"DEMO-{digits}")
            case "MPESA":
                return Payer(kind)
