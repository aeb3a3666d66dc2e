"""One table as a page: what it is for, what is looked at, every row as a sentence, what holds otherwise, examples."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from o2c_rules.cases import Case
from o2c_rules.table import Aggregation, Default, Fact, Policy, Response, Row, Table, VersionBy
from o2c_rules.values import Kind, Value

from .vocabulary import Vocabulary, vocabulary
from .wording import answer, condition, in_facts, joined, plain, word, yes_or_no

MADE = "This page is made from the table; change the table, not the page."
_PLACE = re.compile(r"\{([a-z0-9_]+)[^{}]*\}")
_READ = {
    Policy.FIRST: "The rules are read from the top; the first one that fits decides.",
    Policy.UNIQUE: "Exactly one rule fits; should two ever fit, a person decides.",
    Policy.ANY: "Rules that fit together must say the same; should they ever differ, a person decides.",
    Policy.PRIORITY: "Of all rules that fit, the one with the weightiest answer decides.",
    Policy.RULE_ORDER: "Every rule that fits applies, in the order below.",
    Policy.OUTPUT_ORDER: "Every rule that fits applies, the weightiest answer first.",
    Policy.COLLECT: "Every rule that fits applies.",
}
_ADDED = {
    Aggregation.SUM: "The {} of every rule that fits are added up.",
    Aggregation.MIN: "Of all rules that fit, the smallest {} counts.",
    Aggregation.MAX: "Of all rules that fit, the greatest {} counts.",
    Aggregation.COUNT: "The rules that fit are counted.",
}
_BY = {
    VersionBy.RECORDED: "the day on which the decision is made",
    VersionBy.DOCUMENT: "the date of the document",
    VersionBy.SERVICE: "the day of the service",
    VersionBy.TAX_POINT: "the tax point",
    VersionBy.VALUE: "the value date of the money",
}
_KINDS = {Kind.NUMBER: "number", Kind.MONEY: "amount of money", Kind.TEXT: "word", Kind.BOOLEAN: "yes or no",
          Kind.DATE: "date"}  # fmt: skip
_BASES = {"law": "law", "standard": "standard", "scheme": "rule of a payment scheme", "code": "trade code",
          "practice": "good practice", "house": "house rule"}  # fmt: skip


def page_of(versions: Sequence[Table], purpose: str, cases: Iterable[Case]) -> str:
    """The page of a table with all its versions, newest first, and examples from its golden cases."""
    newest, known = versions[-1], tuple(cases)
    blocks = [f"# {newest.title or newest.name}", f"Table `{newest.name}`. {MADE}", *([purpose] if purpose else [])]
    for table in reversed(versions):
        if len(versions) > 1:
            blocks.append(f"## In force {_period(table)}")
        blocks += _version(table, [case for case in known if table.effective_from <= case.on <= table.effective_to])
    return "\n\n".join(blocks) + "\n"


def _version(table: Table, cases: Sequence[Case]) -> Iterator[str]:
    yield "## How it is applied"
    yield _applied(table)
    yield "## What is looked at"
    yield "\n".join(_columns(table))
    yield "## The rules"
    yield "\n\n".join(_rule(number, row, table) for number, row in enumerate(table.rows, 1))
    yield "## Otherwise"
    yield _otherwise(table.default, table)
    examples = list(_examples(table, cases))
    if examples:
        yield "## Examples"
        yield "\n".join(examples)


def _applied(table: Table) -> str:
    how = _READ[table.policy]
    if table.aggregation:
        how = _ADDED[table.aggregation].format(plain(table.outcomes[0].name, vocabulary(table.name)))
    sentences = [how, f"The version that is in force on {_BY[table.version_by]} holds."]
    if (table.effective_from, table.effective_to) != (date.min, date.max):
        sentences.append(f"This one is in force {_period(table)}.")
    if table.notes:
        columns = {fact.name for fact in table.facts} | {outcome.name for outcome in table.outcomes}
        sentences += [f"{_capital(text)}." for name, text in table.notes.items() if name not in columns]
    if any(_is_bare_money(table, row) for row in table.rows):
        sentences.append(
            "An amount without a currency is meant in the currency of the document and is written with two decimals."
        )
    return " ".join(sentences)


def _period(table: Table) -> str:
    since = "" if table.effective_from == date.min else f"from {_day(table.effective_from)}"
    until = "" if table.effective_to == date.max else f"to {_day(table.effective_to)}"
    return " ".join(filter(None, (since, until))) or "at all times"


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _is_bare_money(table: Table, row: Row) -> bool:
    money = [row.cells[f.name].text for f in table.facts if f.kind is Kind.MONEY and f.name in row.cells]
    currency = _currency(row)
    return any(currency == "" or (currency is None and not re.search("[A-Z]{3}", text)) for text in money)


def _columns(table: Table) -> Iterator[str]:
    words = vocabulary(table.name)
    asked = [fact for fact in table.facts if any(fact.name in row.cells for row in table.rows)]
    for fact in asked:
        yield f"- **{_capital(_asked(fact, words))}**: {_described(fact, table)}"
    others = [plain(fact.name, words) for fact in table.facts if fact not in asked]
    if others:
        yield f"- At hand, though no rule asks for it: {joined(others)}."


def _asked(fact: Fact, words: Vocabulary) -> str:
    """What a column says: its name, or what is so where it says yes."""
    return f"whether {yes_or_no(fact.name, True, words)}" if fact.kind is Kind.BOOLEAN else plain(fact.name, words)


def _described(fact: Fact, table: Table) -> str:
    said = _KINDS[fact.kind]
    if fact.allowed:
        said += f", one of {joined(map(_value, fact.allowed), 'or')}"
    if fact.expression is not None:
        said += f", worked out as `{fact.expression.text}`"
    note = fact.note or table.notes.get(fact.name, "")
    said += f" – {note}" if note else ""
    if fact.missing.response is Response.UNDECIDED:
        said += "; without it a person decides"
    elif fact.missing.response is Response.DEFAULT:
        said += f"; where it is not known, {_value(fact.missing.value)} is taken"
    return said + "."


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return word(str(value))


def _rule(number: int, row: Row, table: Table) -> str:
    currency, words = _currency(row), vocabulary(table.name)
    tests = [condition(f, row.cells[f.name], currency, words) for f in table.facts if f.name in row.cells]
    when = f"When {joined(tests)}" if tests else "In every other case" if number > 1 else "Always"
    if not tests and not table.policy.is_single:
        when = "Always"
    said = f"**{number}. {row.id}.** {when}: {_answers(row.outcome, table, currency)}."
    if row.because:
        said += f" Reason: {_filled(row.because, words)}."
    return "  \n".join(filter(None, (said, _based(row), _capital(row.note))))


def _currency(row: Row) -> str | None:
    """The one currency that a row speaks of; empty where it speaks of several, None where of none."""
    cell = row.cells.get("currency")
    if cell is None:
        return None
    return str(cell.tests[0]) if len(cell.tests) == 1 and not cell.negated else ""


def _answers(values: Mapping[str, Value], table: Table, currency: str | None) -> str:
    words = vocabulary(table.name)
    said = []
    for number, outcome in enumerate(table.outcomes):
        text = answer(outcome, values.get(outcome.name), currency)
        template = words.answers.get(outcome.name)
        if text and isinstance(template, str):
            said.append(template.replace("{}", f"**{text}**"))
        elif text and (number or outcome.kind is not Kind.TEXT):
            said.append(f"{plain(outcome.name, words)} **{text}**")
        elif text:
            said.append(f"**{text}**")
    return "; ".join(said) or "**nothing**"


def _filled(template: str, words: Vocabulary) -> str:
    """A sentence with its places named instead of filled."""
    return _PLACE.sub(lambda place: f"‹{plain(place[1], words)}›", template).strip().removesuffix(".")


def _based(row: Row) -> str:
    basis = _BASES.get(row.basis, row.basis)
    return f"*{_capital(': '.join(filter(None, (basis, row.source))))}.*" if basis or row.source else ""


def _otherwise(default: Default | None, table: Table) -> str:
    if table.aggregation in (Aggregation.SUM, Aggregation.COUNT):
        return f"Where no rule fits, the {plain(table.outcomes[0].name, vocabulary(table.name))} are 0."
    if default is None:
        return "Where no rule fits, the table says nothing, and nothing follows from it."
    said = _answers(default.outcome, table, None)
    because = f" Reason: {_filled(default.because, vocabulary(table.name))}." if default.because else ""
    return f"Where no rule fits: {said}.{because}"


def _examples(table: Table, cases: Sequence[Case]) -> Iterator[str]:
    """One case for each row, the first that it answers; then one for the default."""
    shown: set[int] = set()
    for id_ in (*(row.id for row in table.rows), None):
        for number, case in enumerate(cases):
            if case.rows is not None and (id_ in case.rows if id_ else not case.rows) and number not in shown:
                shown.add(number)
                yield f"- {_example(case, table)}"
                break
            if case.rows is not None and id_ and id_ in case.rows:
                break
    if len(shown) < len(cases):
        yield "- More are among the table's golden cases."


def _example(case: Case, table: Table) -> str:
    rows = {row.id: row for row in table.rows}
    won = [rows[id_] for id_ in case.rows or () if id_ in rows]
    asked = {name for row in won for name in row.cells}
    currency = case.facts.get("currency")
    shown, words = currency if isinstance(currency, str) else None, vocabulary(table.name)
    facts = [f for f in table.facts if f.name in case.facts and f.name in asked]
    told = joined(in_facts(fact, case.facts[fact.name], shown, words) for fact in facts)
    by = f"rule {joined(row.id for row in won)}" if won else "no rule fits"
    return f"{_capital(case.sentence)}{': ' * bool(told)}{told} → {by}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
