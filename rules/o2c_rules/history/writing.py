"""Adds to one service's history: whole files, each there before the manifest names it. Never changes one."""

import fcntl
import gzip
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from .lines import BadHistory, Line
from .manifest import DECISIONS, GENESIS, KEEP_YEARS, MANIFEST, OUTCOMES, Part, heads_after, parts_of, written_heads
from .reading import outcome_lines

BLOCK_LINES = 5_000
PART_LINES = 500_000
LEVEL = 6


class Growing:
    """One service's history while an export adds to it. Made by `growing`, which keeps others away."""

    def __init__(self, folder: Path, at: datetime, keep_years: int) -> None:
        self.folder, self._at, self._keep_years = folder, at.astimezone(UTC), keep_years
        self._parts = parts_of(folder)
        self.heads = heads_after(self._parts)
        self.added: list[Part] = []
        self._decisions = _File()
        self._outcomes = _File()
        self._before = dict(self.heads)
        self._known: dict[str, bytes] | None = None

    def decision(self, line: Line) -> None:
        """Append; BadHistory for one that does not follow, which nothing but damage in the service explains."""
        if not line.follows(self.heads):
            where = f"{self.folder.name}, chain {line.chain}, decision {line.seq}"
            raise BadHistory(where, "does not follow what was exported before it", "look with: o2c verify")
        self.heads[line.chain] = line.seq, line.hash
        self._decisions.decided(line)
        if self._decisions.lines >= PART_LINES:
            self._close(DECISIONS, self._decisions)
            self._decisions, self._before = _File(), dict(self.heads)

    def outcome(self, document: dict[str, Any]) -> bool:
        """What became of a document; kept only where it is not what was exported last of it."""
        if self._known is None:
            self._known = {_key(body): _digest(line) for line, body in outcome_lines(self.folder, self._parts)}
        line = orjson.dumps(document, option=orjson.OPT_SORT_KEYS)
        key, digest = _key(document), _digest(line)
        if self._known.get(key) == digest:
            return False
        self._known[key] = digest
        self._outcomes.add(line)
        return True

    def close(self) -> None:
        """Write down what was added."""
        if self._decisions.lines:
            self._close(DECISIONS, self._decisions)
        if self._outcomes.lines:
            self._close(OUTCOMES, self._outcomes)

    def _close(self, kind: str, file: "_File") -> None:
        content = file.finished()
        last = self._parts[-1] if self._parts else None
        n = last.n + 1 if last else 1
        part = Part(
            n=n,
            kind=kind,
            file=f"{kind}-{n:06}.jsonl.gz",
            lines=file.lines,
            sha256=sha256(content).hexdigest(),
            blocks=tuple(file.blocks),
            tables=dict(sorted(file.tables.items())),
            first_at=file.first_at.isoformat() if file.first_at else None,
            last_at=file.last_at.isoformat() if file.last_at else None,
            before=written_heads(self._before, file.chains),
            after=written_heads(self.heads, file.chains),
            exported_at=self._at.isoformat(),
            keep_until=_years_later(self._at, self._keep_years),
            previous=last.hash if last else GENESIS,
        )
        _write_whole(self.folder / part.file, content)
        _append(self.folder / MANIFEST, part.as_line())
        self._parts = (*self._parts, part)
        self.added.append(part)


@contextmanager
def growing(folder: Path, at: datetime, keep_years: int = KEEP_YEARS) -> Iterator[Growing]:
    """Add to a service's history; written down at the end, and not at all where something failed on the way."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BadHistory(str(folder), "another export is writing here", "wait for it") from error
        found = Growing(folder, at, keep_years)
        yield found
        found.close()


class _File:
    """A file on its way: lines, in blocks that can be read alone."""

    def __init__(self) -> None:
        self.lines = 0
        self.blocks: list[tuple[int, int, int]] = []
        self.tables: Counter[str] = Counter()
        self.chains: set[int] = set()
        self.first_at: datetime | None = None
        self.last_at: datetime | None = None
        self._content = bytearray()
        self._block: list[bytes] = []

    def decided(self, line: Line) -> None:
        body = orjson.loads(line.body)
        at = datetime.fromisoformat(body["recorded_at"]).astimezone(UTC)
        self.first_at, self.last_at = min(self.first_at or at, at), max(self.last_at or at, at)
        self.tables[body["decision"]["table"]] += 1
        self.chains.add(line.chain)
        self.add(line.as_bytes())

    def add(self, line: bytes) -> None:
        self._block.append(line)
        self.lines += 1
        if len(self._block) >= BLOCK_LINES:
            self._press()

    def finished(self) -> bytes:
        if self._block:
            self._press()
        return bytes(self._content)

    def _press(self) -> None:
        # No time in the header: the same lines give the same bytes.
        member = gzip.compress(b"\n".join(self._block) + b"\n", LEVEL, mtime=0)
        self.blocks.append((len(self._content), len(member), len(self._block)))
        self._content += member
        self._block = []


def _key(document: dict[str, Any]) -> str:
    return f"{document['kind']}/{document['document']}"


def _digest(line: bytes) -> bytes:
    return sha256(line).digest()[:16]


def _years_later(at: datetime, years: int) -> str:
    day = at.date()
    return day.replace(year=day.year + years, day=min(day.day, 28)).isoformat()


def _write_whole(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _append(path: Path, line: bytes) -> None:
    with path.open("ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
