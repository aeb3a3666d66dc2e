"""The parts of a workbook's file. Never unpacks beyond a budget, never reads what could do or fetch anything."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lxml import etree

from o2c_rules.source import BYTES_MOST

PARTS_MOST = 500
UNPACKED_MOST = 64_000_000
_ZIP = b"PK"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ACTIVE = {
    "vbaproject": ("macros", "save it as .xlsx, without macros"),
    "xl/macrosheets/": ("macros", "save it as .xlsx, without macros"),
    "xl/externallinks/": ("links to other workbooks", "break the links (Data, Edit Links) and save"),
    "xl/connections": ("a connection to a data source", "remove the connection (Data, Queries) and save"),
    "xl/embeddings/": ("an embedded document", "delete the embedded object and save"),
    "xl/activex/": ("active controls", "delete the controls and save"),
}


class Unusable(Exception):
    """The file, or one of its parts, may not be read or cannot be."""

    def __init__(self, text: str, hint: str, part: str = "") -> None:
        super().__init__(text)
        self.hint, self.part = hint, part


class Archive:
    """A workbook's zip file; all its parts share one budget of unpacked bytes."""

    def __init__(self, content: bytes) -> None:
        """Unusable where the file is no workbook, is damaged, or holds more than plain sheets."""
        too_large = len(content) > BYTES_MOST
        if too_large and not content.startswith(_ZIP):
            raise Unusable(f"the file has {len(content):,} bytes", f"at most {BYTES_MOST:,} are read; split the table")
        if content.startswith(_OLE):
            raise Unusable("encrypted, or an old .xls", "take the password off and save it as .xlsx")
        try:
            self._file = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise Unusable(
                f"no workbook, or not all of it: {error}", "save it once more as .xlsx and copy it whole"
            ) from error
        self._left = UNPACKED_MOST
        parts = self._file.infolist()
        self._names = _checked(parts)
        self.excess = f"the file has {len(content):,} bytes, more than {BYTES_MOST:,}" if too_large else ""
        """Why the file is too large for any of its sheets to be read; empty where it is not."""
        if sum(part.file_size for part in parts) > UNPACKED_MOST:
            self.excess = f"unpacks to more than {UNPACKED_MOST:,} bytes"
        self.heaviest = max(parts, key=lambda part: part.file_size).filename if parts else ""

    def __contains__(self, name: str) -> bool:
        return name in self._names

    @contextmanager
    def part(self, name: str) -> Iterator["_Metered"]:
        """A part as a stream. Unusable where it is missing, damaged, or larger than what is left of the budget."""
        if name not in self._names:
            raise Unusable("missing", "save the workbook once more as .xlsx", name)
        try:
            with self._file.open(name) as stream:
                yield _Metered(self, stream, name)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
            raise Unusable(f"damaged: {error}", "the file is truncated or changed; save it once more", name) from error

    def elements(self, name: str, *tags: str) -> Iterator[Any]:
        """The elements of these names as they close, in order; each is forgotten when the next is asked for."""
        try:
            with self.part(name) as stream:
                _, root = next(iter(_parsed(stream, ("start",))))
                if root.getroottree().docinfo.doctype:
                    raise Unusable("a document type declaration", "save the workbook once more as .xlsx", name)
            with self.part(name) as stream:
                for _, element in _parsed(stream, ("end",), [f"{{*}}{tag}" for tag in tags]):
                    yield element
                    element.clear()
                    while element.getprevious() is not None:
                        del element.getparent()[0]
        except (etree.XMLSyntaxError, StopIteration) as error:
            raise Unusable(f"no XML: {error}", "save the workbook once more as .xlsx", name) from error

    def spend(self, count: int, name: str) -> None:
        """Take bytes from the budget. Unusable when it is used up."""
        self._left -= count
        if self._left < 0:
            raise Unusable(
                f"unpacks to more than {UNPACKED_MOST:,} bytes", "delete empty rows, columns and pictures", name
            )


class _Metered:
    """A stream whose every byte is counted."""

    def __init__(self, archive: Archive, stream: Any, name: str) -> None:
        self._archive, self._stream, self._name = archive, stream, name

    def read(self, size: int = -1) -> bytes:
        found: bytes = self._stream.read(size if size >= 0 else UNPACKED_MOST + 1)
        self._archive.spend(len(found), self._name)
        return found


def _parsed(stream: _Metered, events: tuple[str, ...], tags: list[str] | None = None) -> Any:
    return etree.iterparse(
        stream, events=events, tag=tags, resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False
    )


def _checked(parts: list[zipfile.ZipInfo]) -> frozenset[str]:
    if len(parts) > PARTS_MOST:
        raise Unusable(f"{len(parts)} parts", f"at most {PARTS_MOST}; delete pictures and sheets it does not need")
    names: set[str] = set()
    for part in parts:
        if part.filename in names:
            raise Unusable("there twice", "save the workbook once more as .xlsx", part.filename)
        if part.flag_bits & 1:
            raise Unusable("encrypted", "take the password off and save it as .xlsx", part.filename)
        for mark, (what, hint) in _ACTIVE.items():
            if mark in part.filename.lower():
                raise Unusable(f"the workbook holds {what}", hint, part.filename)
        names.add(part.filename)
    return frozenset(names)
