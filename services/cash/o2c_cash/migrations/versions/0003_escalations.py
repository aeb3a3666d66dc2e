"""Money whose payer is not known has no customer to tell of: who was told that it waits is kept here."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "escalations",
        sa.Column("escalation_id", sa.Text(), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=False),
        sa.Column("legal_entity", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("escalation_id"),
    )
    op.create_index("escalations_by_payment", "escalations", ["payment_id"])


def downgrade() -> None:
    op.drop_table("escalations")
