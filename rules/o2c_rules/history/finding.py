"""One decision out of files of history, by its id; what is asked for once in a while, so nothing is indexed."""

from pathlib import Path
from typing import Any, NamedTuple

import orjson

from .lines import body_of, read_line
from .reading import blocks_of, decision_parts


class Kept(NamedTuple):
    """A decision as it lies in a file, and which service made it."""

    service: str
    chain: int
    seq: int
    body: dict[str, Any]


def kept(root: Path, id_: str) -> Kept | None:
    """The decision of this id; None where no file holds it. BadHistory for files that cannot be read."""
    begins = b'{"id":%s,' % orjson.dumps(id_)
    for folder, part in decision_parts(root):
        for block in blocks_of(folder, part):
            for raw in block.read():
                if begins in raw and body_of(raw).startswith(begins):
                    line = read_line(raw)
                    return Kept(folder.name, line.chain, line.seq, orjson.loads(line.body))
    return None
