"""What did not agree, since when, and what was done about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.reconciliation import Code, Repair
from models.staff import Role
from models.tables.base import Base, one_of


class ReconciliationFindingRow(Base):
    """One difference, from its first look to the look that no longer found it (`gone_at`); should it come back, that
    is another row. `times`: how often it was seen; `repairs`: how often something was done about it by itself.

    `since`: when the accounts were last known to be well, where that is known. `run`: the workflow that it is about.
    """

    __tablename__ = "reconciliation_findings"
    __table_args__ = (
        CheckConstraint(one_of("code", Code), name="code"),
        CheckConstraint(one_of("repair", Repair), name="repair"),
        CheckConstraint(one_of("who", Role), name="who"),
        Index(
            "reconciliation_findings_standing_idx",
            "code",
            "subject",
            "subject_id",
            unique=True,
            postgresql_where=text("gone_at is null"),
        ),
        Index("reconciliation_findings_facility_id_first_seen_idx", "facility_id", "first_seen"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    facility_id: Mapped[UUID] = mapped_column(ForeignKey("facilities.id"))
    code: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[UUID]
    visit_id: Mapped[UUID | None]
    words: Mapped[str]
    advice: Mapped[str]
    who: Mapped[str]
    repair: Mapped[str]
    run: Mapped[str]
    since: Mapped[datetime | None]
    first_seen: Mapped[datetime]
    last_seen: Mapped[datetime]
    times: Mapped[int]
    repairs: Mapped[int]
    repaired_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]
