"""Two channels or customers may give one number: a promise keeps who told it and what, and a further promise of a taken
number gets a name of its own.

Of promises from before nobody knows the channel: whatever says the same of the same customer is taken for their repeat.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    for name in ("source", "content", "namesake_of"):
        op.add_column("promises", sa.Column(name, sa.Text()))
    named = sa.text("namesake_of is not null")
    op.create_index("promises_namesakes", "promises", ["namesake_of"], postgresql_where=named)


def downgrade() -> None:
    op.drop_index("promises_namesakes", "promises")
    for name in ("source", "content", "namesake_of"):
        op.drop_column("promises", name)
