"""A child at the immunization station, for tests of the rules."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from models.actions import (
    Discharge,
    RecordImmunization,
    Refer,
)
from models.staff import Role, Station
from tests.pathway.desk import Desk, triaged
from tests.pathway.people import MORNING, NURSE, PENTA

TODAY = MORNING.date()
NURSES = Role.IMMUNIZATION_NURSE
GOING_HOME = Discharge(discharge_notes="Well")


def dose(vaccine_id: UUID = PENTA, **more: Any) -> RecordImmunization:
    form = {"vaccine_id": vaccine_id, "batch_number": "B1", "site": "Thigh", "route": "IM", "dosage": "0.5ml"}
    return RecordImmunization.model_validate({**form, **more})


def child(days: int = 100, **more: Any) -> Desk:
    """A child of that age whom triage sent to be vaccinated."""
    desk = triaged(age=None, date_of_birth=TODAY - timedelta(days=days), **more)
    desk.does(NURSE, Refer(station=Station.IMMUNIZATION, reason="Due"))
    return desk


def values(desk: Desk, who: Role, action: Any) -> dict[str, Any]:
    return dict(desk.does(who, action).rows[0].values)
