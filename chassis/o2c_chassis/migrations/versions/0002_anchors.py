"""The heads of the decision chains are told once a day: which days were told outlives the process that told them."""

from alembic import op

revision = "0002"
down_revision = "0001"
STATEMENT = """
CREATE TABLE anchors (
    day DATE NOT NULL,
    told_at TIMESTAMP WITH TIME ZONE NOT NULL,
    PRIMARY KEY (day)
)
"""


def upgrade() -> None:
    op.execute(STATEMENT)


def downgrade() -> None:
    op.execute("DROP TABLE anchors")
