"""The head of a table: which facts are asked about, which are derived, what the answers are."""

import re
from collections.abc import Mapping
from decimal import Decimal

from .cells import demand_apart, split
from .circles import circles
from .expressions import Expression
from .expressions import parse as parse_expression
from .feel.words import words
from .quoting import bare
from .source import Entries, Findings, Listing, Node, Place, Scalar
from .table import NO_MATCH, UNDECIDED, Fact, Outcome, Reply, Response
from .values import BadValue, Kind, Value, literal, number

COLUMNS_MOST = 200
RESERVED = frozenset({"id", "because", "basis", "source", "note"})
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FACT = frozenset({"type", "unit", "allowed", "missing", "null", "wrong", "note"})
_DERIVED = frozenset({"is", "unit", "missing", "null", "note"})
_OUTCOME = frozenset({"type", "allowed", "optional", "computed", "note"})


def read_facts(root: Entries, findings: Findings) -> tuple[Fact, ...]:
    """Given facts, then derived ones, each of which sees those above it."""
    facts: dict[str, Fact] = {}
    for name, node, line in _columns(root, "facts", findings):
        facts[name] = _fact(name, node, line, findings)
    derivations = _columns(root, "derived", findings)
    circular = _circular(derivations, findings)
    for name, node, line in derivations:
        if name in circular:
            continue
        if name in facts:
            findings.add(line, f"{name!r} is declared already", "give the derived fact a name of its own")
        elif derived := _derived(name, node, line, facts, findings):
            facts[name] = derived
    return tuple(facts.values())


def read_outcomes(root: Entries, findings: Findings) -> tuple[Outcome, ...]:
    """The answers' columns; a table has at least one."""
    found = [_outcome(name, node, line, findings) for name, node, line in _columns(root, "outcome", findings)]
    if "outcome" not in root.items:
        findings.add(root.line, "the table answers nothing", "declare outcome: {then: text}")
    taken = {name for part in ("facts", "derived") for name, _, _ in _columns(root, part, Findings(""))}
    for outcome in found:
        if outcome.name in taken:
            findings.add(
                root.lines["outcome"], f"{outcome.name!r} is a fact and an outcome", "the columns of a row share names"
            )
    return tuple(found)


def value_of(node: Node, kind: Kind, findings: Findings) -> Value:
    """One value of a kind; a text may be any text here. None, with a finding, when it is none."""
    if not isinstance(node, Scalar):
        findings.add(node.line, f"a {kind} cannot be several values", "write one value")
        return None
    if kind is Kind.TEXT:
        return bare(node.text.strip())
    try:
        return literal(node.text.strip(), kind)
    except BadValue as error:
        findings.add(node.line, str(error), error.hint)
        return None


def _columns(root: Entries, part: str, findings: Findings) -> list[tuple[str, Node, Place]]:
    node = root.items.get(part)
    if node is None or (isinstance(node, Scalar) and node.is_null):
        return []
    if not isinstance(node, Entries):
        findings.add(node.line, f"{part} is no list of names", f"{part}: {{amount: number 0.01}}")
        return []
    if len(node.items) > COLUMNS_MOST:
        findings.add(node.line, f"{len(node.items)} columns", f"at most {COLUMNS_MOST}; split the table")
    good = []
    for name, item in node.items.items():
        if not _NAME.fullmatch(name) or name in RESERVED:
            findings.add(
                node.lines[name],
                f"{name!r} cannot name a column",
                f"small letters, digits and _, and none of {', '.join(sorted(RESERVED))}",
            )
        else:
            good.append((name, item, node.lines[name]))
    return good


def _options(node: Node, line: Place, first: str, known: frozenset[str], findings: Findings) -> dict[str, Node]:
    """The short form `amount: number 0.01` as the long one `{type: number, unit: 0.01}`."""
    if isinstance(node, Entries):
        for name in node.items:
            if name not in known:
                findings.add(node.lines[name], f"{name!r} is unknown here", f"known: {', '.join(sorted(known))}")
        return {name: item for name, item in node.items.items() if name in known}
    if isinstance(node, Scalar) and first == "is":
        return {"is": node}
    if isinstance(node, Scalar):
        type_, _, unit = node.text.strip().partition(" ")
        options: dict[str, Node] = {"type": Scalar(type_, node.line)}
        return options | ({"unit": Scalar(unit.strip(), node.line)} if unit else {})
    findings.add(line, "several values where a column is declared", "amount: number 0.01")
    return {}


def _fact(name: str, node: Node, line: Place, findings: Findings) -> Fact:
    options = _options(node, line, "type", _FACT, findings)
    kind = _kind(options.get("type"), line, findings)
    return Fact(
        name=name,
        kind=kind,
        unit=_unit(options, kind, findings),
        allowed=_allowed(options, kind, findings),
        missing=_reply(options.get("missing"), NO_MATCH, kind, findings),
        null=_reply(options.get("null"), NO_MATCH, kind, findings),
        wrong=_reply(options.get("wrong"), UNDECIDED, kind, findings),
        note=_note(options, findings),
    )


def _derived(name: str, node: Node, line: Place, facts: Mapping[str, Fact], findings: Findings) -> Fact | None:
    options = _options(node, line, "is", _DERIVED, findings)
    written = options.get("is")
    if not isinstance(written, Scalar):
        findings.add(line, f"{name!r} has no expression", f"{name}: exposure_minor - limit_minor")
        return None
    try:
        expression: Expression = parse_expression(written.text, {n: fact.kind for n, fact in facts.items()})
    except BadValue as error:
        findings.add(written.line, str(error), error.hint)
        return None
    return Fact(
        name=name,
        kind=expression.kind,
        unit=_unit(options, expression.kind, findings),
        missing=_reply(options.get("missing"), NO_MATCH, expression.kind, findings),
        null=_reply(options.get("null"), NO_MATCH, expression.kind, findings),
        expression=expression,
        note=_note(options, findings),
    )


def _circular(derivations: list[tuple[str, Node, Place]], findings: Findings) -> set[str]:
    """The derived facts that need themselves, with one finding for each circle."""
    texts: dict[str, Scalar] = {}
    needs: dict[str, tuple[str, ...]] = {}
    for name, node, _ in derivations:
        written = node.items.get("is") if isinstance(node, Entries) else node
        if isinstance(written, Scalar):
            texts[name] = written
            try:
                needs[name] = tuple(words(written.text))
            except BadValue:
                continue
    found: set[str] = set()
    for circle in circles(needs):
        if circle[0] in found:
            continue
        found |= set(circle)
        findings.add(
            texts[circle[0]].line,
            f"{texts[circle[0]].text!r}: {circle[1]!r} is no fact declared above, "
            f"since {circle[0]} is derived from itself: {' from '.join(circle)}",
            "a derived fact uses facts and derived facts above it",
        )
    return found


def _outcome(name: str, node: Node, line: Place, findings: Findings) -> Outcome:
    options = _options(node, line, "type", _OUTCOME, findings)
    kind = _kind(options.get("type"), line, findings)
    optional, computed = options.get("optional"), options.get("computed")
    return Outcome(
        name=name,
        kind=kind,
        allowed=_allowed(options, kind, findings),
        optional=optional is not None and value_of(optional, Kind.BOOLEAN, findings) is True,
        computed=computed is not None and value_of(computed, Kind.BOOLEAN, findings) is True,
        note=_note(options, findings),
    )


def _note(options: Mapping[str, Node], findings: Findings) -> str:
    node = options.get("note")
    if isinstance(node, Entries | Listing):
        findings.add(node.line, "a note is one text", "note: whole days, counted from the due date")
    return node.text.strip() if isinstance(node, Scalar) and not node.is_null else ""


def _kind(node: Node | None, line: Place, findings: Findings) -> Kind:
    text = node.text if isinstance(node, Scalar) else ""
    try:
        return Kind(text)
    except ValueError:
        findings.add(line, f"{text!r} is no type", f"one of {', '.join(Kind)}")
        return Kind.TEXT


def _unit(options: Mapping[str, Node], kind: Kind, findings: Findings) -> int | Decimal:
    node = options.get("unit")
    if not isinstance(node, Scalar):
        if node is not None:
            findings.add(node.line, "a unit is one number", "the smallest step, such as 0.01")
        return 1
    if kind not in (Kind.NUMBER, Kind.MONEY):
        findings.add(node.line, f"a {kind} has no unit", "leave it out")
        return 1
    try:
        unit = number(node.text)
    except BadValue as error:
        findings.add(node.line, str(error), error.hint)
        return 1
    if unit <= 0:
        findings.add(node.line, f"a unit of {unit}", "the smallest step, such as 0.01")
        return 1
    return unit


def _allowed(options: Mapping[str, Node], kind: Kind, findings: Findings) -> tuple[Value, ...]:
    node = options.get("allowed")
    if node is None:
        return ()
    if isinstance(node, Listing):
        items: list[Node] = list(node.items)
    elif isinstance(node, Scalar):
        items = _listed(node, kind, findings)
    else:
        findings.add(node.line, "allowed is no list", "allowed: [hold, release]")
        return ()
    return tuple(value_of(item, kind, findings) for item in items)


def _listed(node: Scalar, kind: Kind, findings: Findings) -> list[Node]:
    """Values with commas between, in one cell or line; a comma in quotation marks belongs to its value."""
    try:
        demand_apart(node.text, kind)
        return [Scalar(part, node.line) for part in split(node.text)]
    except BadValue as error:
        findings.add(node.line, str(error), error.hint)
        return []


def _reply(node: Node | None, otherwise: Reply, kind: Kind, findings: Findings) -> Reply:
    if node is None:
        return otherwise
    if isinstance(node, Entries) and set(node.items) == {"default"}:
        return Reply(Response.DEFAULT, value_of(node.items["default"], kind, findings))
    if isinstance(node, Scalar) and node.text in (Response.NO_MATCH, Response.UNDECIDED):
        return Reply(Response(node.text))
    if isinstance(node, Scalar) and node.text.startswith("default "):
        return Reply(Response.DEFAULT, value_of(Scalar(node.text[8:].strip(), node.line), kind, findings))
    findings.add(node.line, "this is no answer to an absent fact", "no_match, undecided, or default 0")
    return otherwise
