"""What a workbook tells the person who opens it."""

from o2c_rules.values import Kind

from .layout import CASES, COLUMNS, HEAD, MATCHING, OTHERWISE, RULES, UNDECIDED

HINTS = {
    Kind.MONEY: "money: 2500.00 EUR, or whole cents",
    Kind.NUMBER: "number",
    Kind.TEXT: "text",
    Kind.BOOLEAN: "TRUE or FALSE",
    Kind.DATE: "day: 2026-01-31",
}
MEANINGS = {
    "table": "the table's name: where it lies among the books; do not change it",
    "title": "what the table decides, in one line",
    "kind": "which laws a check holds the table to",
    "policy": "F: the first row that matches answers. U: only one may match. A: all that match say the same. "
    "P: the row whose answer comes first among the allowed ones. R and C: every row that matches. "
    "O: every one, sorted by the allowed answers",
    "aggregation": "with policy C: SUM, MIN, MAX or COUNT of the answers",
    "version_by": "which date of a case chooses between versions of the table",
    "effective_from": "first day of this version; empty: since ever",
    "effective_to": "last day of this version; empty: until further notice",
}
OPTIONS_MEAN = {
    "name": "as rows and sentences call it",
    "role": "fact: given; derived: computed; outcome: the answer",
    "type": "what its cells hold",
    "unit": "smallest step, such as 0.01",
    "allowed": "the only values, with commas between",
    "missing": "a fact nobody knows: no_match, undecided, default 0",
    "null": "a fact known to be nothing: the same choices",
    "wrong": "a value of another type: the same choices",
    "optional": "TRUE: a row need not give this answer",
    "expression": "how a derived fact is computed",
    "note": "for people",
}
_TEXT = f"""
Change a rule
Change the cells of the sheet {RULES}. When all cells under the blue headings hold, the green ones answer.
A dash, or an empty cell, asks no question.

Write a condition
5 or "two words" or TRUE or 2026-01-31: exactly that. < 10 or >= 3: below, from. [1..10): from 1 to below 10.
A, B: either. not(A, B): neither. Money is written 2500.00 EUR, or as whole cents. Formulas are not read.

Add a row
Insert it where it belongs: with policy F the first row that matches wins. Give it an id of its own, the reason
(because) and what it rests on (basis): law, standard, scheme, code, practice or house.

Otherwise
The row {OTHERWISE} says what holds when no other row matches. Without it nothing is answered then.

Ask another fact
Facts that no row asks about are folded away; the + above the columns opens them. A new fact is declared in the
sheet {COLUMNS} first; then its name heads a new column in {RULES}.

Golden cases
The sheet {CASES} holds examples with the answer they must get. An empty cell: nobody knows this fact; null: it is
known to be nothing. {MATCHING}: the ids of the rows that answer, - for none. {UNDECIDED}: TRUE where a person must
decide. Change the cases along with the rule.

Findings
A red cell carries a comment from the last check: what is wrong, an example, and what to do.

What you may do
Move rows and columns, leave blank ones, add sheets, colours and filters of your own. Keep the names of the sheets
{RULES}, {CASES}, {COLUMNS} and {HEAD}, and their headings. Do not merge cells.

Hand it back
Save as .xlsx, then: o2c rules check FILE.xlsx and o2c rules test FILE.xlsx. What is wrong is named by sheet and
cell, such as rules!C7.
"""
HOW = [(lines[0], " ".join(lines[1:])) for part in _TEXT.split("\n\n") if (lines := part.strip().splitlines())]
"""Headlines, each with its paragraph."""
