"""A credit note carries its invoice's contract, whose operating model says whom to tell when it cannot arrive."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("credit_notes", sa.Column("contract_id", sa.Text()))
    op.execute(
        "update credit_notes set contract_id = invoices.contract_id from invoices"
        " where invoices.invoice_number = credit_notes.invoice_number"
    )


def downgrade() -> None:
    op.drop_column("credit_notes", "contract_id")
