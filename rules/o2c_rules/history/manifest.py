"""What the files of one service's history hold: one entry per file, each hashed over the one before.

history/orders/manifest.jsonl                what follows what; nothing is ever taken out of it
history/orders/decisions-000001.jsonl.gz     decisions as recorded, in gzip members of some thousand lines
history/orders/outcomes-000002.jsonl.gz      what had become of the service's documents
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from .lines import START, BadHistory, Heads

MANIFEST = "manifest.jsonl"
DECISIONS, OUTCOMES = "decisions", "outcomes"
GENESIS = "0" * 64
KEEP_YEARS = 10
_AGAIN = "take the folder from a copy; what the services still hold can be exported anew into an empty folder"


@dataclass(frozen=True, slots=True)
class Part:
    """One file: what one run exported, or a piece of it where that was much."""

    n: int
    kind: str
    """`decisions` or `outcomes`."""
    file: str
    lines: int
    sha256: str
    blocks: tuple[tuple[int, int, int], ...]
    """Gzip members that can be read alone: offset, bytes, lines."""
    tables: Mapping[str, int]
    """Decisions by table."""
    first_at: str | None
    """The earliest recorded instant in it."""
    last_at: str | None
    before: Mapping[str, str]
    """Chain -> `number:hash` of its last decision before this file, for the chains in it."""
    after: Mapping[str, str]
    exported_at: str
    keep_until: str
    """The first day on which somebody may delete it. Nothing here ever does."""
    previous: str
    """The hash of the entry before."""

    @property
    def hash(self) -> str:
        """What the next entry names as its previous."""
        return sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS)).hexdigest()

    def as_line(self) -> bytes:
        return orjson.dumps(asdict(self) | {"hash": self.hash}, option=orjson.OPT_SORT_KEYS) + b"\n"


def services(root: Path) -> tuple[str, ...]:
    """The services that have exported into a folder of history. BadHistory where none has."""
    found = tuple(sorted(path.parent.name for path in root.glob(f"*/{MANIFEST}")))
    if not found:
        raise BadHistory(str(root), "holds no exported decisions", "export some with: o2c decisions export")
    return found


def parts_of(folder: Path) -> tuple[Part, ...]:
    """The entries of one service's manifest, verified as a chain; none where it never exported."""
    try:
        content = (folder / MANIFEST).read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise BadHistory(str(folder / MANIFEST), error.strerror or str(error)) from error
    return tuple(_read(folder / MANIFEST, content))


def _read(path: Path, content: bytes) -> Iterator[Part]:
    *lines, rest = content.split(b"\n")
    previous = GENESIS
    for n, line in enumerate(lines, 1):
        part = _entry(f"{path}:{n}", line)
        if part.n != n or part.previous != previous or part.as_line() != line + b"\n":
            raise BadHistory(f"{path}:{n}", "is not the entry that was written here", _AGAIN)
        previous = part.hash
        yield part
    if rest:
        raise BadHistory(f"{path}:{len(lines) + 1}", "the entry has no end", _AGAIN)


def _entry(where: str, line: bytes) -> Part:
    try:
        body: dict[str, Any] = orjson.loads(line)
        body.pop("hash")
        return Part(**body | {"blocks": tuple((at, size, lines) for at, size, lines in body["blocks"])})
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadHistory(where, f"is no entry of a manifest ({error})", _AGAIN) from error


def heads_after(parts: tuple[Part, ...]) -> dict[int, tuple[int, bytes]]:
    """Where the next export goes on."""
    found: dict[int, tuple[int, bytes]] = {}
    for part in parts:
        found |= {int(chain): read_head(head) for chain, head in part.after.items()}
    return found


def read_head(text: str) -> tuple[int, bytes]:
    """From `number:hash`."""
    seq, _, digest = text.partition(":")
    return int(seq), bytes.fromhex(digest)


def written_heads(heads: Heads, chains: set[int]) -> dict[str, str]:
    """As `number:hash`, for these chains."""
    found = {chain: heads.get(chain, START) for chain in sorted(chains)}
    return {str(chain): f"{seq}:{digest.hex()}" for chain, (seq, digest) in found.items()}
