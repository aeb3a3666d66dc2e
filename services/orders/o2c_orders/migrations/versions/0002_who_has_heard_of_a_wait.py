"""Operators ask how many waits somebody was told of: the share of the target at which the last notice went out."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("holds", sa.Column("noticed", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("holds", "noticed", server_default=None)
