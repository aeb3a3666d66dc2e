"""Built-in functions about lists and contexts. Positions count from 1, or from the end where they are negative."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .functions import Function, Spend, declared, want
from .number_functions import whole
from .operations import EXACT, both, compared, either, equal, sort_of

ITEMS_MOST = 10_000


def _of_all(run: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    """A function of one list, or of its items as so many values."""

    def all_of(*given: Any) -> Any:
        return run(given[0] if len(given) == 1 and isinstance(given[0], list) else list(given))

    return all_of


def _extreme(sign: str) -> Callable[[list[Any]], Any]:
    def run(items: list[Any]) -> Any:
        best = items[0] if items else None
        for item in items[1:]:
            better = compared(sign, item, best)
            if better is None:
                return None
            best = item if better else best
        return best if compared(sign, best, best) is not None else None

    return run


def _sum(items: list[Any]) -> Decimal | None:
    total = Decimal(0)
    for item in items:
        total = EXACT.add(total, want(item, "number"))
    return total if items else None


def _product(items: list[Any]) -> Decimal | None:
    total = Decimal(1)
    for item in items:
        total = EXACT.multiply(total, want(item, "number"))
    return total if items else None


def _mean(items: list[Any]) -> Decimal | None:
    total = _sum(items)
    return None if total is None else EXACT.divide(total, Decimal(len(items)))


def _median(items: list[Any]) -> Decimal | None:
    ordered = sorted(want(item, "number") for item in items)
    if not ordered:
        return None
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return Decimal(ordered[middle])
    return EXACT.divide(EXACT.add(ordered[middle - 1], ordered[middle]), Decimal(2))


def _deviation(items: list[Any]) -> Decimal | None:
    mean = _mean(items)
    if mean is None or len(items) < 2:
        return None
    squares = [EXACT.power(EXACT.subtract(item, mean), Decimal(2)) for item in items]
    return EXACT.sqrt(EXACT.divide(_sum(squares) or Decimal(0), Decimal(len(items) - 1)))


def _mode(items: list[Any]) -> list[Any]:
    counts: dict[Decimal, int] = {}
    for item in items:
        number = want(item, "number")
        counts[number] = counts.get(number, 0) + 1
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


def _all(items: list[Any]) -> bool | None:
    found: bool | None = True
    for item in items:
        found = both(found, want(item, "boolean", "null"))
    return found


def _any(items: list[Any]) -> bool | None:
    found: bool | None = False
    for item in items:
        found = either(found, want(item, "boolean", "null"))
    return found


def _sublist(items: Any, start: Any, length: Any = None) -> list[Any] | None:
    items, at = want(items, "list"), whole(start)
    if at == 0 or abs(at) > len(items):
        return None
    begin = at - 1 if at > 0 else len(items) + at
    return list(items[begin:] if length is None else items[begin : begin + max(whole(length), 0)])


def _inserted(items: Any, position: Any, new: Any) -> list[Any] | None:
    items, at = want(items, "list"), _index(items, position)
    return None if at is None else [*items[:at], new, *items[at:]]


def _removed(items: Any, position: Any) -> list[Any] | None:
    items, at = want(items, "list"), _index(items, position)
    return None if at is None else [*items[:at], *items[at + 1 :]]


def _index(items: list[Any], position: Any) -> int | None:
    at = whole(position)
    return None if at == 0 or abs(at) > len(items) else (at - 1 if at > 0 else len(items) + at)


def _distinct(spend: Spend, items: list[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        spend(1 + len(found) // 16)
        if not any(_same(item, other) for other in found):
            found.append(item)
    return found


def _same(left: Any, right: Any) -> bool:
    return sort_of(left) == sort_of(right) and equal(left, right) is True


def _concatenated(*lists: Any) -> list[Any] | None:
    joined = [item for each in lists for item in want(each, "list")]
    return joined if len(joined) <= ITEMS_MOST else None


def _flat(items: Any) -> list[Any]:
    flat: list[Any] = []
    open_ = [want(items, "list")]
    while open_:
        for at, item in enumerate(each := open_.pop()):
            if isinstance(item, list):
                open_ += [each[at + 1 :], item]
                break
            flat.append(item)
    return flat


def _entries(context: Any) -> list[dict[str, Any]]:
    return [{"key": key, "value": value} for key, value in want(context, "context").items()]


def _reduced(name: str, run: Callable[[list[Any]], Any]) -> Function:
    return Function(name, ("list",), _of_all(run), least=1, many=True)


FUNCTIONS = (
    _reduced("min", _extreme("<")),
    _reduced("max", _extreme(">")),
    _reduced("sum", _sum),
    _reduced("product", _product),
    _reduced("mean", _mean),
    _reduced("median", _median),
    _reduced("stddev", _deviation),
    _reduced("mode", _mode),
    _reduced("all", _all),
    _reduced("any", _any),
    declared("count", "list", lambda items: Decimal(len(want(items, "list")))),
    declared("list contains", "list,element", lambda items, one: any(_same(item, one) for item in want(items, "list"))),
    declared("sublist", "list,start position,length", _sublist, 2),
    Function("append", ("list", "item"), lambda items, *more: [*want(items, "list"), *more], least=2, many=True),
    Function("concatenate", ("list",), _concatenated, least=1, many=True),
    declared("insert before", "list,position,newItem", _inserted),
    declared("remove", "list,position", _removed),
    declared("reverse", "list", lambda items: want(items, "list")[::-1]),
    declared(
        "index of",
        "list,match",
        lambda items, one: [Decimal(n) for n, item in enumerate(want(items, "list"), 1) if _same(item, one)],
    ),
    Function(
        "union",
        ("list",),
        lambda spend, *lists: _distinct(spend, want(_concatenated(*lists), "list")),
        least=1,
        many=True,
        spends=True,
    ),
    Function(
        "distinct values",
        ("list",),
        lambda spend, items: _distinct(spend, want(items, "list")),
        least=1,
        spends=True,
    ),
    declared("flatten", "list", _flat),
    declared("get value", "context,key", lambda context, key: want(context, "context").get(want(key, "string"))),
    declared("get entries", "context", _entries),
)
