"""Where a workbook of a table keeps what: the sheets, their headings and the few words with a meaning of their own."""

RULES, CASES, COLUMNS, HEAD, HOW_TO, LISTS = "rules", "cases", "columns", "head", "how to", "lists"
OTHERWISE = "(otherwise)"
"""Stands in the place of a row's id where a row says what holds when no other matches."""
NO_ROWS = "-"
EXPECT = "expect "
FACT = "fact "
"""Before the name of a fact in the cases, where it would be taken for another heading."""
WORDS = ("because", "basis", "source", "note")
MATCHING, UNDECIDED = "matching rows", "undecided?"
CASE_WORDS = ("case", "on", "note", MATCHING, UNDECIDED)
NAME, ROLE, ENTRY, VALUE = "name", "role", "entry", "value"
ROLES = {"fact": "facts", "derived": "derived", "outcome": "outcome"}
OPTIONS = ("type", "unit", "allowed", "missing", "null", "wrong", "optional", "is", "note")
HEADINGS = {"is": "expression"}
"""An option's heading where it is not the option's own name."""
EXPLANATION = "what it means"
ANCHORS = {RULES: ("id",), CASES: ("case",), COLUMNS: (NAME, ROLE), HEAD: (ENTRY, VALUE)}
"""The headings by which the row of headings is found, wherever it was moved."""
