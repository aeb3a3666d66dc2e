"""Releases as lines of a chain: each is hashed over its content and the line before, so that no byte changes unseen."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson

GENESIS = "0" * 64
CONTRACTS_MOST = 20_000
"""Contracts that one release may name."""


class StoreProblem(Exception):
    """The store cannot be used as it is; the text says why."""


class BrokenChain(StoreProblem):
    """A line of the releases is not what was once written. `release` is the number of the first bad one."""

    def __init__(self, release: int, why: str) -> None:
        super().__init__(f"release {release}: {why}")
        self.release = release


class NothingInForce(StoreProblem):
    """No release holds yet at an instant."""


@dataclass(frozen=True, slots=True)
class Approval:
    """Who stands for a release: two people, and the ticket they speak of."""

    author: str
    approver: str
    ticket: str

    def __post_init__(self) -> None:
        if not (self.author and self.approver and self.ticket):
            raise StoreProblem("a release names its author, its approver and a ticket")
        if self.author == self.approver:
            raise StoreProblem(f"{self.author} may not approve what {self.author} wrote")


@dataclass(frozen=True, slots=True)
class Override:
    """A named person released in spite of what spoke against it."""

    by: str
    reason: str
    against: tuple[str, ...]
    """What would have kept it back, in sentences."""


@dataclass(frozen=True, slots=True)
class Scope:
    """For which contracts a release holds; nothing named: for everything that no other release claims."""

    contracts: tuple[str, ...] = ()
    returns: bool = False
    """These contracts leave their own model and are decided by the general bundle again."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a release tells beside bundle, instant and people. Lines from before this was told have none of it."""

    released_at: datetime | None = None
    released_by: str = ""
    proposal: str = ""
    message: str = ""
    base: str = ""
    """The bundle that the proposal was made from."""
    restores: int = 0
    """The release that this one brings back."""
    reports: Mapping[str, str] = field(default_factory=dict)
    """Report of the bundle -> SHA-256 of its bytes."""
    override: Override | None = None


NO_SCOPE, NO_CIRCUMSTANCES = Scope(), Circumstances()


@dataclass(frozen=True, slots=True)
class Release:
    """A bundle that holds from an instant on, until a later release holds."""

    n: int
    bundle: str
    effective_from: datetime
    approval: Approval
    previous: str
    """The hash of the release before."""
    hash: str
    scope: Scope = NO_SCOPE
    about: Circumstances = NO_CIRCUMSTANCES

    @property
    def is_general(self) -> bool:
        """Whether it holds for whatever no other release claims."""
        return not self.scope.contracts

    def as_line(self) -> bytes:
        """Its line in the chain."""
        return _canonical(body_of(self) | {"hash": self.hash}) + b"\n"


def chained(last: Release | None, made: Release) -> Release:
    """The release as the next link behind `last`; number, previous hash and hash are given here."""
    instant = made.effective_from.astimezone(UTC)
    linked = replace(
        made, n=last.n + 1 if last else 1, effective_from=instant, previous=last.hash if last else GENESIS, hash=""
    )
    return replace(linked, hash=_hash(linked))


def verified(content: bytes) -> Iterator[Release]:
    """The releases of a chain, one by one. BrokenChain at the first that is not what was written."""
    previous = GENESIS
    lines = content.split(b"\n")
    for n, line in enumerate(lines[:-1], 1):
        release = _parsed(n, line)
        if release.n != n or release.previous != previous or release.hash != _hash(release):
            raise BrokenChain(n, "its hash is not the one that its content and the release before it give")
        if release.as_line() != line + b"\n":
            raise BrokenChain(n, "it is not written the way it was released")
        previous = release.hash
        yield release
    if lines[-1]:
        raise BrokenChain(len(lines), "its line has no end")


def body_of(release: Release) -> dict[str, Any]:
    """Everything its hash is over. What is not told is not there, so that old lines keep their hashes."""
    about, scope = release.about, release.scope
    more = {
        "released_at": about.released_at.isoformat() if about.released_at else None,
        "released_by": about.released_by,
        "proposal": about.proposal,
        "message": about.message,
        "base": about.base,
        "restores": about.restores,
        "reports": dict(about.reports),
        "override": _override(about.override),
        "contracts": list(scope.contracts),
        "returns": scope.returns,
    }
    return {
        "n": release.n,
        "bundle": release.bundle,
        "effective_from": release.effective_from.isoformat(),
        "author": release.approval.author,
        "approver": release.approval.approver,
        "ticket": release.approval.ticket,
        "previous": release.previous,
        **{name: value for name, value in more.items() if value},
    }


def _override(made: Override | None) -> dict[str, Any] | None:
    return {"by": made.by, "reason": made.reason, "against": list(made.against)} if made else None


def _hash(release: Release) -> str:
    return hashlib.sha256(_canonical(body_of(release))).hexdigest()


def _canonical(body: Mapping[str, Any]) -> bytes:
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def _parsed(n: int, line: bytes) -> Release:
    try:
        body = orjson.loads(line)
        return Release(
            n=body["n"],
            bundle=body["bundle"],
            effective_from=_instant(body["effective_from"]),
            approval=Approval(body["author"], body["approver"], body["ticket"]),
            previous=body["previous"],
            hash=body["hash"],
            scope=Scope(tuple(body.get("contracts", ())), body.get("returns", False)),
            about=_circumstances(body),
        )
    except (ValueError, TypeError, KeyError, AttributeError, StoreProblem) as error:
        raise BrokenChain(n, f"it cannot be read ({error})") from error


def _circumstances(body: Mapping[str, Any]) -> Circumstances:
    over, told = body.get("override"), body.get("released_at")
    return Circumstances(
        released_at=_instant(told) if told else None,
        released_by=body.get("released_by", ""),
        proposal=body.get("proposal", ""),
        message=body.get("message", ""),
        base=body.get("base", ""),
        restores=body.get("restores", 0),
        reports=dict(body.get("reports", {})),
        override=Override(over["by"], over["reason"], tuple(over["against"])) if over else None,
    )


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} names no zone")
    return instant
