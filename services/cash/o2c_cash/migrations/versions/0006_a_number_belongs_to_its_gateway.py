"""Two gateways may give one number: each document keeps who numbered it and what it said, and a further document of a
taken number gets a name of its own.

Of rows from before nobody knows the gateway: whatever repeats what is kept of them is taken for their repeat.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
TABLES = ("payments", "remittances", "payment_returns")
DOUBTED = ("payments", "payment_returns")


def upgrade() -> None:
    for table in TABLES:
        for name in ("source", "content", "namesake_of"):
            op.add_column(table, sa.Column(name, sa.Text()))
        named = sa.text("namesake_of is not null")
        op.create_index(f"{table}_namesakes", table, ["namesake_of"], postgresql_where=named)
    for table in DOUBTED:
        op.add_column(table, sa.Column("doubted", sa.Boolean(), nullable=False, server_default=sa.false()))
        op.alter_column(table, "doubted", server_default=None)


def downgrade() -> None:
    for table in DOUBTED:
        op.drop_column(table, "doubted")
    for table in TABLES:
        op.drop_index(f"{table}_namesakes", table)
        for name in ("source", "content", "namesake_of"):
            op.drop_column(table, name)
