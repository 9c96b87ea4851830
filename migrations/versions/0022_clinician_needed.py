"""who came past the clinician and turned out to be in danger waits for one"""

import sqlalchemy as sa
from alembic import op


revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("visits", sa.Column("clinician_needed", sa.Boolean(), server_default="false", nullable=False))


def downgrade() -> None:
    op.drop_column("visits", "clinician_needed")
