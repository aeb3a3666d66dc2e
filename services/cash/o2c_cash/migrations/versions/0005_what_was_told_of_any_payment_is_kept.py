"""What was told of any payment is kept until it is answered, not only of money whose payer is not known.

Rows from before are all of such money: nobody heard of them under a customer's key.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("escalations", sa.Column("customer_id", sa.Text()))
    op.add_column("escalations", sa.Column("level", sa.Text()))
    op.add_column("escalations", sa.Column("document_id", sa.Text()))
    op.execute("update escalations set level = 'unidentified-overdue', document_id = payment_id")
    op.alter_column("escalations", "level", nullable=False)
    op.alter_column("escalations", "document_id", nullable=False)
    op.add_column("escalations", sa.Column("acknowledged_at", sa.DateTime(timezone=True)))
    op.add_column("escalations", sa.Column("acknowledged_by", sa.Text()))
    op.create_index(
        "escalations_open",
        "escalations",
        ["raised_at", "escalation_id"],
        postgresql_where=sa.text("acknowledged_at is null"),
    )


def downgrade() -> None:
    op.drop_index("escalations_open", "escalations")
    op.execute("delete from escalations where level <> 'unidentified-overdue'")
    for name in ("customer_id", "level", "document_id", "acknowledged_at", "acknowledged_by"):
        op.drop_column("escalations", name)
