"""Which bundle decides: by the contract a document belongs to and the instant that counts. Exactly one for each."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, tzinfo

from o2c_rules.rulebook import RuleBook

from .chain import NothingInForce, Release

ASKED_AT_RELEASE = "reference/release-"
"""Tables that no service asks, so that a bundle from before them still runs."""


class Timeline:
    """Releases of one kind as they follow each other in force: the last released that is effective holds."""

    def __init__(self, releases: Iterable[Release]) -> None:
        """`releases` in the order of the chain."""
        kept: list[Release] = []
        for release in releases:
            while kept and kept[-1].effective_from >= release.effective_from:
                kept.pop()  # From its instant on, the later release holds.
            kept.append(release)
        self.releases = tuple(kept)
        self._from = [release.effective_from for release in kept]

    def at(self, instant: datetime) -> Release | None:
        """None before the first."""
        n = bisect_right(self._from, instant)
        return self.releases[n - 1] if n else None


class Schedule:
    """All releases of a chain, sorted by whom they hold for: general ones, and those of single contracts.

    A contract is decided by the last effective release that names it; by the general bundle where there is none, or
    where that release returned it.
    """

    def __init__(self, releases: Sequence[Release]) -> None:
        self.general = Timeline(r for r in releases if r.is_general)
        own: dict[str, list[Release]] = defaultdict(list)
        for release in releases:
            for contract in release.scope.contracts:
                own[contract].append(release)
        self.contracts = {contract: Timeline(found) for contract, found in own.items()}

    def at(self, instant: datetime, contract: str | None = None) -> Release:
        """The release in force. NothingInForce before the first general one."""
        if contract is not None and (own := self.own(contract, instant)):
            return own
        found = self.general.at(instant)
        if found is None:
            raise NothingInForce(
                f"no release of rules is in force at {instant}; the chain has {len(self.general.releases)}"
            )
        return found

    def own(self, contract: str, instant: datetime) -> Release | None:
        """The release of a model of its own; None where the general bundle decides."""
        timeline = self.contracts.get(contract)
        found = timeline.at(instant) if timeline else None
        return None if found is None or found.scope.returns else found

    def holding(self, instant: datetime) -> tuple[Release, ...]:
        """Every release that decides anything at an instant; the general one first."""
        own = {r.n: r for contract in self.contracts if (r := self.own(contract, instant))}
        return (self.at(instant), *(own[n] for n in sorted(own)))

    @property
    def ever_in_force(self) -> frozenset[int]:
        """Numbers of the releases that hold for anybody at any instant."""
        lines = (self.general, *self.contracts.values())
        return frozenset(release.n for line in lines for release in line.releases)


class Models:
    """The books of a service as a slice sees them: only what this service has activated, each usable by its code.

    What lies before the first release is decided by the first.
    """

    def __init__(self, releases: Sequence[Release], book_of: Callable[[str], RuleBook]) -> None:
        self._schedule = Schedule(releases)
        if not self._schedule.general.releases:
            raise NothingInForce("no release that holds for everything is in force")
        self._book_of = book_of
        self.release = self._schedule.general.releases[-1]
        """The general release that came into force last."""
        self.newest = book_of(self.release.bundle)
        """The general book that came into force last."""
        self.single = len(self._schedule.general.releases) == 1 and not self._schedule.contracts

    def of_contracts(self, instant: datetime) -> dict[str, int]:
        """Bundle -> how many contracts have it as a model of their own."""
        own = (self._schedule.own(contract, instant) for contract in self._schedule.contracts)
        return dict(Counter(release.bundle for release in own if release))

    def general(self, instant: datetime) -> RuleBook:
        """The book for everything that has no model of its own."""
        if instant >= self.release.effective_from:
            return self.newest
        found = self._schedule.general.at(instant) or self._schedule.general.releases[0]
        return self._book_of(found.bundle)

    def of(self, contract: str, instant: datetime) -> RuleBook:
        """The book that decides a document of this contract."""
        own = self._schedule.own(contract, instant)
        return self._book_of(own.bundle) if own else self.general(instant)

    def on(self, day: date, zone: tzinfo = UTC, contract: str | None = None) -> RuleBook:
        """The book that decides what its table dates by `day`: the one with which that day began in `zone`."""
        morning = datetime.combine(day, time.min, zone)
        return self.general(morning) if contract is None else self.of(contract, morning)


def lacking(needs: RuleBook | None, book: RuleBook) -> str:
    """Why the code cannot decide by a book: without a table or an outcome it asks for, every customer would stop.

    Nothing where it can. `needs`: the book that the code was written against.
    """
    for table in needs.tables if needs else ():
        if table.startswith(ASKED_AT_RELEASE):
            continue
        assert needs is not None
        wanted = {outcome.name for outcome in needs.versions(table)[-1].outcomes}
        if table not in book.tables:
            return f" lacks the table {table}"
        for version in book.versions(table):
            if without := sorted(wanted - {outcome.name for outcome in version.outcomes}):
                return f": {version.file} lacks {', '.join(without)}"
    return ""


Rules = RuleBook | Models
"""What a slice is handed: one book for everything, or the models in force."""


def general_book(rules: Rules) -> RuleBook:
    """The book where neither contract nor instant is known."""
    return rules.newest if isinstance(rules, Models) else rules
