"""Whether a service's records are what they must be: its identities, and its decision chains link by link.

A chain that was rewritten whole verifies by itself: it is compared with what this service has told on its topic.
"""

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from .anchors import contradicted
from .decisions import broken, heads
from .running import Running
from .status import status_of


class Checked(BaseModel):
    """One thing that must hold."""

    name: str
    holds: bool
    found: str = ""


class Verified(BaseModel):
    """All of it at one moment; totals of two services may be compared only where neither lags."""

    service: str
    checks: list[Checked]
    chain_heads: dict[str, str]
    totals: dict[str, dict[str, int]]
    """What others keep too: `open` -> `DE01 EUR` -> minor units."""
    settled: bool
    """Everything written was read, everything told was sent."""


async def verified(running: Running, reads: AsyncConnection) -> Verified:
    before = await status_of(running, reads)
    anchors = await running.witness.anchors()
    checks = []
    if running.service.verify is not None:
        checks = [Checked(name=c.name, holds=c.holds, found=c.found) for c in await running.service.verify(reads)]
    async with running.database.transaction() as db:
        problems = [text async for text in broken(db)]
        heads_now = await heads(db)
        contradiction = await contradicted(db, anchors, running.clock.now())
    checks.append(Checked(name="decision-chains", holds=not problems, found="; ".join(problems)))
    found = contradiction or f"{len(anchors)} days were told"
    checks.append(Checked(name="decision-chains-as-told", holds=not contradiction, found=found))
    totals = await running.service.totals(reads) if running.service.totals is not None else {}
    sums = {kind: dict(by_place) for kind, by_place in totals.items()}
    after = await status_of(running, reads)
    quiet = not any(after.lag.values()) and not after.unsent and not after.blocked_customers
    settled = quiet and before.positions == after.positions
    return Verified(service=running.service.name, checks=checks, chain_heads=heads_now, totals=sums, settled=settled)
