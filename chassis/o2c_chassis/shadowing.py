"""Over HTTP: begin and end the trial of a candidate beside the rules that decide, and see where the two differ."""

import asyncio
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from o2c_rules.rulebook import BadTable, RuleBook
from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field

from .acting import BadFields
from .auth import Caller, Who
from .operating import OPERATOR, Done
from .problems import FieldProblem
from .reads import Here
from .shadow import Candidate, as_json

ANALYST = "rules_analyst"


class Tried(BaseModel):
    """Rules to be tried: their files, and which of their tables are meant."""

    model_config = ConfigDict(extra="forbid")
    files: dict[str, Base64Bytes] = Field(min_length=1)
    tables: list[str] = Field(min_length=1)
    since: AwareDatetime | None = None
    """Decisions recorded since then are asked too; from now on where none is given."""


class Trial(BaseModel):
    """A candidate on trial, and how often it would have decided otherwise."""

    service: str
    bundle: str | None
    """None: nothing is on trial."""
    since: datetime | None
    begun_by: str | None
    looked_at: int
    behind: int
    """Recorded decisions not looked at yet."""
    divergences: int
    tables: list[dict[str, Any]]
    problem: str | None
    """Why it is not tried, or no further."""


router = APIRouter(prefix="/shadow")


@router.get("")
async def status(running: Here) -> Trial:
    """How the candidate on trial compares so far."""
    shadow = running.shadow
    found, candidate = shadow.found, shadow.candidate
    return Trial(
        service=running.service.name,
        bundle=candidate.bundle if candidate else None,
        since=candidate.since if candidate else None,
        begun_by=candidate.begun_by if candidate else None,
        looked_at=shadow.looked_at,
        behind=await shadow.behind(),
        divergences=sum(tally.differing for tally in found.tables.values()),
        tables=as_json(found),
        problem=shadow.problem,
    )


@router.put("")
async def begin(running: Here, who: Who, tried: Tried) -> Done:
    """Try these rules, in the place of any others. They decide nothing."""
    _demand(who)
    book = await _compiled(tried)
    since = tried.since or running.clock.now()
    await running.shadow.begin(Candidate(book.hash, tried.files, tuple(tried.tables), since, who.actor))
    return Done(done=True, text=f"bundle {book.hash[:12]} is on trial since {since.isoformat()}")


@router.delete("")
async def end(running: Here, who: Who) -> Done:
    """Try nothing any more."""
    _demand(who)
    was = await running.shadow.end()
    return Done(done=was, text="the trial has ended" if was else "nothing was on trial")


async def _compiled(tried: Tried) -> RuleBook:
    try:
        return await asyncio.to_thread(RuleBook, tried.files)
    except BadTable as error:
        raise BadFields([FieldProblem(field=f.where, text=f.text) for f in error.findings]) from error


def _demand(who: Caller) -> None:
    who.demand(OPERATOR, ANALYST)
