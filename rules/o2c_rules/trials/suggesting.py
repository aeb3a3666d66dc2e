"""Golden cases that are missing, made from those that are there. What they expect is what the table answers today: only
a person can say whether that is right."""

from collections.abc import Iterator
from dataclasses import dataclass

from o2c_rules.cases import Case, default_day
from o2c_rules.sentences import amount
from o2c_rules.values import Absent, Facts, Kind, Value, shown

from .asking import Version
from .coverage import Point, answers, covered, points_of
from .mutants import Mutant, is_noticed, mutants_of, telling
from .running import SUGGESTED
from .sheets import Sheet, Sheets


def suggested(version: Version) -> Iterator[Case]:
    """Cases for the rows that answer in none, for the boundaries that none stands at and for the mutants that none
    notices. Each is added to the version's cases, so that the next is made only where it is still needed."""
    sheets = Sheets(version)
    maker = _Maker(version, {case.sentence for case in version.cases})
    for number, row in enumerate(version.table.rows):
        if not answers(version, number) and (sheet := sheets.answering(number)):
            yield maker.case(sheet, f"{row.id} answers")
    for point in list(points_of(version)):
        if not covered(version, point) and (sheet := sheets.at_point(point.rows, point.column, point.value)):
            yield maker.case(sheet, maker.at(point, sheet.facts))
    for mutant in list(mutants_of(version)):
        if not is_noticed(version, mutant) and (sheet := telling(version, sheets, mutant)):
            yield maker.case(sheet, maker.against(mutant, sheet))


@dataclass(slots=True)
class _Maker:
    version: Version
    sentences: set[str]

    def case(self, sheet: Sheet, sentence: str) -> Case:
        """The case with today's answer in it, added to the version's."""
        table = self.version.table
        on = sheet.case.on if sheet.case else default_day((table,))
        decision = self.version.decide(Case("", table.name, sentence, sheet.facts, on))
        decided = decision.undecided is None
        made = Case(
            where="",
            table=table.name,
            sentence=self._only(sentence),
            facts=sheet.facts,
            on=on,
            rows=tuple(row.id for row in decision.rows) if decided else None,
            outcome={name: value for name, value in decision.outcome.items() if value is not None} if decided else None,
            undecided=not decided,
            note=SUGGESTED,
        )
        self.version.add(made)
        return made

    def at(self, point: Point, facts: Facts) -> str:
        """The boundary in words."""
        value, cut = self._said(point.column, point.value, facts), self._said(point.column, point.cut, facts)
        rows = self.version.table.rows
        ids = " and ".join(rows[n].id for n in point.rows[:2]) + " and others" * (len(point.rows) > 2)
        if point.value == point.cut:
            return f"{self._name(point.column)} is {value}, on the boundary of {ids}"
        side = "below" if point.value < point.cut else "above"  # type: ignore[operator]  # one column has one kind
        return f"{self._name(point.column)} is {value}, one step {side} the boundary {cut} of {ids}"

    def against(self, mutant: Mutant, sheet: Sheet) -> str:
        """Which mistake the case would notice."""
        name = self.version.coders[mutant.column].name
        row = self.version.table.rows[mutant.row].id
        value = (self.version.projected(sheet.facts) or {}).get(name)
        said = self._said(mutant.column, None if isinstance(value, Absent) else value, sheet.facts)
        return f"{self._name(mutant.column)} is {said}, which decides whether {row} answers"

    def _name(self, column: int) -> str:
        return self.version.coders[column].name.removesuffix("_minor").replace("_", " ")

    def _said(self, column: int, value: Value, facts: Facts) -> str:
        if self.version.coders[column].fact.kind is Kind.MONEY and isinstance(value, int):
            return amount(value, facts.get("currency"))
        return shown(value)

    def _only(self, sentence: str) -> str:
        """Two cases of a table never share a sentence."""
        text, times = sentence, 1
        while text in self.sentences:
            times += 1
            text = f"{sentence} ({times})"
        self.sentences.add(text)
        return text
