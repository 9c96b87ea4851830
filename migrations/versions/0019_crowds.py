"""crowds: when more waited at a station than the clinic's policy wants"""

import sqlalchemy as sa
from alembic import op


revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

TABLE = "crowds"
MOMENT = sa.DateTime(timezone=True)
STATIONS = (
    "TRIAGE",
    "CONSULTATION",
    "LABORATORY",
    "PHARMACY",
    "IMMUNIZATION",
    "FAMILY_PLANNING",
    "MCH",
    "CASHIER",
)


def upgrade() -> None:
    listed = ", ".join(f"'{station}'" for station in STATIONS)
    op.create_table(
        TABLE,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("facility_id", sa.Uuid(), nullable=False),
        sa.Column("station", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("threshold", "waiting")),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.CheckConstraint(f"station in ({listed})", name=op.f(f"{TABLE}_station_check")),
        sa.CheckConstraint("ended_at >= began_at", name=op.f(f"{TABLE}_ended_at_check")),
        sa.ForeignKeyConstraint(["facility_id"], ["facilities.id"], name=op.f(f"{TABLE}_facility_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"{TABLE}_pkey")),
    )
    op.create_index(
        f"{TABLE}_lasting_idx",
        TABLE,
        ["facility_id", "station"],
        unique=True,
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index(f"{TABLE}_facility_id_began_at_idx", TABLE, ["facility_id", "began_at"])


def downgrade() -> None:
    op.drop_table(TABLE)
