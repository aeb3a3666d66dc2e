"""Laws of approval matrices: more money never needs less approval, and every currency has every band."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache

from o2c_rules.index import bits
from o2c_rules.values import Value, shown

from .bands import Bands, above, below
from .flaws import Flaw, FlawKind, Severity
from .people import Staff, steps_of
from .space import Box, Column
from .subject import Subject
from .wording import box_text, side_text

TOLD_MOST = 1_000
"""More findings of one law nobody reads."""
Pair = tuple[int | None, int | None]
"""The rows that answer the lower and the higher amount; None is the default."""


def monotone(subject: Subject, staff: Staff) -> Iterator[Flaw]:
    """More of an amount, everything else alike, asks for no fewer and no lower people."""
    told: set[frozenset[int | None]] = set()
    untold: set[frozenset[int | None]] = set()
    for amount in filter(None, (_column(subject, name) for name in subject.parts("amount"))):
        for box, codes, pair in _descents(subject, staff, amount):
            rows = frozenset(pair)
            if rows in told or rows in untold:
                continue
            if len(told) == TOLD_MOST:
                untold.add(rows)
            elif flaw := _less(subject, amount, [subject.narrowed(box, amount, 1 << code) for code in codes], pair):
                told.add(rows)
                yield flaw
    if untold:
        yield subject.partition.more(FlawKind.NON_MONOTONE, len(untold), "pairs of rows need less approval for more")


def _column(subject: Subject, name: str) -> Column | None:
    return next((column for column in subject.space.columns if column.name == name), None)


def _descents(subject: Subject, staff: Staff, amount: Column) -> Iterator[tuple[Box, tuple[int, int], Pair]]:
    """Where the next higher amount asks for less: everything else, the codes of both amounts, and the rows."""
    bands, name, own = Bands(amount, subject.space.rows), subject.part("steps"), tuple(subject.parts("own"))

    @cache
    def enough(less: Value, more: Value) -> bool:
        return _at_least(more, less, staff, own)

    @cache
    def rises(less: int | None, more: int | None) -> bool:
        return enough(subject.said(less, name), subject.said(more, name))

    for box, rows in subject.leaves(subject.space.present, [amount]):
        for at in bits(bands.edges(rows)):
            pair = subject.first(rows & bands.rows_at[at]), subject.first(rows & bands.rows_at[at + 1])
            if not rises(*pair):
                yield box, (bands.codes[at], bands.codes[at + 1]), pair


def _less(subject: Subject, amount: Column, boxes: list[Box], pair: Pair) -> Flaw | None:
    lower, example = (subject.partition.witness.facts(box) for box in boxes)
    if lower is None or example is None:
        return None
    winners = tuple(subject.table.rows[at] for at in sorted({at for at in pair if at is not None}))
    words = [_asked(subject.said(at, subject.part("steps"))) for at in pair]
    at = subject.at(amount)
    sides = [side_text(amount, box[at], _currency(example)) for box in boxes]
    text = f"more {amount.name} needs less approval: {sides[0]} asks for {words[0]}, {sides[1]} only for {words[1]}"
    hint = "let the higher band ask for the same people or for more and higher ones"
    return subject.flaw(FlawKind.NON_MONOTONE, winners, text, hint, example=example)


def _asked(steps: object) -> str:
    return str(steps) if steps else "what nobody may approve"


def _currency(example: Mapping[str, Value]) -> str | None:
    found = example.get("currency")
    return found if isinstance(found, str) else None


def _at_least(more: object, less: object, staff: Staff, own: tuple[str, ...]) -> bool:
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
    bands, told, untold = Bands(amount, subject.space.rows), set[tuple[int, int]](), set[tuple[int, int]]()
    groups = _words(currency)
    for box, rows in subject.leaves(subject.space.present, [c for c in (amount, currency) if c is not None]):
        parts = {codes: rows & (currency.touching(codes) if currency else rows) for codes in groups}
        for codes, lacking, severity in _lacking(bands, parts):
            key = (codes, lacking)
            if key in told or key in untold:
                continue
            if len(told) == TOLD_MOST:
                untold.add(key)
                continue
            side = subject.narrowed(box, currency, codes) if currency else box
            narrow = subject.narrowed(side, amount, bands.codes_of(lacking))
            if flaw := _uncovered(subject, amount, narrow, groups[codes]):
                told.add(key)
                yield replace(flaw, severity=severity)
    if untold:
        yield subject.partition.more(FlawKind.UNCOVERED, len(untold), "bands are lacking")


def _words(currency: Column | None) -> dict[int, list[str]]:
    """The currencies that rows name or the head allows, by the code that they share."""
    if currency is None:
        return {0: []}
    coder, found = currency.coder, dict[int, list[str]]()
    named = [word for word, place in coder.words.items() if place in currency.rank]
    for word in dict.fromkeys([*named, *currency.fact.allowed]):
        found.setdefault(1 << coder.of_place[coder.place(word)], []).append(shown(word))
    return found


def _lacking(bands: Bands, parts: Mapping[int, int]) -> Iterator[tuple[int, int, Severity]]:
    """Per group of currencies the bands that lack: all where it has none and others have some; those between two
    others; those to the ends where another begins lower or goes on without end; and, where all end somewhere, perhaps
    those of whoever has fewer than others: how much one currency's amounts are in another's nobody knows here."""
    spans = {codes: bands.of(rows) for codes, rows in parts.items()}
    any_, many = 0, 0
    for codes, span in spans.items():
        any_ |= span
        many = max(many, bands.edges(parts[codes]).bit_count())
    for codes, has in spans.items():
        if has == bands.all or not any_:
            continue
        if not has:
            yield codes, any_, Severity.ERROR
            continue
        low, high = (1 << below(has)) - 1, bands.all & ~((1 << above(has)) - 1)
        lacking = bands.all & ~(has | low | high)
        lacking |= low if any_ & 1 else 0
        lacking |= high if any_ > bands.all >> 1 else 0
        if lacking:
            yield codes, lacking, Severity.ERROR
        elif high and bands.edges(parts[codes]).bit_count() < many:
            yield codes, high, Severity.WARNING


def _uncovered(subject: Subject, amount: Column, box: Box, words: list[str]) -> Flaw | None:
    example = subject.partition.witness.facts(box)
    if example is None:
        return None
    where = box_text(subject.space.columns, box, words[0] if len(words) == 1 else None)
    rows = tuple(
        subject.table.rows[n] for n in bits(subject.space.touching(subject.narrowed(box, amount, amount.present)))
    )
    text = f"no row of the matrix covers {where}"
    whose = f" for {', '.join(words)}" if words else ""
    hint = f"add the band{whose}; the default is for what lies above or outside all bands"
    return subject.flaw(FlawKind.UNCOVERED, rows[:4], text, hint, example=example)
