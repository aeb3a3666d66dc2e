"""An order's lines are checked against quantity and price when it comes; orders from before are not asked again."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("orders", sa.Column("line_difference_minor", sa.BigInteger(), nullable=False, server_default="0"))
    op.alter_column("orders", "line_difference_minor", server_default=None)


def downgrade() -> None:
    op.drop_column("orders", "line_difference_minor")
