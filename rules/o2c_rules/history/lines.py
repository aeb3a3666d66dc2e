"""One recorded decision as a line of a file: JSON whose `body` is, byte for byte, what its chain was hashed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from orjson import JSONDecodeError, loads

Heads = Mapping[int, tuple[int, bytes]]
"""Chain -> the number and the hash of its last decision."""
START = (0, b"")
_BODY = b',"body":'
_TABLE = b',"table":"'


class BadHistory(Exception):
    """Files of history that cannot be used as they are: which, why, and what to do."""

    def __init__(self, where: str, why: str, hint: str = "") -> None:
        super().__init__(f"{where}: {why}")
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Line:
    """A decision in its chain."""

    chain: int
    seq: int
    hash: bytes
    body: bytes

    def as_bytes(self) -> bytes:
        """Without the end of the line."""
        head = b'{"chain":%d,"seq":%d,"hash":"%s"' % (self.chain, self.seq, self.hash.hex().encode())
        return head + _BODY + self.body + b"}"

    def follows(self, heads: Heads) -> bool:
        """Whether it is the very next of its chain, and nothing in it was changed since."""
        seq, head = heads.get(self.chain, START)
        return self.seq == seq + 1 and self.hash == sha256(head + self.body).digest()


def body_of(line: bytes) -> bytes:
    """The recorded decision in a line."""
    return line[line.index(_BODY) + len(_BODY) : -1]


def table_in(line: bytes) -> bytes:
    """Which table decided, found without reading the line: it stands near its end, and quotes within texts are escaped
    where these are not. Empty where the line holds no decision."""
    _, _, rest = line.rpartition(_TABLE)
    return rest[: rest.find(b'"')]


def read_line(line: bytes) -> Line:
    """The line that these bytes hold; ValueError where they hold none."""
    try:
        at = line.index(_BODY)
        head = loads(line[:at] + b"}")
        found = Line(head["chain"], head["seq"], bytes.fromhex(head["hash"]), line[at + len(_BODY) : -1])
    except (JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(f"no line of a decision: {error!r}") from error
    if found.as_bytes() != line:
        raise ValueError("no line of a decision: it is not written as one")
    return found
