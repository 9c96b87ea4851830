"""laboratory"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(astext_type=sa.Text())
REPORT = (
    ("flags", JSON),
    ("interpretation", JSON),
    ("catalogue_version", sa.Text()),
    ("reason", sa.Text()),
    ("reported_at", MOMENT),
    ("reported_by", sa.Uuid()),
    ("critical_since", MOMENT),
    ("acknowledged_at", MOMENT),
    ("acknowledged_by", sa.Uuid()),
    ("read_back", JSON),
)
VISIT_LISTS = ("awaited", "critical_results", "untold")


def record_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    ]


def record_keys(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f(f"{table}_facility_id_fkey")),
        sa.ForeignKeyConstraint(["lab_request_id"], ["lab_requests.id"], name=op.f(f"{table}_lab_request_id_fkey")),
        sa.ForeignKeyConstraint(["patient_id"], ["patients.id"], name=op.f(f"{table}_patient_id_fkey")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f(f"{table}_visit_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{table}_pkey")),
    ]


def upgrade() -> None:
    for name, kind in REPORT:
        op.add_column("lab_requests", sa.Column(name, kind, nullable=True))
    op.add_column("lab_requests", sa.Column("former_results", JSON, server_default="[]", nullable=False))
    op.create_index(
        "lab_requests_open_idx",
        "lab_requests",
        ["facility_id"],
        postgresql_where=sa.text("status in ('PENDING', 'PRELIMINARY')"),
    )
    op.create_index(
        "lab_requests_critical_idx",
        "lab_requests",
        ["critical_since"],
        postgresql_where=sa.text("critical_since is not null and acknowledged_at is null"),
    )
    for name in VISIT_LISTS:
        op.add_column("visits", sa.Column(name, JSON, server_default="[]", nullable=False))
    op.add_column("commands", sa.Column("starts", JSON, nullable=True))
    op.create_table(
        "critical_notices",
        sa.Column("lab_request_id", sa.Uuid(), nullable=False),
        sa.Column("critical_since", MOMENT, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("told_role", sa.Text(), nullable=True),
        sa.Column("told_person", sa.Uuid(), nullable=True),
        sa.Column("flags", JSON, nullable=False),
        sa.Column("read_back", JSON, nullable=True),
        *record_columns(),
        sa.CheckConstraint("kind in ('NOTIFIED', 'ACKNOWLEDGED')", name=op.f("critical_notices_kind_check")),
        *record_keys("critical_notices"),
    )
    op.create_table(
        "obligations",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("lab_request_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("is_critical", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        *record_columns(),
        sa.CheckConstraint("kind in ('RESULT_TO_TELL')", name=op.f("obligations_kind_check")),
        sa.CheckConstraint("status in ('OPEN', 'DONE')", name=op.f("obligations_status_check")),
        *record_keys("obligations"),
    )
    op.create_index(
        "obligations_open_idx", "obligations", ["facility_id", "due_at"], postgresql_where=sa.text("status = 'OPEN'")
    )
    for table in ("critical_notices", "obligations"):
        for column in ("lab_request_id", "patient_id", "visit_id"):
            op.create_index(op.f(f"{table}_{column}_idx"), table, [column], unique=False)


def downgrade() -> None:
    op.drop_table("obligations")
    op.drop_table("critical_notices")
    op.drop_column("commands", "starts")
    for name in VISIT_LISTS:
        op.drop_column("visits", name)
    op.drop_index("lab_requests_critical_idx", table_name="lab_requests")
    op.drop_index("lab_requests_open_idx", table_name="lab_requests")
    op.drop_column("lab_requests", "former_results")
    for name, _ in REPORT:
        op.drop_column("lab_requests", name)
