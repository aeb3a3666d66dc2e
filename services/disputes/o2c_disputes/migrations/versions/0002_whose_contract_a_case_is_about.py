"""Invoices and cases carry their contract, so that its operating model decides about them.

What is there already names none: its invoices were heard long ago, and the general bundle goes on deciding about it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("items", "cases"):
        op.add_column(table, sa.Column("contract_id", sa.Text()))


def downgrade() -> None:
    for table in ("items", "cases"):
        op.drop_column(table, "contract_id")
