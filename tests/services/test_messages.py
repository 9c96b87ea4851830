"""What patients are told by SMS: short, in their language, and nothing clinical."""

import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from models.messages import (
    GSM,
    GSM_OF_TWO,
    LONGEST,
    Language,
    appointment_reminder,
    payment_received,
    results_ready,
    septets,
)

# What no text to a phone may say: why somebody came, what was found, what they take.
CLINICAL = re.compile(
    r"hiv|aids|vvu|ukimwi|\btb\b|kifua kikuu|malaria|cancer|saratani|diabet|kisukari|syphilis|kaswende|pregnan|mimba|"
    r"ujauzito|family planning|uzazi|contracep|depo|condom|kondomu|vaccin|immuni[sz]|chanjo|antenatal|clinic for|"
    r"diagnos|utambuzi|result|matokeo|\btests?\b|kipimo|vipimo|\blab|maabara|positive|negative|chanya|hasi|"
    r"prescri|drug|medicine|dawa|tablet|treat|tiba|matibabu|disease|ugonjwa|sick|mgonjwa|illness|doctor|daktari|"
    r"nurse|muuguzi|consult|surgery|upasuaji|dose|patient|blood|damu|urine|mkojo",
    re.IGNORECASE,
)
LATE = datetime(2026, 11, 22, 21, 30, tzinfo=UTC)
CLINICS = ("Kliniki ya Upendo", "Wanjikũ\N{RIGHT SINGLE QUOTATION MARK}s", "K" * 200, "{clinic} ^~€[]" * 20, "中心")


def texts(clinic: str) -> list[str]:
    amounts = Decimal("9999999999.99"), "NJ-2026-000000123", Decimal("9999999999.99")
    return [
        text
        for language in Language
        for text in (
            appointment_reminder(language, clinic, LATE),
            results_ready(language, clinic),
            results_ready(language, clinic, "https://kliniki.example/r/0123456789abcdef"),
            payment_received(language, clinic, *amounts, LATE),
        )
    ]


@pytest.mark.parametrize("clinic", CLINICS)
def test_every_text_is_one_sms_in_gsm_characters(clinic: str) -> None:
    for text in texts(clinic):
        assert septets(text) <= LONGEST
        assert set(text) <= GSM | GSM_OF_TWO


def test_no_text_says_anything_clinical() -> None:
    for text in texts("Upendo"):
        assert CLINICAL.search(text) is None, text


def test_the_list_of_clinical_words_catches_them() -> None:
    for text in ("Your HIV test is negative", "Matokeo ya vipimo yako tayari", "Your results are ready", "Chukua dawa"):
        assert CLINICAL.search(text)


def test_times_are_told_as_the_clinic_s_clock_and_its_language_tell_them() -> None:
    assert "on 23 Nov 2026 at 00:30." in appointment_reminder(Language.ENGLISH, "Upendo", LATE)
    assert "tarehe 23/11/2026 saa 6:30 usiku (00:30)." in appointment_reminder(Language.SWAHILI, "Upendo", LATE)
    hours = {6: "saa 3:00 asubuhi (09:00)", 9: "saa 6:00 mchana (12:00)", 14: "saa 11:00 jioni (17:00)"}
    for hour, told_as in hours.items():
        at = datetime(2026, 11, 22, hour, tzinfo=UTC)
        assert told_as in appointment_reminder(Language.SWAHILI, "Upendo", at)


def test_a_payment_is_told_with_its_receipt_and_what_is_left() -> None:
    given = ("Upendo", Decimal("1200"), "R-7", Decimal("300.5"), LATE)
    english = "Upendo: we received KES 1,200.00 on 23 Nov 2026, receipt R-7. Still to pay: KES 300.50."
    swahili = "Upendo: tumepokea KES 1,200.00 tarehe 23/11/2026, risiti R-7. Bado kulipwa: KES 300.50."
    assert payment_received(Language.ENGLISH, *given) == english
    assert payment_received(Language.SWAHILI, *given) == swahili


def test_what_cannot_be_one_sms_is_refused() -> None:
    with pytest.raises(ValueError, match="longer than one SMS"):
        results_ready(Language.ENGLISH, "Upendo", "https://kliniki.example/" + "x" * 160)
