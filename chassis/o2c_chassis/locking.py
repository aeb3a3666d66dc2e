"""Locks on the names of families, and who belongs together as far as this process has seen.

A lock on a row cannot guard a row that does not exist yet: two first events of one customer on two topics would each
write the whole row and one would be lost. So the lock is on the family's name.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from o2c_contracts.event import Message
from o2c_rules.releasing.models import Rules

from .database import Db
from .errors import FamilyMoved, HandlerFailed
from .failpoints import failpoint
from .loading import Loading
from .service import Service, by_key
from .working_set import Need, WorkingSet

_REMEMBERED_MOST = 100_000


def lock_text(names: Iterable[str]) -> str:
    """Locks them until the transaction ends, in one order for everybody. For the opening of a transaction."""
    failpoint("path.lock")
    wanted = ",".join(map(str, sorted(map(hash_of, names))))
    return f"select pg_advisory_xact_lock(k) from unnest('{{{wanted}}}'::bigint[]) k"


async def lock_names(db: Db, names: Iterable[str]) -> None:
    """The same in a transaction that is under way."""
    await db.execute(lock_text(names))


@lru_cache(100_000)
def hash_of(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)


class Families:
    """Whom to lock for an event: a guess from what was seen before, checked under the lock.

    Asking the database before the lock would be a round trip for each transaction, and no more certain.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._seen: dict[Need[Any], list[Any]] = {}
        """Rows that told once who belongs together, where the event alone did not."""

    def guess(self, messages: Sequence[Message], rules: Rules) -> list[set[str]]:
        """For each message the names that its family went by when it was last looked at."""
        if self._service.families is by_key:
            return [{m.event.key} for m in messages]
        work = WorkingSet(self._service.name, self._service.keys, rules)
        return [self._guessed(m, work) for m in messages]

    async def check(self, db: Db, loading: Loading, guessed: Sequence[set[str]]) -> None:
        """Under the locks that were guessed: FamilyMoved, and a better guess the next time, where they are others."""
        if await loading.named(db) == guessed:
            return
        if len(self._seen) > _REMEMBERED_MOST:
            self._seen.clear()
        self._seen.update(loading.told_by)
        raise FamilyMoved

    def _guessed(self, message: Message, work: WorkingSet) -> set[str]:
        work.look_at(message)
        asking = self._service.families(message.event, work)
        try:
            while True:
                for n in next(asking):
                    if not work.has(n):
                        work.took([n], self._seen.get(n, ()))
        except StopIteration as end:
            names: set[str] = end.value
            return names
        except Exception as error:
            raise HandlerFailed(f"{type(error).__name__}: {error}") from error
