"""What somebody was told of and has not answered: who takes care of it, how much waits, the oldest first.

When it is answered by itself, each service says: its query holds what still waits.
"""

from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar

from o2c_contracts.fields import Id
from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from .commands import Command
from .errors import Refused
from .paging import Asked, Page, page_of

Row = dict[str, Any]


class AcknowledgeEscalation(Command):
    """Somebody takes care of it: it waits for nobody else, and what stops on acknowledgement stops."""

    route: ClassVar[str] = "escalations/{escalation_id}/acknowledge"
    escalation_id: Id

    @property
    def subject(self) -> str:
        return self.escalation_id


class Raised(Protocol):
    """A row of the table `escalations`, which also has `recipient` and `raised_at`."""

    @property
    def customer_id(self) -> str | None: ...
    @property
    def acknowledged_at(self) -> datetime | None: ...
    @property
    def acknowledged_by(self) -> str | None: ...


E = TypeVar("E", bound=Raised)


def unacknowledged(command: AcknowledgeEscalation, found: E | None) -> E:
    """The one that is meant; Refused where this customer has none of that name, or somebody takes care already."""
    if found is None or found.customer_id != command.customer_id:
        raise Refused("no-such-escalation", f"there is no escalation {command.escalation_id}", status=404)
    if found.acknowledged_at is not None:
        raise Refused("acknowledged-already", f"{found.acknowledged_by} takes care of it")
    return found


async def count_of(db: AsyncConnection, waiting: Select[Any]) -> int:
    """How many wait for somebody."""
    return int((await db.execute(select(func.count()).select_from(waiting.subquery()))).scalar_one())


async def oldest_first(db: AsyncConnection, waiting: Select[Any], recipient: str | None, paging: Asked) -> Page[Row]:
    """Those that wait, of one recipient or of all."""
    e = waiting.selected_columns
    if recipient is not None:
        waiting = waiting.where(e.recipient == recipient)
    if paging.after is not None:
        since, last = paging.after
        waiting = waiting.where(tuple_(e.raised_at, e.escalation_id) > (datetime.fromisoformat(str(since)), last))
    found = await db.execute(waiting.order_by(e.raised_at, e.escalation_id).limit(paging.most))
    return page_of([dict(row) for row in found.mappings()], paging, _key)


def _key(row: Row) -> list[str | int]:
    return [row["raised_at"].isoformat(), row["escalation_id"]]
