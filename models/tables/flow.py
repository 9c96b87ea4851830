"""How patients flow: how long each step was waited for, who waited too long, and whose they are over night."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.catalogue import Resource
from models.deadlines import Step
from models.staff import Station
from models.stays import HowEnded
from models.tables.base import Base, one_of


class OverdueRow(Base):
    """A step of a visit that was not done in time. `escalations`: rungs of the ladder that were told; `resolved_at`:
    when there was progress."""

    __tablename__ = "overdues"
    __table_args__ = (
        CheckConstraint(one_of("step", Step), name="step"),
        CheckConstraint("escalations >= 1", name="escalations"),
        Index("overdues_unresolved_idx", "facility_id", "due_at", postgresql_where=text("resolved_at is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    op_number: Mapped[str]
    step: Mapped[str]
    triage_category: Mapped[str | None]
    triage_colour: Mapped[str | None]
    owner_id: Mapped[UUID | None]
    since: Mapped[datetime]
    due_at: Mapped[datetime]
    breached_at: Mapped[datetime]
    escalations: Mapped[int]
    escalated_to: Mapped[str]
    resolved_at: Mapped[datetime | None]


class CrowdRow(Base):
    """A time during which more waited at a station than the policy wants (`models.crowding`); one lasts at a time."""

    __tablename__ = "crowds"
    __table_args__ = (
        CheckConstraint(one_of("station", Station), name="station"),
        CheckConstraint("ended_at >= began_at", name="ended_at"),
        Index("crowds_lasting_idx", "facility_id", "station", unique=True, postgresql_where=text("ended_at is null")),
        Index("crowds_facility_id_began_at_idx", "facility_id", "began_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    station: Mapped[str]
    threshold: Mapped[int]
    waiting: Mapped[int]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class StayRow(Base):
    """A wait of a visit that is over (`models.stays`)."""

    __tablename__ = "stays"
    __table_args__ = (
        CheckConstraint(one_of("step", Step), name="step"),
        CheckConstraint(one_of("ended_how", HowEnded), name="ended_how"),
        CheckConstraint("ended_at >= since", name="ended_at"),
        Index("stays_facility_id_step_ended_at_idx", "facility_id", "step", "ended_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"), index=True)
    step: Mapped[str]
    triage_category: Mapped[str | None]
    triage_colour: Mapped[str | None]
    since: Mapped[datetime]
    called_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[UUID | None]
    ended_at: Mapped[datetime]
    ended_how: Mapped[str]
    ended_by: Mapped[UUID]
    command_id: Mapped[UUID]


class HandoverRow(Base):
    """A visit that was open at the end of a facility day. `acknowledged_by`: who has taken its task; `settled_at`: when
    something happened on the visit, or the next night came."""

    __tablename__ = "handovers"
    __table_args__ = (
        UniqueConstraint("visit_id", "day"),
        Index("handovers_day_idx", "facility_id", "day"),
    )
    resource = Resource.HANDOVER

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    visit_id: Mapped[UUID] = mapped_column(ForeignKey("visits.id"))
    op_number: Mapped[str]
    day: Mapped[date]
    owner_id: Mapped[UUID | None]
    owner_role: Mapped[str]
    steps: Mapped[list[str]] = mapped_column(ARRAY(Text()))
    words: Mapped[str]
    why_open: Mapped[str]
    task_id: Mapped[UUID] = mapped_column(index=True)
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    acknowledged_by: Mapped[UUID | None]
    acknowledged_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]
