"""A number that others give belongs to its customer: two customers may use the same, for contracts, orders, deliveries.

A contract's next month is woken up under the customer's name too, so that no other customer's contract moves it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEYS = {
    "contracts": "contract_id",
    "orders": "order_id",
    "charges": "line_id",
    "drafts": "draft_id",
    "requests": "request_id",
}
OWN = {
    "ix_charges_contract_line": ["contract_id", "contract_line_id"],
    "ix_charges_contract_status": ["contract_id", "status"],
}
SINGLE = {
    "ix_charges_delivery_id": ("charges", "delivery_id"),
    "ix_charges_draft_id": ("charges", "draft_id"),
    "ix_charges_order_id": ("charges", "order_id"),
    "ix_contracts_customer_id": ("contracts", "customer_id"),
    "ix_orders_customer_id": ("orders", "customer_id"),
    "ix_requests_customer_id": ("requests", "customer_id"),
    "ix_requests_document_id": ("requests", "document_id"),
}
BY_CUSTOMER = {
    "ix_charges_delivery": ("charges", "delivery_id"),
    "ix_charges_draft": ("charges", "draft_id"),
    "ix_charges_order": ("charges", "order_id"),
    "ix_requests_document": ("requests", "document_id"),
}
_QUOTED = "replace(replace(customer_id, '%', '%25'), '/', '%2F')"


def upgrade() -> None:
    for table, number in KEYS.items():
        _keyed(table, number, "customer_id")
    for index, (table, _) in SINGLE.items():
        op.drop_index(index, table)
    for index, columns in OWN.items():
        op.drop_index(index, "charges")
        op.create_index(index, "charges", ["customer_id", *columns])
    for index, (table, column) in BY_CUSTOMER.items():
        op.create_index(index, table, ["customer_id", column])
    op.execute(
        sa.text(
            f"update deadlines set subject = {_QUOTED} || '/' || subject"
            " where kind = 'recurring' and customer_id is not null"
        )
    )


def downgrade() -> None:
    """Fails where two customers use one number: the older form cannot hold that."""
    op.execute(
        sa.text(
            f"update deadlines set subject = substr(subject, length({_QUOTED}) + 2)"
            " where kind = 'recurring' and customer_id is not null"
        )
    )
    for index, (table, _) in BY_CUSTOMER.items():
        op.drop_index(index, table)
    for index, columns in OWN.items():
        op.drop_index(index, "charges")
        op.create_index(index, "charges", columns)
    for index, (table, column) in SINGLE.items():
        op.create_index(index, table, [column])
    for table, number in KEYS.items():
        _keyed(table, number)


def _keyed(table: str, *columns: str) -> None:
    op.drop_constraint(f"{table}_pkey", table, type_="primary")
    op.create_primary_key(f"{table}_pkey", table, list(columns))
