"""entered in error: marks on every clinical record; referrals out, their feedback, cancelled obligations"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

MARKED = (
    "patient_encounters",
    "diagnoses",
    "prescriptions",
    "medication_dispenses",
    "lab_requests",
    "referrals",
    "patient_immunizations",
    "vaccine_reactions",
    "patient_family_planning",
    "patient_mch_services",
)


def moment(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def person(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), nullable=True)


def words(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=True)


def listed(name: str) -> sa.Column[Any]:
    return sa.Column(name, postgresql.JSONB(), server_default="[]", nullable=False)


def marks() -> tuple[sa.Column[Any], ...]:
    return (moment("entered_in_error_at"), person("entered_in_error_by"), words("entered_in_error_reason"))


def added() -> dict[str, tuple[sa.Column[Any], ...]]:
    """Made anew each time: a column belongs to one table."""
    return {
        "visits": (listed("referred_out"), moment("observation_ended_at")),
        "referrals": (
            person("answered_by"),
            sa.Column("replaces_consultation", sa.Boolean(), nullable=True),
            words("facility_name"),
            words("urgency"),
            words("clinical_summary"),
            moment("feedback_by"),
            words("feedback"),
            words("feedback_from"),
            sa.Column("feedback_on", sa.Date(), nullable=True),
            moment("feedback_at"),
            person("feedback_recorded_by"),
            words("rules_version"),
            moment("cancelled_at"),
            person("cancelled_by"),
            words("cancel_reason"),
        ),
        "obligations": (person("referral_id"),),
    }


def checked(table: str, name: str, condition: str) -> None:
    op.create_check_constraint(op.f(f"{table}_{name}_check"), table, condition)


def unchecked(table: str, *names: str) -> None:
    for name in names:
        op.drop_constraint(op.f(f"{table}_{name}_check"), table)


def upgrade() -> None:
    for table in MARKED:
        for column in marks():
            op.add_column(table, column)
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
    op.alter_column("referrals", "station", nullable=True)
    checked("referrals", "whereto", "num_nonnulls(station, facility_name) = 1")
    name = op.f("obligations_referral_id_fkey")
    op.create_foreign_key(name, "obligations", "referrals", ["referral_id"], ["id"])
    op.create_index(op.f("obligations_referral_id_idx"), "obligations", ["referral_id"], unique=False)
    unchecked("obligations", "kind", "about", "status")
    checked("obligations", "kind", "kind in ('RESULT_TO_TELL', 'DRUGS_OWED', 'REFERRAL_FEEDBACK')")
    checked("obligations", "about", "num_nonnulls(lab_request_id, prescription_id, referral_id) = 1")
    checked("obligations", "status", "status in ('OPEN', 'DONE', 'CANCELLED')")


def downgrade() -> None:
    """What the older classes have no place for goes: referrals out, and what is owed because of them."""
    op.execute("delete from obligations where kind = 'REFERRAL_FEEDBACK'")
    op.execute("update obligations set status = 'DONE' where status = 'CANCELLED'")
    op.execute("delete from referrals where station is null")
    unchecked("obligations", "kind", "about", "status")
    checked("obligations", "kind", "kind in ('RESULT_TO_TELL', 'DRUGS_OWED')")
    checked("obligations", "about", "(lab_request_id is null) <> (prescription_id is null)")
    checked("obligations", "status", "status in ('OPEN', 'DONE')")
    unchecked("referrals", "whereto")
    op.alter_column("referrals", "station", nullable=False)
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
    for table in MARKED:
        for column in marks():
            op.drop_column(table, column.name)
