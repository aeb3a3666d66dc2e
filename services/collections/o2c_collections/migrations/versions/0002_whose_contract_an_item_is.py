"""Items and letters carry their contract, so that its operating model decides about them.

Items from before name none: their invoices were heard long ago, and the general bundle goes on deciding about them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    for table in ("items", "notices"):
        op.add_column(table, sa.Column("contract_id", sa.Text()))


def downgrade() -> None:
    for table in ("items", "notices"):
        op.drop_column(table, "contract_id")
