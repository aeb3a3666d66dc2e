"""Amendments may be agreed against the order of their dates: a version keeps what its amendment gave by itself.

Of versions from before, what is otherwise than in the version they were built on is taken as given.
"""

import json
from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_VERSIONS = sa.table(
    "contract_versions",
    sa.column("customer_id", sa.Text()),
    sa.column("contract_id", sa.Text()),
    sa.column("version", sa.BigInteger()),
    sa.column("effective_on", sa.Date()),
    sa.column("ends_on", sa.Date()),
    sa.column("terms_days", sa.BigInteger()),
    sa.column("attributes", sa.Text()),
    sa.column("lines", sa.Text()),
    sa.column("said", sa.Text()),
)


def upgrade() -> None:
    op.add_column("contract_versions", sa.Column("said", sa.Text(), nullable=False, server_default="{}"))
    op.alter_column("contract_versions", "said", server_default=None)
    c = _VERSIONS.c
    contracts: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in op.get_bind().execute(sa.select(_VERSIONS).order_by(c.customer_id, c.contract_id, c.version)).all():
        before = contracts[row.customer_id, row.contract_id]
        if before:
            said = json.dumps(_said(_base(before, row), row), ensure_ascii=False)
            this = (c.customer_id == row.customer_id, c.contract_id == row.contract_id, c.version == row.version)
            op.get_bind().execute(sa.update(_VERSIONS).where(*this).values(said=said))
        before.append(row)


def downgrade() -> None:
    op.drop_column("contract_versions", "said")


def _base(before: list[Any], row: Any) -> Any:
    """The version that was in force, of those known by then, when this one was to begin."""
    holding = [v for v in before if v.effective_on <= row.effective_on]
    return max(holding, key=lambda v: (v.effective_on, v.version), default=before[0])


def _said(base: Any, row: Any) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if row.ends_on != base.ends_on and row.ends_on is not None:
        said["ends_on"] = row.ends_on.isoformat()
    if row.terms_days != base.terms_days:
        said["terms_days"] = row.terms_days
    before, after = json.loads(base.attributes), json.loads(row.attributes)
    if changed := {name: text for name, text in after.items() if before.get(name) != text}:
        said["attributes"] = changed
    if row.lines != base.lines:
        said["lines"] = json.loads(row.lines)
    return said
