"""A table of a kind under a name of its own, as the files of any format."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path, PurePosixPath

from o2c_rules.formats import Document, load, save, save_cases
from o2c_rules.rulebook import CASES
from o2c_rules.source import BadTable, Entries, Finding, Findings, Scalar
from o2c_rules.yaml_tables import read_node

_HERE = Path(__file__).parent
_BOOKS = _HERE / "books"


@dataclass(frozen=True, slots=True)
class Start:
    """The files to begin with: the table's, and, where the format does not hold them, its golden cases'."""

    table: bytes
    cases: bytes | None


@cache
def _kinds() -> Mapping[str, str]:
    root = read_node((_HERE / "kinds.yaml").read_text(encoding="utf-8"), Findings("kinds.yaml"))
    assert isinstance(root, Entries), "kinds are named"
    return {name: item.text for name, item in root.items.items() if isinstance(item, Scalar)}


KINDS: Mapping[str, str] = _kinds()
"""Each kind with a sentence, in the order of an order's way to cash."""


def start(kind: str, table: str, ending: str = ".yaml") -> Start:
    """A table of a kind under a name, for a file with an ending. KeyError for no kind; BadTable for a name that no
    table may have, or an ending that no format has.

    YAML keeps the comments of the example; the other formats hold none.
    """
    if kind not in KINDS:
        raise KeyError(kind)
    own = f"starters/{kind}"
    written = (_BOOKS / f"{kind}.yaml").read_bytes().replace(f"table: {own}\n".encode(), f"table: {table}\n".encode())
    cases = (_BOOKS / f"{kind}{CASES}").read_bytes()
    if PurePosixPath(table).suffix or not table:
        raise BadTable([Finding(table, "is no name of a table", "write it like orders/credit, without an ending")])
    document = load(f"{table}.yaml", written, cases)
    if ending == ".yaml":
        return Start(written, cases)
    made = Document(replace(document.table, file=f"{table}{ending}"), document.cases)
    return Start(save(made, f"{table}{ending}"), save_cases(made, f"{table}{ending}"))
