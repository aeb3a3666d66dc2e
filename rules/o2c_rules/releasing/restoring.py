"""What a rollback brings back: a release is undone by a later one that restores what held before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from .authority import Refusal
from .chain import NO_SCOPE, Release, Scope
from .models import Schedule


@dataclass(frozen=True, slots=True)
class Back:
    """A release whose bundle shall hold again, and for whom."""

    release: Release
    scope: Scope


def restored(releases: Sequence[Release], to: int | None, now: datetime) -> tuple[Back, ...]:
    """Release `to`, or what held before the last release; asked again after a rollback, what held before that.

    A release of some contracts gives each of them back what it had: its own model, or the general bundle.
    """
    if not releases:
        raise Refusal("nothing-released", "the store has no releases")
    if to is not None:
        if not 1 <= to <= len(releases):
            raise Refusal("not-found", f"there is no release {to}", "o2c rules releases lists them")
        return (Back(releases[to - 1], releases[to - 1].scope),)
    undone = last = releases[-1]
    while undone.about.restores and not undone.scope.returns:
        undone = releases[undone.about.restores - 1]
    before = Schedule(releases[: undone.n - 1])
    if undone.scope.returns or not before.general.releases:
        raise Refusal("nothing-before", f"nothing held before release {undone.n}", "name a release with --to")
    at = max(min(now, _just_before(undone)), before.general.releases[0].effective_from)
    return _models_before(last, before, at) if last.scope.contracts else (Back(before.at(at), NO_SCOPE),)


def _just_before(release: Release) -> datetime:
    """The last instant at which it did not hold yet: what was to come then and was overruled by it never held."""
    return max(release.effective_from, release.about.released_at or release.effective_from) - timedelta.resolution


def _models_before(last: Release, before: Schedule, at: datetime) -> tuple[Back, ...]:
    """The contracts of a release by what decided each before."""
    general = before.at(at)
    found: dict[int, Release] = {}
    groups: dict[int, list[str]] = {}
    for contract in last.scope.contracts:
        own = before.own(contract, at)
        number = own.n if own else 0
        found[number] = own or general
        groups.setdefault(number, []).append(contract)
    return tuple(Back(found[n], Scope(tuple(groups[n]), returns=n == 0)) for n in sorted(groups))
