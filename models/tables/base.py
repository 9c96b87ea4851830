"""What every table shares."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, MetaData, Numeric, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from models.catalogue import Resource


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        Decimal: Numeric(12, 2),
        UUID: Uuid(),
        str: Text(),
        dict[str, Any]: JSONB(none_as_null=True),
        list[dict[str, Any]]: JSONB(none_as_null=True),
    }


def one_of(column: str, words: type[Any]) -> str:
    """A check that a text column holds one of an enum's words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"{column} in ({listed})"


class Record(Base):
    """What every record of a visit carries besides its own fields. `resource` names it in actions and audit."""

    __abstract__ = True
    resource: ClassVar[Resource]

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    visit_id: Mapped[UUID | None] = mapped_column(ForeignKey("visits.id"), index=True)
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"), index=True)
    recorded_by: Mapped[UUID]
    recorded_at: Mapped[datetime]


class Erroneous:
    """A record that may turn out to be entered in error (FHIR's word): it stays readable and counts no more."""

    entered_in_error_at: Mapped[datetime | None]
    entered_in_error_by: Mapped[UUID | None]
    entered_in_error_reason: Mapped[str | None]
