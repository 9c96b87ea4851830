"""The demo's patients: invented, plausible, and the same for the same seed."""

from datetime import date
from decimal import Decimal

import phonenumbers
import pytest

from demo.cashier import parts
from demo.catalogue import Catalogue, Insurer, NothingOnOffer, Offer, find, reachable
from demo.journeys import Journey, in_quiet, journeys
from demo.people import ADULT_YEARS, ENDING_DECK, ENDINGS_WITH_A_MEANING, PLACES, THINGS
from demo.reception import particulars
from demo.steps import (
    AskBack,
    Diagnose,
    Discharge,
    Examine,
    OrderTest,
    Pay,
    Prescribe,
    Refer,
    Register,
    ReportResults,
    Triage,
)
from demo.stories import STORIES
from demo.story import Story
from demo.tally import percentile

TODAY = date(2026, 11, 22)
LEAP_DAY = date(2028, 2, 29)
MANY = 400


@pytest.fixture(scope="module", params=[TODAY, LEAP_DAY], ids=str)
def crowd(request: pytest.FixtureRequest) -> list[Journey]:
    return journeys(MANY, seed=7, today=request.param)


def test_the_same_seed_invents_the_same_patients() -> None:
    assert journeys(60, 3, TODAY) == journeys(60, 3, TODAY)
    assert journeys(60, 3, TODAY) != journeys(60, 4, TODAY)


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    assert journeys(60, 3, TODAY)[:20] == journeys(20, 3, TODAY)


def test_thirty_patients_see_every_story_and_every_payer() -> None:
    thirty = journeys(30, 11, TODAY)
    assert {journey.story.name for journey in thirty} == {story.name for story in STORIES}
    assert {journey.person.payer.kind for journey in thirty} == {"CASH", "MPESA", "SHA", "INSURANCE"}


def test_half_of_the_patients_have_a_payer_and_most_of_these_sha(crowd: list[Journey]) -> None:
    kinds = [journey.person.payer.kind for journey in crowd]
    assert kinds.count("SHA") + kinds.count("INSURANCE") == MANY / 2
    assert kinds.count("SHA") > kinds.count("INSURANCE") > 0


def test_claims_of_sha_members_end_as_dealt_and_of_nobody_else_by_chance(crowd: list[Journey]) -> None:
    for journey in crowd:
        person = journey.person
        endings = {number[-3:] for number in (person.national_id, person.payer.number) if number}
        special = endings & ENDINGS_WITH_A_MEANING
        assert not special or (person.payer.kind == "SHA" and special == endings)
        assert special <= set(ENDING_DECK)
    assert any(journey.person.payer.number[-3:] == "409" for journey in crowd if journey.person.payer.number)


def test_a_third_of_the_patients_can_be_written_to_and_each_at_an_address_of_their_own(crowd: list[Journey]) -> None:
    addresses = [journey.person.email for journey in crowd if journey.person.email]
    assert len(set(addresses)) == len(addresses) == pytest.approx(MANY / 3, abs=1)
    assert all(address.endswith("@example.org") for address in addresses)


def test_nobody_shares_a_phone_with_somebody_of_the_same_day(crowd: list[Journey]) -> None:
    assert len({journey.person.phone_number for journey in crowd}) == MANY


def test_without_a_sandbox_nobody_is_claimed_for_and_nobody_is_written_to(crowd: list[Journey]) -> None:
    for journey in map(in_quiet, crowd):
        assert journey.person.payer.kind == "CASH"
        assert "email" not in particulars(journey)
        assert not any(isinstance(step, AskBack) for step in journey.story.steps)
        assert not any(step.follow_up_days for step in journey.story.steps if isinstance(step, Discharge))


def test_patients_are_of_all_ages(crowd: list[Journey]) -> None:
    ages = {journey.age for journey in crowd}
    assert min(ages) == 0
    assert max(ages) > 75
    assert ages & set(range(2, 12))


def test_nobody_is_outside_the_story_that_happens_to_them(crowd: list[Journey]) -> None:
    for journey in crowd:
        profile = journey.story.profile
        assert journey.person.gender in profile.genders
        assert profile.youngest.days // 366 <= journey.age <= profile.oldest.days / 365.25


def test_names_are_things_and_places(crowd: list[Journey]) -> None:
    assert {journey.person.first_name for journey in crowd} <= set(THINGS)
    assert {journey.person.last_name for journey in crowd} <= set(PLACES)


def test_phone_numbers_are_kenyan_and_from_one_block(crowd: list[Journey]) -> None:
    for journey in crowd:
        number = journey.person.phone_number
        assert phonenumbers.is_valid_number_for_region(phonenumbers.parse(number), "KE")
        assert number.startswith("+254744000")


def test_grown_people_have_an_id_and_children_somebody_with_them(crowd: list[Journey]) -> None:
    for journey in crowd:
        person = journey.person
        assert (person.national_id is not None) == (journey.age >= ADULT_YEARS)
        assert (person.next_of_kin is not None) == (journey.age < ADULT_YEARS)


def test_national_ids_are_eight_digits_and_nobody_shares_one(crowd: list[Journey]) -> None:
    ids = [journey.person.national_id for journey in crowd if journey.person.national_id]
    assert len(set(ids)) == len(ids)
    assert all(len(number) == 8 and number.isdecimal() and number.startswith("9") for number in ids)


def test_blood_pressure_is_taken_from_twelve_years_on(crowd: list[Journey]) -> None:
    for journey in crowd:
        assert ("systolic_bp" in journey.vital_signs) == (journey.age >= 12)


def test_vital_signs_are_within_what_a_body_does(crowd: list[Journey]) -> None:
    limits = {
        "temperature_c": (34, 41),
        "pulse_bpm": (50, 180),
        "respiratory_rate": (9, 60),
        "systolic_bp": (70, 220),
        "spo2_percent": (88, 100),
        "weight_kg": (2, 120),
        "height_cm": (45, 200),
    }
    for journey in crowd:
        signs = journey.vital_signs
        for name, (low, high) in limits.items():
            assert name not in signs or low <= float(signs[name]) <= high
        assert float(signs.get("diastolic_bp", 0)) < float(signs.get("systolic_bp", 1))
        assert {"avpu", "mobility", "trauma"} <= signs.keys()


def test_the_registration_form_says_the_age_once_and_leaves_nothing_empty(crowd: list[Journey]) -> None:
    for journey in crowd:
        form = particulars(journey)
        assert ("age" in form) != ("date_of_birth" in form)
        assert None not in form.values()
        assert ("sha_number" in form) == (form["payment_type"] == "SHA")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
class TestEveryStory:
    def test_goes_from_reception_and_triage_to_payment_and_discharge(self, story: Story) -> None:
        assert [type(step) for step in story.steps[:2]] == [Register, Triage]
        assert [type(step) for step in story.steps[-2:]] == [Pay, Discharge]

    def test_is_looked_at_again_after_the_results(self, story: Story) -> None:
        kinds = [type(step) for step in story.steps]
        if OrderTest in kinds:
            answered = kinds.index(ReportResults)
            assert kinds.index(OrderTest) < answered
            assert Examine in kinds[answered:]

    def test_has_an_encounter_for_each_prescription_and_that_or_a_referral_for_each_diagnosis(
        self, story: Story
    ) -> None:
        kinds = [type(step) for step in story.steps]
        if Prescribe in kinds:
            assert kinds.index(Examine) < kinds.index(Prescribe)
        if Diagnose in kinds:
            assert {Examine, Refer} & set(kinds[: kinds.index(Diagnose)])

    def test_says_each_diagnosis_in_both_codings(self, story: Story) -> None:
        for step in story.steps:
            assert not isinstance(step, Diagnose) or (step.code and step.icd11 and step.code != step.icd11)

    def test_hands_over_less_at_first_than_was_prescribed(self, story: Story) -> None:
        for step in story.steps:
            if isinstance(step, Prescribe) and step.first_handover is not None:
                assert 0 < step.first_handover < step.quantity


@pytest.mark.parametrize("owed", ["0.01", "0.03", "1.00", "499.99", "1250.50"])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_parts_add_up_to_what_is_owed(owed: str, count: int) -> None:
    amounts = parts(Decimal(owed), count)
    assert sum(amounts) == Decimal(owed)
    assert all(amount > 0 and amount == amount.quantize(Decimal("0.01")) for amount in amounts)


def test_a_wish_is_met_by_its_first_word_that_is_on_offer() -> None:
    offers = (Offer("BLOOD_TEST", ("BLOOD_TEST", "Full blood count")), Offer("MRDT", ("MRDT", "Malaria test")))
    assert find(offers, ("malaria", "BLOOD_TEST")) == "MRDT"
    assert find(offers, ("troponin", "BLOOD_TEST")) == "BLOOD_TEST"
    with pytest.raises(NothingOnOffer, match="troponin"):
        find(offers, ("troponin",))


def test_insurers_are_those_that_can_be_reached_and_never_nhif() -> None:
    listed = [
        {"id": "1", "code": "EDI", "gateway": "slade"},
        {"id": "2", "code": "CARD", "gateway": "smart"},
        {"id": "3", "code": "PAPER", "gateway": "manual"},
        {"id": "4", "code": "NHIF", "gateway": "manual"},
    ]
    assert [insurer.code for insurer in reachable(listed, {"slade"})] == ["EDI", "PAPER"]
    assert [insurer.code for insurer in reachable(listed, set())] == ["PAPER"]


def test_members_are_spread_over_the_insurers_each_always_with_the_same() -> None:
    insurers = (Insurer("1", "EDI", "slade"), Insurer("2", "PAPER", "manual"))
    offers = Catalogue((), (), (), (), insurers)
    assert {offers.insurer(f"DEMO-{number:08d}") for number in range(10)} == set(insurers)
    assert offers.insurer("DEMO-00000007") == offers.insurer("DEMO-00000007")
    with pytest.raises(NothingOnOffer):
        Catalogue((), (), (), (), ()).insurer("DEMO-00000007")


def test_percentiles_are_values_that_were_seen() -> None:
    assert percentile([5.0], 0.95) == 5.0
    assert percentile([4.0, 1.0, 3.0, 2.0], 0.50) == 2.0
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0
