"""Reads files of history, a block at a time; says of each damage in which file and line it begins."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from .lines import BadHistory, read_line
from .manifest import DECISIONS, MANIFEST, OUTCOMES, Part, parts_of, read_head, services, written_heads

_COPY = "take the file from a copy"


@dataclass(frozen=True, slots=True)
class Block:
    """Some thousand lines that can be read without the others."""

    path: str
    offset: int
    size: int
    lines: int

    def read(self) -> list[bytes]:
        """Its lines. BadHistory where the bytes are not what was written."""
        try:
            with Path(self.path).open("rb") as file:
                file.seek(self.offset)
                content = zlib.decompress(file.read(self.size), wbits=31)
        except (OSError, zlib.error) as error:
            raise BadHistory(self.path, f"cannot be read at byte {self.offset} ({error})", _COPY) from error
        return content.split(b"\n")[:-1]


def blocks_of(folder: Path, part: Part) -> Iterator[Block]:
    """The blocks of one file."""
    return (Block(str(folder / part.file), offset, size, lines) for offset, size, lines in part.blocks)


def decision_parts(root: Path) -> Iterator[tuple[Path, Part]]:
    """All files of decisions of a folder of history, service by service."""
    for service in services(root):
        folder = root / service
        yield from ((folder, part) for part in parts_of(folder) if part.kind == DECISIONS)


def outcome_lines(folder: Path, parts: tuple[Part, ...]) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """What became of a service's documents, the oldest first; a later line of a document takes an earlier's place."""
    for part in parts:
        if part.kind == OUTCOMES:
            for block in blocks_of(folder, part):
                for line in block.read():
                    yield line, orjson.loads(line)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a service's files came to."""

    service: str
    files: int
    decisions: int
    problems: tuple[str, ...]
    heads: dict[int, tuple[int, bytes]]
    """As far as they verify; to be compared with what the service published."""


def verified(root: Path) -> tuple[Verdict, ...]:
    """Every file, line and chain of a folder of history. BadHistory where there is no history at all."""
    return tuple(_verified(root / service) for service in services(root))


def _verified(folder: Path) -> Verdict:
    heads: dict[int, tuple[int, bytes]] = {}
    problems: list[str] = []
    try:
        parts = parts_of(folder)
    except BadHistory as error:
        return Verdict(folder.name, 0, 0, (str(error),), {})
    for part in parts:
        problem = _problem_of_file(folder, part)
        if part.kind == DECISIONS and (folder / part.file).exists():
            problem = _problem_of_lines(folder, part, heads) or problem
        if problem is not None:
            problems.append(problem)
            heads |= {int(chain): read_head(head) for chain, head in part.after.items()}
    named = {part.file for part in parts} | {MANIFEST, ".lock"}
    strange = (path for path in sorted(folder.iterdir()) if path.name not in named and path.suffix != ".new")
    problems += [f"{path}: no entry of {MANIFEST} names it" for path in strange]
    return Verdict(folder.name, len(parts), sum(p.lines for p in parts if p.kind == DECISIONS), tuple(problems), heads)


def _problem_of_file(folder: Path, part: Part) -> str | None:
    path = folder / part.file
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return f"{path}: is missing; {MANIFEST} names it with {part.lines} lines"
    return None if sha256(content).hexdigest() == part.sha256 else f"{path}: is not the file that was exported"


def _problem_of_lines(folder: Path, part: Part, heads: dict[int, tuple[int, bytes]]) -> str | None:
    """The first line that is not what was written, or heads that the manifest does not name."""
    path, number = folder / part.file, 0
    try:
        for block in blocks_of(folder, part):
            for line in block.read():
                number += 1
                found = read_line(line)
                if not found.follows(heads):
                    where = f"chain {found.chain}, decision {found.seq}"
                    return f"{path}:{number}: {where} is not what was written, or not in its place"
                heads[found.chain] = found.seq, found.hash
    except (BadHistory, ValueError) as error:
        return f"{path}:{number + 1}: {error}"
    ends = written_heads(heads, {int(chain) for chain in part.after})
    return None if number == part.lines and ends == dict(part.after) else f"{path}: lacks lines at its end"
