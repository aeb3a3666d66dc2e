"""Names that need themselves by way of others: derived facts of a table, decisions of a model."""

from collections.abc import Iterable, Iterator, Mapping


def circles(needs: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, ...]]:
    """Each name from which one comes back to it, with the shortest way there: `a, b, a`. In the order of the names."""
    for start in needs:
        way = _back(start, needs)
        if way is not None:
            yield way


def _back(start: str, needs: Mapping[str, Iterable[str]]) -> tuple[str, ...] | None:
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        longer: list[tuple[str, ...]] = []
        for way in ways:
            for name in needs.get(way[-1], ()):
                if name == start:
                    return (*way, start)
                if name not in seen:
                    seen.add(name)
                    longer.append((*way, name))
        ways = longer
    return None
