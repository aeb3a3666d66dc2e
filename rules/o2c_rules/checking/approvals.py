"""Laws of approval matrices: more money never needs less approval, and every currency has every band."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from o2c_rules.index import bits
from o2c_rules.values import Value

from .flaws import Flaw, FlawKind
from .people import Staff, steps_of
from .space import Box, Column
from .subject import Subject
from .wording import box_text, side_text


def monotone(subject: Subject, staff: Staff) -> Iterator[Flaw]:
    """More of an amount, everything else alike, asks for no fewer and no lower people."""
    told: set[tuple[str, ...]] = set()
    for amount in filter(None, (_column(subject, name) for name in subject.parts("amount"))):
        for box, rows in subject.leaves(subject.space.present, [amount]):
            for lower, upper in pairwise(_amounts(amount)):
                flaw = _step(subject, staff, amount, (box, rows), (lower, upper))
                if flaw and flaw.rows not in told:
                    told.add(flaw.rows)
                    yield flaw


def _column(subject: Subject, name: str) -> Column | None:
    return next((column for column in subject.space.columns if column.name == name), None)


def _amounts(amount: Column) -> list[int]:
    """The places from zero on; nobody gives up less than nothing."""
    zero = amount.coder.place(0)
    return [place for place in amount.places if place >= zero]


def _step(
    subject: Subject, staff: Staff, amount: Column, leaf: tuple[Box, int], places: tuple[int, int]
) -> Flaw | None:
    (box, rows), name = leaf, subject.part("steps")
    codes = [amount.coder.of_place[place] for place in places]
    masks = [rows & amount.rows_of_code[code] for code in codes]
    if masks[0] == masks[1]:
        return None
    less, more = (subject.answer(mask, name) for mask in masks)
    if _at_least(more, less, staff, subject.parts("own")):
        return None
    boxes = [subject.narrowed(box, amount, 1 << code) for code in codes]
    example = subject.partition.witness.facts(boxes[1])
    if example is None or subject.partition.witness.facts(boxes[0]) is None:
        return None
    first = {row.id for mask in masks for row in subject.winners(mask)[:1]}
    winners = tuple(row for row in subject.table.rows if row.id in first)
    words = [_asked(answer) for answer in (less, more)]
    sides = [side_text(amount, 1 << code, _currency(example)) for code in codes]
    text = f"more {amount.name} needs less approval: {sides[0]} asks for {words[0]}, {sides[1]} only for {words[1]}"
    hint = "let the higher band ask for the same people or for more and higher ones"
    return subject.flaw(FlawKind.NON_MONOTONE, winners, text, hint, example=example)


def _asked(steps: object) -> str:
    return str(steps) if steps else "what nobody may approve"


def _currency(example: Mapping[str, Value]) -> str | None:
    found = example.get("currency")
    return found if isinstance(found, str) else None


def _at_least(more: object, less: object, staff: Staff, own: list[str]) -> bool:
    """Whether each person that was asked for has one of the same or a higher rank among the new ones."""
    if more is None or more == less:
        return True
    if less is None:
        return False
    high, low = (
        sorted((staff.ranks.get(role, 0) for role, count in steps_of(steps, own) for _ in range(count)), reverse=True)
        for steps in (more, less)
    )
    return len(high) >= len(low) and all(a >= b for a, b in zip(high, low, strict=False))


def covered(subject: Subject) -> Iterator[Flaw]:
    """Where one currency has bands, each has them, and no band is left out between two others."""
    amount, currency = subject.column("amount"), subject.column("currency")
    if amount is None:
        return
    others = [column for column in (amount, currency) if column is not None]
    told: set[tuple[str, int]] = set()
    for box, rows in subject.leaves(subject.space.present, others):
        for word, codes in _words(currency):
            side = subject.narrowed(box, currency, codes) if currency else box
            mask = rows & (currency.touching(codes) if currency else rows)
            missing = _missing(amount, mask, rows)
            if missing and (word, missing) not in told:
                told.add((word, missing))
                yield from _uncovered(subject, amount, subject.narrowed(side, amount, missing), word)


def _words(currency: Column | None) -> list[tuple[str, int]]:
    if currency is None:
        return [("", 0)]
    coder = currency.coder
    return [(str(word), 1 << coder.of_place[place]) for word, place in coder.words.items() if place in currency.rank]


def _missing(amount: Column, mask: int, any_currency: int) -> int:
    """The codes of the bands that lack: those between others; all of them where other currencies have some."""
    codes = [amount.coder.of_place[place] for place in _amounts(amount)]
    has = [bool(mask & amount.rows_of_code[code]) for code in codes]
    if not any(has):
        theirs = [code for code in codes if any_currency & amount.rows_of_code[code]]
    else:
        first, last = has.index(True), len(has) - 1 - has[::-1].index(True)
        theirs = [code for code, covered_ in zip(codes[first:last], has[first:last], strict=True) if not covered_]
    return sum(1 << code for code in set(theirs))


def _uncovered(subject: Subject, amount: Column, box: Box, word: str) -> Iterator[Flaw]:
    example = subject.partition.witness.facts(box)
    if example is None:
        return
    where = box_text(subject.space.columns, box, word or None)
    rows = tuple(
        subject.table.rows[n] for n in bits(subject.space.touching(subject.narrowed(box, amount, amount.present)))
    )
    text = f"no row of the matrix covers {where}"
    hint = f"add the band{f' for {word}' if word else ''}; the default is for what lies above or outside all bands"
    yield subject.flaw(FlawKind.UNCOVERED, rows[:4], text, hint, example=example)
