"""Staff, prices and forms for tests of the rules."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from models.actions import Prescribe, RecordTriage, RegisterPatient
from models.catalogue import Catalogue, Item
from models.staff import Person, Role

FACILITY, ANOTHER_FACILITY = UUID(int=1), UUID(int=2)
MORNING = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
NAMES = UUID(int=0)

PRICES = {
    "CONSULTATION": Decimal("300.00"),
    "BLOOD_TEST": Decimal("500.00"),
    "Paracetamol": Decimal("5.25"),
    "Amoxicillin": Decimal("10.00"),
    "Ibuprofen": Decimal("3.00"),
    "Diclofenac": Decimal("4.50"),
    "FREE_TEST": Decimal("0.00"),
}
MEASLES, RABIES = uuid5(NAMES, "measles"), uuid5(NAMES, "rabies")
PENTA, TETANUS, INJECTION = uuid5(NAMES, "penta"), uuid5(NAMES, "tetanus"), uuid5(NAMES, "injection")
TUBERCULOSIS = uuid5(NAMES, "tuberculosis")
PILL, ANTENATAL = uuid5(NAMES, "pill"), uuid5(NAMES, "antenatal")
ITEMS = {
    MEASLES: Item(id=MEASLES, code="MR1", name="Measles-rubella"),
    RABIES: Item(id=RABIES, code="RABIES", name="Rabies", price=Decimal("1200.00")),
    PENTA: Item(id=PENTA, code="PENTA", name="Penta"),
    TUBERCULOSIS: Item(id=TUBERCULOSIS, code="BCG", name="BCG"),
    TETANUS: Item(id=TETANUS, code="TD", name="Td"),
    INJECTION: Item(id=INJECTION, code="DMPA", name="DMPA injection"),
    PILL: Item(id=PILL, code="PILL", name="Oral contraceptive", price=Decimal("0.00")),
    ANTENATAL: Item(id=ANTENATAL, code="ANC", name="Antenatal visit", price=Decimal("200.00")),
}

LISTS = {
    Catalogue.VACCINES: {MEASLES, RABIES, PENTA, TETANUS, TUBERCULOSIS},
    Catalogue.METHODS: {PILL, INJECTION},
    Catalogue.SERVICES: {ANTENATAL},
}

VITALS: dict[str, Any] = {
    "temperature_c": 38.5,
    "pulse_bpm": 95,
    "respiratory_rate": 18,
    "avpu": "ALERT",
    "mobility": "WALKING",
    "trauma": False,
    "systolic_bp": 140,
    "diastolic_bp": 90,
}


def person(*roles: Role, name: str = "", facility: UUID = FACILITY) -> Person:
    """One member of staff; the same roles and name are the same person."""
    return Person(id=uuid5(facility, f"{name}:{','.join(roles)}"), facility_id=facility, roles=roles)


STAFF = {role: person(role) for role in Role}
CLINICIAN, NURSE = STAFF[Role.CLINICAL_OFFICER], STAFF[Role.TRIAGE_NURSE]
SECOND_CLINICIAN = person(Role.CLINICAL_OFFICER, name="second")


def registration(**changed: Any) -> RegisterPatient:
    """The form of a new patient, aged 30."""
    form = {
        "first_name": "Taa",
        "last_name": "Mfano",
        "gender": "FEMALE",
        "age": 30,
        "phone_number": "0712345678",
        "insurance_type": "CASH",
        "chief_complaint": "Fever and headache",
        "payment_type": "CASH",
    }
    return RegisterPatient(**{name: value for name, value in {**form, **changed}.items() if value is not None})


def triage(category: str = "NORMAL", **changed: Any) -> RecordTriage:
    vitals = {name: value for name, value in {**VITALS, **changed}.items() if value is not None}
    return RecordTriage.model_validate({"vital_signs": vitals, "triage_category": category})


LOOKS: dict[tuple[int | None, str | None], str] = {
    (70, "WALKING"): "GREEN",
    (95, "WALKING"): "YELLOW",
    (130, "WALKING"): "ORANGE",
    (130, "IMMOBILE"): "RED",
}
"""What a nurse would say of somebody with that pulse who moves like that; the rest as in `looking`."""


def looking(colour: str, **more: Any) -> RecordTriage:
    """The triage of a patient who is of that colour; `trauma`: None where nobody asked."""
    pulse, mobility = next(look for look, name in LOOKS.items() if name == colour)
    fever = {"temperature_c": 36.8, "respiratory_rate": 12} if colour == "GREEN" else {}
    given = {**VITALS, **fever, "pulse_bpm": pulse, "mobility": mobility, "trauma": more.pop("trauma", False)}
    return RecordTriage.model_validate({"vital_signs": given, **more})


def prescription(quantity: int = 4, name: str = "Paracetamol", encounter_id: UUID | None = None) -> Prescribe:
    return Prescribe(
        medication_name=name,
        dosage="500mg",
        frequency="3 times daily",
        duration="5 days",
        quantity=quantity,
        encounter_id=encounter_id,
    )
