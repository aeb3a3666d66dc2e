"""What was proposed and has no second person yet, or has one: files beside the bundles, each written once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from o2c_rules.bundles import Store, StoreProblem, write_whole

from .authority import Refusal

FOLDER = "proposals"
_ID = re.compile(r"P-([1-9][0-9]{0,8})")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A bundle that somebody would like to have in force."""

    id: str
    bundle: str
    base: str
    """The bundle that it would take the place of."""
    tables: tuple[str, ...]
    """What differs from the base."""
    author: str
    ticket: str
    message: str
    proposed_at: datetime
    effective_from: datetime | None
    """None: as soon as it is released and every service had its time to read it."""
    contracts: tuple[str, ...]
    reports: Mapping[str, str]
    """Report -> SHA-256."""
    against: tuple[str, ...] = ()
    """What speaks against releasing it, in sentences."""


@dataclass(frozen=True, slots=True)
class Review:
    """What a second person said."""

    by: str
    approved: bool
    comment: str
    at: datetime
    digest: str
    """SHA-256 of the proposal that was looked at."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A proposal and what became of it."""

    proposal: Proposal
    review: Review | None = None
    released: tuple[int, ...] = field(default=())
    """The number of its release."""

    @property
    def state(self) -> str:
        """`open`, `approved`, `refused` or `released`."""
        if self.released:
            return "released"
        return "open" if self.review is None else "approved" if self.review.approved else "refused"


class Proposals:
    """The proposals of one store. Whoever writes holds the store's lock."""

    def __init__(self, store: Store) -> None:
        self._folder = store.folder / FOLDER

    def __iter__(self) -> Iterator[Filed]:
        return (self[f"P-{n}"] for n in self._numbers())

    def __getitem__(self, id_: str) -> Filed:
        """Refusal where there is none of that name."""
        place = self._place(id_)
        body = _read(place / "proposal.json")
        if body is None:
            raise Refusal("not-found", f"there is no proposal {id_}", "o2c rules review lists them")
        review, released = _read(place / "review.json"), _read(place / "released.json")
        return Filed(_proposal(place, body), _review(place, review), tuple(released["releases"]) if released else ())

    def next_id(self) -> str:
        """The name of the next one."""
        return f"P-{max(self._numbers(), default=0) + 1}"

    def digest(self, id_: str) -> str:
        """SHA-256 of a proposal as it lies there."""
        return sha256((self._place(id_) / "proposal.json").read_bytes()).hexdigest()

    def add(self, proposal: Proposal) -> None:
        """Keep it; what was kept is never written again."""
        self._write(proposal.id, "proposal", asdict(proposal) | {"reports": dict(proposal.reports)})

    def reviewed(self, id_: str, review: Review) -> None:
        """Keep what the second person said."""
        self._write(id_, "review", asdict(review))

    def released(self, id_: str, release: int) -> None:
        """Keep which release it became."""
        self._write(id_, "released", {"releases": [release]})

    def became(self) -> Iterator[tuple[str, int]]:
        """Each proposal that was released, with the number of its release. StoreProblem where that cannot be read."""
        for n in self._numbers():
            place = self._place(f"P-{n}") / "released.json"
            for release in (_read(place) or {"releases": ()}).get("releases", ()):
                if not isinstance(release, int):
                    raise StoreProblem(f"{place} is not what was written")
                yield f"P-{n}", release

    def _numbers(self) -> list[int]:
        names = [p.name for p in self._folder.iterdir()] if self._folder.is_dir() else []
        return sorted(int(found[1]) for name in names if (found := _ID.fullmatch(name)))

    def _place(self, id_: str) -> Path:
        if not _ID.fullmatch(id_):
            raise Refusal("not-found", f"{id_[:40]!r} is no name of a proposal", "they are called P-1, P-2, …")
        return self._folder / id_

    def _write(self, id_: str, name: str, body: Mapping[str, Any]) -> None:
        place = self._place(id_) / f"{name}.json"
        if place.exists():
            raise Refusal("already-said", f"the {name} of {id_} is there already", "o2c rules review " + id_)
        write_whole(place, orjson.dumps(body, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        body = orjson.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreProblem(f"{path} cannot be read: {error}") from error
    if not isinstance(body, dict):
        raise StoreProblem(f"{path} is not what was written")
    return body


def _proposal(place: Path, body: Mapping[str, Any]) -> Proposal:
    try:
        from_ = body["effective_from"]
        return Proposal(
            id=body["id"],
            bundle=body["bundle"],
            base=body["base"],
            tables=tuple(body["tables"]),
            author=body["author"],
            ticket=body["ticket"],
            message=body["message"],
            proposed_at=datetime.fromisoformat(body["proposed_at"]),
            effective_from=datetime.fromisoformat(from_) if from_ else None,
            contracts=tuple(body["contracts"]),
            reports=dict(body["reports"]),
            against=tuple(body["against"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise StoreProblem(f"{place} is not what was written ({error})") from error


def _review(place: Path, body: Mapping[str, Any] | None) -> Review | None:
    if body is None:
        return None
    try:
        at = datetime.fromisoformat(body["at"])
        return Review(body["by"], body["approved"] is True, body["comment"], at, body["digest"])
    except (KeyError, TypeError, ValueError) as error:
        raise StoreProblem(f"{place} is not what was written ({error})") from error
