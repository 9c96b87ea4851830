"""since when a stated age is so many years"""

import sqlalchemy as sa
from alembic import op


revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("patients", sa.Column("age_stated_on", sa.Date(), nullable=True))
    op.execute("""
        update patients set age_stated_on = (registration_date at time zone 'Africa/Nairobi')::date
        where age is not null
    """)


def downgrade() -> None:
    op.drop_column("patients", "age_stated_on")
