"""An approval says what it is about, and with which others it adds up."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    for column in ("concerns", "counts_with"):
        op.execute(f"ALTER TABLE approvals ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")


def downgrade() -> None:
    for column in ("concerns", "counts_with"):
        op.execute(f"ALTER TABLE approvals DROP COLUMN {column}")
