"""Whether the record of releases is whole: a chain whose last lines are gone still adds up by itself, so that others
are asked who saw them. Changes nothing."""

from collections.abc import Iterator, Mapping

from o2c_rules.bundles import BrokenChain, Release, Store, StoreProblem

from .proposals import Proposals


def verified_whole(store: Store) -> tuple[Release, ...]:
    """Chain, tables, reports, and each release that a proposal became. BrokenChain names the first bad release."""
    releases = store.verify()
    try:
        became = sorted((n, id_) for id_, n in Proposals(store).became())
    except StoreProblem as error:
        raise BrokenChain(len(releases), str(error)) from error
    for n, id_ in became:
        if n > len(releases):
            raise BrokenChain(n, f"it is gone: {id_} became it, and the record {_ends(releases)}")
        if releases[n - 1].about.proposal != id_:
            raise BrokenChain(n, f"{id_} became it, and it was made from {releases[n - 1].about.proposal or 'none'}")
    return releases


def unrecorded(releases: tuple[Release, ...], read: Mapping[str, int]) -> Iterator[str]:
    """Sentences about services that have read more releases than the record has. `read`: service -> releases read."""
    for service, n in sorted(read.items()):
        if n > len(releases):
            yield f"release {n}: it is gone: {service} has read it, and the record {_ends(releases)}"


def _ends(releases: tuple[Release, ...]) -> str:
    return f"ends with release {len(releases)}" if releases else "is empty"
