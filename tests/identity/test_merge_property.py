"""Merging in either order gives the same patient: over the rules, and on the real database."""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from integrations.database import inserting, writing_pool
from models.identity import MergePatients, Patient, doubts, filled, has_two_national_ids, paired, united
from models.tables import PatientRow
from tests.identity.reception import TWICE, Reception
from tests.identity.test_merge_faults import supervisor, written

OWN = ("id", "national_id", "sha_number", "registration_date")
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
FACILITY = UUID(int=1)


def registration(choose: Any, number: int, id: UUID, at: datetime, facility_id: UUID = FACILITY) -> dict[str, Any]:
    """One of the many ways in which reception may have written somebody down; `choose` picks one of its arguments."""
    born = choose(None, date(1990, 4, 3), date(1991, 4, 3))
    age = None if born else choose(None, 30, 36, 60)
    return {
        "id": id,
        "facility_id": facility_id,
        "first_name": choose("Taa", "Tā"),
        "last_name": "Mfano",
        "gender": choose("MALE", "FEMALE", "UNKNOWN"),
        "date_of_birth": born,
        "age": age,
        "age_stated_on": None if age is None else at.date(),
        "phone_number": choose("", "+254712345678", "+254722000111"),
        "national_id": choose(None, f"ID-{number}"),
        "sha_number": choose(None, f"SHA-{number}"),
        "insurance_type": choose("CASH", "SHA", "INSURANCE"),
        "next_of_kin": choose(None, "Zuri"),
        "email": choose(None, "taa@example.org"),
        "registration_type": "NEW_PATIENT",
        "registered_by": id,
        "registration_date": at,
        "merged_into": None,
        "deceased_at": None,
    }


@st.composite
def registrations(draw: st.DrawFn) -> Patient:
    def choose(*options: Any) -> Any:
        return draw(st.sampled_from(options))

    at = START + timedelta(days=draw(st.integers(0, 3)))
    return registration(choose, draw(st.integers(1, 4)), draw(st.uuids()), at)


def other_than(one: Patient, other: Patient) -> bool:
    return bool(one["id"] != other["id"])


@given(one=registrations(), other=registrations())
def test_either_order_gives_the_same_patient(one: Patient, other: Patient) -> None:
    if not other_than(one, other):
        return
    first, second = paired(one, other), paired(other, one)
    assert first == second
    assert united(one, other) == united(other, one)
    assert (doubts(first), has_two_national_ids(first)) == (doubts(second), has_two_national_ids(second))


@given(one=registrations(), other=registrations())
def test_nothing_known_is_lost_and_nothing_known_is_overwritten(one: Patient, other: Patient) -> None:
    if not other_than(one, other):
        return
    pair, whole = paired(one, other), united(one, other)
    for name in ("national_id", "sha_number", "email", "next_of_kin", "phone_number"):
        assert whole[name] == (pair.survivor[name] or pair.merged[name] or pair.survivor[name])
    assert (whole["date_of_birth"] is None) or whole["age"] is None or pair.survivor["date_of_birth"]
    assert set(filled(pair)) <= {name for name in whole if whole[name] != pair.survivor[name]}


@given(people=st.lists(registrations(), min_size=3, max_size=3, unique_by=lambda patient: patient["id"]))
def test_in_whatever_order_three_are_merged_the_oldest_goes_on(people: list[Patient]) -> None:
    oldest = min(people, key=lambda patient: (patient["registration_date"], str(patient["id"])))
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1)):
        a, b, c = (people[place] for place in order)
        assert united(united(a, b), c)["id"] == oldest["id"]


async def test_on_the_database_either_order_gives_the_same_patient(bare: Reception) -> None:
    facility_id = (await supervisor(bare.clinic)).facility_id
    dice = random.Random(20261123)

    def choose(*options: Any) -> Any:
        return dice.choice(options)

    for number in range(12):
        state, results = dice.getstate(), []
        for turned in (False, True):
            dice.setstate(state)
            pair = [
                registration(
                    choose, number * 4 + turned * 2 + place, uuid4(), START + timedelta(days=place), facility_id
                )
                for place in range(2)
            ]
            async with writing_pool(bare.clinic.settings, size=2) as pool, pool.connection() as db:
                for patient in pair:
                    await db.execute(*inserting(PatientRow, patient))
            results.append(await after_merging(bare, pair, turned=turned))
        assert results[0] == results[1], number


async def after_merging(bare: Reception, pair: list[Patient], *, turned: bool) -> list[dict[str, Any]]:
    """Both registrations as they stand afterwards; names of ids and numbers as they were, not their values."""
    one, other = reversed(pair) if turned else pair
    action = MergePatients(
        id=one["id"], patient_id=other["id"], confirmed=True, override_reason="A passport", reason=TWICE["reason"]
    )
    outcome = await written(bare.clinic, action, uuid4())
    assert outcome.problem is None, outcome.problem
    rows = await bare.clinic.rows("select * from patients where id = any(%s)", [patient["id"] for patient in pair])
    whose = {value: f"{name} {place}" for place, row in enumerate(pair) for name, value in row.items() if name in OWN}
    by_age = sorted(rows, key=lambda row: row["registration_date"])
    return [{name: whose.get(value, value) for name, value in row.items() if name != "registered_by"} for row in by_age]
