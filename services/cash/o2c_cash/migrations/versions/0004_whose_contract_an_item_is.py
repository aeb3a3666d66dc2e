"""An item carries the contract under which it was invoiced, so that its operating model decides about it.

Items from before name none: their invoices were heard long ago, and the general bundle goes on deciding about them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("open_items", sa.Column("contract_id", sa.Text()))


def downgrade() -> None:
    op.drop_column("open_items", "contract_id")
