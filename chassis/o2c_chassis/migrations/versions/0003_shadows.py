"""Rules on trial beside those that decide: kept here, so that every process tries them after a restart."""

from alembic import op

revision = "0003"
down_revision = "0002"
STATEMENT = """
CREATE TABLE shadows (
    bundle TEXT NOT NULL,
    files BYTEA NOT NULL,
    tables TEXT[] NOT NULL,
    since TIMESTAMP WITH TIME ZONE NOT NULL,
    begun_by TEXT NOT NULL,
    PRIMARY KEY (bundle)
)
"""


def upgrade() -> None:
    op.execute(STATEMENT)


def downgrade() -> None:
    op.execute("DROP TABLE shadows")
