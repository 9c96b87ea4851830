"""how visits end and come back"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def added() -> dict[str, tuple[sa.Column[Any], ...]]:
    """Made anew each time: a column belongs to one table."""
    json = postgresql.JSONB(astext_type=sa.Text())
    return {
        "patients": (sa.Column("deceased_at", sa.DateTime(timezone=True), nullable=True),),
        "visits": (
            sa.Column("ending", json, nullable=True),
            sa.Column("death", json, nullable=True),
            sa.Column("undone_ends", json, server_default="[]", nullable=False),
        ),
    }


def upgrade() -> None:
    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)


def downgrade() -> None:
    for table, columns in added().items():
        for column in columns:
            op.drop_column(table, column.name)
