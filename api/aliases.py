"""A registration that was merged leads to the one that goes on, wherever somebody is looked up."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from models.tables import PatientRow


def is_of(column: Any, patient_id: UUID) -> ColumnElement[bool]:
    """Whether a record is that patient's, by today's registration or by one that was merged into it."""
    goes_on_as = select(func.coalesce(PatientRow.merged_into, PatientRow.id)).where(PatientRow.id == patient_id)
    found: ColumnElement[bool] = column == goes_on_as.scalar_subquery()
    return found


def known_before_as(fits: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Whether a registration that was merged into the patient's fits."""
    former = aliased(PatientRow)
    return select(former.id).where(former.merged_into == PatientRow.id, fits(former)).exists()
