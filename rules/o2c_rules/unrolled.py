"""One table's way from a fact sheet to codes as a single Python function, written out without loops when it compiles.

It takes what is ordinary: every declared fact is of its type, or lacking where that keeps nobody from deciding. To
anything else it says None, and projection and coding decide. No text of an analyst becomes code: names, words and
bounds come in as constants.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from .codes import Coder, Coding
from .projection import TYPES
from .table import Fact, Response, Table
from .values import MISSING, Facts, Kind

CodesOf = Callable[[Facts], tuple[int, ...] | None]


def codes_of(table: Table, coding: Coding) -> CodesOf:
    """The function from a fact sheet to the codes of `coding`; it answers None where it is not sure."""
    writer = _Writer(table, coding)
    return _made("codes_of(facts)", writer.lines(), writer.constants)


def matches(masks: list[list[int]], all_rows: int) -> Callable[[Sequence[int]], int]:
    """The function from codes to the mask of the rows that match; `masks` are those rows by column and code."""
    if not masks:
        return lambda _: all_rows
    names = [f"c{column}" for column in range(len(masks))]
    lines = [f"{', '.join(names)}, = codes", "return " + " & ".join(f"rows_{name}[{name}]" for name in names)]
    return _made("matches(codes)", lines, {f"rows_{name}": found for name, found in zip(names, masks, strict=True)})


def rests(masks: list[list[int]], all_rows: int) -> Callable[[Sequence[int]], tuple[int, tuple[int, ...]]]:
    """The function from codes to the rows that match, and for each column those that match all the others."""
    last = len(masks)
    lines = [f"{', '.join(f'c{n}' for n in range(last))}, = codes"] if masks else []
    lines += [f"hit{n} = rows{n}[c{n}]" for n in range(last)]
    lines += ["before0 = all_rows", *(f"before{n + 1} = before{n} & hit{n}" for n in range(last))]
    lines += [f"behind{last} = all_rows", *(f"behind{n} = behind{n + 1} & hit{n}" for n in reversed(range(1, last)))]
    lines.append(f"return before{last}, ({''.join(f'before{n} & behind{n + 1}, ' for n in range(last))})")
    return _made("rests(codes)", lines, {"all_rows": all_rows} | {f"rows{n}": rows for n, rows in enumerate(masks)})


def _made(head: str, lines: list[str], constants: dict[str, Any]) -> Callable[..., Any]:
    source = "\n    ".join([f"def {head}:", *lines])
    space: dict[str, Any] = dict(constants)
    exec(compile(source, "<unrolled>", "exec"), space)  # noqa: S102 - written here, of numbered names alone
    made: Callable[..., Any] = space.pop(head.partition("(")[0])  # Else it would hold itself, and never be given back.
    return made


class _Writer:
    """Writes one function. `f3` is the value of the fourth fact, `c3` its code."""

    def __init__(self, table: Table, coding: Coding) -> None:
        self._facts = list(enumerate(table.facts))
        self._given = [(n, fact) for n, fact in self._facts if fact.expression is None]
        self._coders = {coder.name: coder for coder in coding.coders}
        self.constants: dict[str, Any] = {
            "MISSING": MISSING,
            "Decimal": Decimal,
            "date": date,
            "bisect_left": bisect_left,
            "all_missing": {fact.name: MISSING for _, fact in self._given},
        }

    def lines(self) -> list[str]:
        written = [f"f{n} = facts[{self._named(f'name{n}', fact.name)}]" for n, fact in self._given]
        written += [line for n, fact in self._given for line in self._checked(n, fact)]
        if len(self._given) < len(self._facts):
            written.append("values = {" + ", ".join(f"name{n}: f{n}" for n, _ in self._given) + "}")
        for n, fact in self._facts:
            if fact.expression is not None:
                written.append(f"f{n} = {self._named(f'value_of{n}', fact.expression.value)}(values)")
                written += self._checked(n, fact)
                written.append(f"values[{self._named(f'name{n}', fact.name)}] = f{n}")
        codes = "".join(f"c{n}, " for n, fact in self._facts if fact.name in self._coders)
        return [
            "while True:",
            "    try:",
            *(f"        {line}" for line in written),
            f"        return ({codes})",
            "    except KeyError:",
            "        if facts.keys() >= all_missing.keys(): return None",
            "        facts = {**all_missing, **facts}",
            "    except (TypeError, ArithmeticError):",
            "        return None",
        ]

    def _named(self, name: str, constant: Any) -> str:
        self.constants[name] = constant
        return name

    def _checked(self, n: int, fact: Fact) -> Iterator[str]:
        """Ends the function unless the value is of its type, or may lack; then finds its code."""
        absent = []
        for name, value, reply in (("None", None, fact.null), ("MISSING", MISSING, fact.missing)):
            if reply.response is Response.DEFAULT:
                yield f"if f{n} is {name}: f{n} = {self._named(f'{name}_is{n}', reply.value)}"
            elif reply.response is Response.NO_MATCH:
                absent.append((name, value))
        coder = self._coders.get(fact.name)
        if coder is None:
            yield from self._of_its_type(n, fact, [name for name, _ in absent])
        elif fact.kind is Kind.TEXT:
            known = {word: coder.code(word) for word in fact.allowed or coder.words}
            yield from self._word(n, fact, coder, known | {value: coder.code(value) for _, value in absent})
        else:
            codes = {name: coder.code(value) for name, value in absent}
            yield from (
                self._truth(n, fact, coder, codes)
                if fact.kind is Kind.BOOLEAN
                else (self._place(n, fact, coder, codes))
            )

    def _of_its_type(self, n: int, fact: Fact, absent: list[str]) -> Iterator[str]:
        lacking = [f"f{n} is not {name}" for name in absent]
        yield f"if {' and '.join([*_foreign(n, fact), *lacking])}: return None"
        if fact.kind is Kind.NUMBER:
            yield f"if f{n}.__class__ is Decimal and not f{n}.is_finite(): return None"
        if fact.allowed:
            allowed = self._named(f"allowed{n}", frozenset(fact.allowed))
            yield f"if {' and '.join([f'f{n} not in {allowed}', *lacking])}: return None"

    def _word(self, n: int, fact: Fact, coder: Coder, known: dict[Any, int]) -> Iterator[str]:
        yield f"c{n} = {self._named(f'words{n}', known)}.get(f{n})"
        yield f"if c{n} is None:"
        if not fact.allowed:
            yield f"    if f{n}.__class__ is str: c{n} = {coder.of_place[len(coder.words)]}"
            yield "    else: return None"
        else:
            yield "    return None"

    def _truth(self, n: int, fact: Fact, coder: Coder, codes: dict[str, int]) -> Iterator[str]:
        known = {str(value): coder.code(value) for value in (True, False) if not fact.allowed or value in fact.allowed}
        word = "if"
        for name, code in (known | codes).items():
            yield f"{word} f{n} is {name}: c{n} = {code}"
            word = "elif"
        yield "else: return None"

    def _place(self, n: int, fact: Fact, coder: Coder, codes: dict[str, int]) -> Iterator[str]:
        cuts, ends = self._named(f"cuts{n}", coder.cuts), self._named(f"ends{n}", [*coder.cuts, None])
        word = "if"
        for name, code in codes.items():
            yield f"{word} f{n} is {name}: c{n} = {code}"
            word = "elif"
        yield f"{word} {' and '.join(_foreign(n, fact))}: return None"
        if fact.allowed:
            yield f"elif f{n} not in {self._named(f'allowed{n}', frozenset(fact.allowed))}: return None"
        yield "else:"
        yield f"    at{n} = bisect_left({cuts}, f{n})"
        if fact.kind is Kind.NUMBER:
            outermost = f"(at{n} == 0 or at{n} == {len(coder.cuts)})"
            yield f"    if {outermost} and f{n}.__class__ is Decimal and not f{n}.is_finite(): return None"
        of_place = self._named(f"of_place{n}", coder.of_place)
        yield f"    c{n} = {of_place}[at{n} + at{n} + ({ends}[at{n}] == f{n})]"


def _foreign(n: int, fact: Fact) -> Iterator[str]:
    """Conditions that are all true of a value of another type."""
    names = sorted(kind.__name__ for kind in TYPES[fact.kind])
    return (f"f{n}.__class__ is not {name}" for name in names)
