"""Looks at many blocks of history, on as many processors as there are; what is found comes in the blocks' order."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from .manifest import Part
from .reading import Block, blocks_of, decision_parts

ALONE_LINES = 30_000
"""Fewer decisions than these are looked at in this process: starting others takes longer."""
Q = TypeVar("Q")
F = TypeVar("F")
Look = Callable[[list[bytes]], F]
"""From the lines of a block to what was found in them."""
Done = Callable[[int], None]
"""Called with how many more decisions have been looked at."""
_look: Look[Any]


class Window(NamedTuple):
    """Which recorded decisions are looked at: by the instant at which their cause was recorded, both ends included."""

    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        return (self.since is None or at >= self.since) and (self.until is None or at <= self.until)

    def touches(self, part: Part) -> bool:
        """Whether a file may hold decisions of it."""
        if part.first_at is None or part.last_at is None:
            return False
        first, last = datetime.fromisoformat(part.first_at), datetime.fromisoformat(part.last_at)
        return (self.since is None or last >= self.since) and (self.until is None or first <= self.until)

    @property
    def is_open(self) -> bool:
        return self.since is None and self.until is None


EVER = Window()


def blocks_within(root: Path, window: Window, tables: Sequence[str] = ()) -> list[Block]:
    """The blocks that may hold decisions of these tables (of all, where none is named) from this window."""
    return [
        block
        for folder, part in decision_parts(root)
        if window.touches(part) and (not tables or not part.tables.keys().isdisjoint(tables))
        for block in blocks_of(folder, part)
    ]


def over(
    blocks: Sequence[Block], made: Callable[[Q], Look[F]], asked: Q, *, processes: int = 1, done: Done = lambda n: None
) -> Iterator[F]:
    """What `made(asked)` finds in each block. `made` is a class or function of a module, and `asked` can be copied to
    another process; what it looks with is made once in each."""
    if processes < 2 or sum(block.lines for block in blocks) < ALONE_LINES:
        look = made(asked)
        for block in blocks:
            yield look(block.read())
            done(block.lines)
        return
    # Spawned, not forked: a fork of a process with threads and an engine's handles inherits both broken.
    with ProcessPoolExecutor(processes, get_context("spawn"), _begin, (made, asked)) as pool:
        for block, found in zip(blocks, pool.map(_at, blocks), strict=True):
            yield found
            done(block.lines)


def _begin(made: Callable[[Any], Look[Any]], asked: Any) -> None:
    global _look  # noqa: PLW0603 - one process looks with one thing
    _look = made(asked)


def _at(block: Block) -> Any:
    return _look(block.read())
