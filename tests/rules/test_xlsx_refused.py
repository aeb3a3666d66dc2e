"""A workbook that could do harm, that was damaged, or that never ends: refused whole, quickly, with place and hint."""

import time
import zipfile
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import pytest
from o2c_rules import formats
from o2c_rules.formats.archive import PARTS_MOST, UNPACKED_MOST
from o2c_rules.formats.workbook import ROWS_SEEN_MOST
from o2c_rules.rulebook import RuleBook, read_file
from o2c_rules.source import BYTES_MOST, BadTable

from tests.rules.by_hand import CASES, RULES, changed, part_of, with_part, workbook

FILE = "orders/credit.xlsx"
SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
GOOD = workbook({"cases": CASES})


def refused(content: bytes) -> str:
    with pytest.raises(BadTable) as wrong:
        formats.load(FILE, content)
    assert all(finding.hint for finding in wrong.value.findings)
    return str(wrong.value)


def in_part(name: str, old: bytes, new: bytes) -> bytes:
    assert old in part_of(GOOD, name)
    return with_part(GOOD, name, part_of(GOOD, name).replace(old, new, 1))


def zipped(parts: dict[str, bytes]) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def encrypted() -> bytes:
    """The flag that says so, set in the entry and in the directory at the end."""
    content = bytearray(GOOD)
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", f"{FILE}:1: no workbook, or not all of it"),
        (b"table: orders/credit\n", f"{FILE}:1: no workbook, or not all of it"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, f"{FILE}:1: encrypted, or an old .xls"),
        (encrypted(), "encrypted (take the password off"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "no workbook in it"),
        (b" " * (BYTES_MOST + 1), "the file has 2,000,001 bytes"),
        (with_part(GOOD, "xl/vbaProject.bin", b"Sub Auto_Open()"), f"{FILE}:xl/vbaProject.bin: the workbook holds"),
        (with_part(GOOD, "xl/externalLinks/externalLink1.xml", b"<a/>"), "the workbook holds links to other workbooks"),
        (with_part(GOOD, "xl/connections.xml", b"<a/>"), "the workbook holds a connection"),
        (with_part(GOOD, "xl/embeddings/oleObject1.bin", b"x"), "the workbook holds an embedded document"),
        (workbook(merged={"rules": "C2:D3"}), f"{FILE}:rules!C2: merged cells C2:D3"),
        (in_part(SHEET, b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="B2:B3"/></mergeCells>'),
         f"{FILE}:rules!B2: merged cells B2:B3"),
        (in_part(SHEET, b'<c r="D3"><v>5', b'<c r="D3" t="e"><v>#N/A'), f"{FILE}:rules!D3: the error #N/A"),
        (in_part(SHEET, b'<c r="D3"><v>5', b'<c r="D3"><v>five'),
         f"{FILE}:rules!D3: 'five', which is neither a number nor a day"),
        (in_part(SHEET, b"<v>0</v>", b"<v>99999</v>"), "names text 99999, which is not there"),
        (in_part(SHEET, b"<v>0</v>", b"<v>x</v>"), "damaged"),
        (in_part(SHEET, b'<row r="1"', b'<row r="one"'), "damaged"),
        (in_part(SHEET, b"</sheetData>", b"</sheetDat>"), f"{FILE}:{SHEET}: no XML"),
        (with_part(GOOD, STRINGS, b""), f"{FILE}:{STRINGS}: no XML"),
        (with_part(GOOD, "xl/styles.xml", b"\xff\xfe<"), "no XML"),
        (in_part("xl/_rels/workbook.xml.rels", b"worksheets/sheet1", b"../../../etc/passwd"), "missing"),
        (zipped({f"part{n}": b"" for n in range(PARTS_MOST + 1)}), f"{PARTS_MOST + 1} parts"),
    ],
)  # fmt: skip
def test_what_is_no_plain_workbook_is_refused_with_its_place(content: bytes, said: str) -> None:
    assert said in refused(content)


BOMB = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'


@pytest.mark.parametrize("part", [SHEET, STRINGS, "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"])
@pytest.mark.parametrize("declaration", [BOMB, OUTSIDE])
def test_a_document_type_is_refused_before_anything_of_it_is_used(part: str, declaration: bytes) -> None:
    head, _, body = part_of(GOOD, part).partition(b"?>")

    assert f"{FILE}:{part}: a document type declaration" in refused(
        with_part(GOOD, part, head + b"?>" + declaration + body)
    )


def test_a_part_twice_in_the_file_is_refused() -> None:
    content = BytesIO(GOOD)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(content, "a") as archive:
        archive.writestr(SHEET, b"<worksheet/>")

    assert f"{FILE}:{SHEET}: there twice" in refused(content.getvalue())


@pytest.mark.parametrize("share", range(1, 20))
def test_a_truncated_workbook_is_refused_wherever_it_ends(share: int) -> None:
    assert refused(GOOD[: len(GOOD) * share // 20])


def test_a_flipped_byte_never_reads_as_another_table() -> None:
    names = [info for info in zipfile.ZipFile(BytesIO(GOOD)).infolist() if info.filename in (SHEET, STRINGS)]
    for info in names:
        start = info.header_offset + 30 + len(info.filename)
        for at in range(start, start + info.compress_size, 17):
            assert refused(GOOD[:at] + bytes([GOOD[at] ^ 0x20]) + GOOD[at + 1 :])


def test_a_bomb_that_says_so_is_refused_without_unpacking_it() -> None:
    bomb = with_part(GOOD, "xl/media/image1.png", bytes(UNPACKED_MOST + 1))

    before = time.process_time()
    said = refused(bomb)

    assert len(bomb) < BYTES_MOST
    assert "unpacks to more than" in said
    assert time.process_time() - before < 0.5


def test_a_bomb_that_hides_its_size_is_stopped_while_it_unpacks() -> None:
    bomb = bytearray(with_part(GOOD, STRINGS, b"<sst>" + b"<si><t>aaaa</t></si>" * 4_000_000))
    directory = bomb.index(b"PK\x01\x02", bomb.index(STRINGS.encode()))
    size = bomb.index(STRINGS.encode(), directory) - 46 + 24
    bomb[size : size + 4] = (1_000).to_bytes(4, "little")

    before = time.process_time()
    said = refused(bytes(bomb))

    assert f"{FILE}:{STRINGS}: " in said
    assert time.process_time() - before < 0.5


def test_a_million_blank_rows_are_refused_in_a_moment_and_the_last_full_one_is_named() -> None:
    blank = b'<row spans="1:11" ht="15"/>' * 1_000_000

    before = time.process_time()
    said = refused(in_part(SHEET, b"</sheetData>", blank + b"</sheetData>"))

    assert f"{FILE}:rules!A{ROWS_SEEN_MOST + 1}: the sheet goes on for more than {ROWS_SEEN_MOST:,} rows" in said
    assert "the last cell with content is in row 3" in said
    assert time.process_time() - before < 3


def test_a_sheet_too_heavy_to_be_read_is_named() -> None:
    uneven = b"".join(b'<row r="%d" ht="%d.%d"/>' % (n, n * 7919 % 89, n * 104729 % 9973) for n in range(4, 400_000))
    styled = b'<row r="4"><c r="A4" s="1"/><c r="B4" s="1"/></row>' * 1_300_000

    by_size = refused(in_part(SHEET, b"</sheetData>", uneven + b"</sheetData>"))
    unpacked = refused(in_part(SHEET, b"</sheetData>", styled + b"</sheetData>"))

    assert f"{FILE}:rules!A1: the file has " in by_size
    assert f"{FILE}:rules!A1: unpacks to more than" in unpacked
    assert "delete the empty rows below the table" in by_size


def test_a_text_that_no_other_format_holds_is_refused_at_its_cell() -> None:
    assert f"{FILE}:rules!J2: a text of 32,000 characters" in refused(
        workbook({"rules": changed(RULES, 1, "because", "x" * 32_000)})
    )


def test_a_row_at_the_far_end_of_a_sheet_costs_nothing() -> None:
    row = b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>far away</t></is></c></row></sheetData>'

    before = time.process_time()
    said = refused(in_part(SHEET, b"</sheetData>", row))

    assert f"{FILE}:rules!XFD1048576: a cell under no heading" in said
    assert time.process_time() - before < 1


def test_merged_cells_above_and_beside_the_table_are_nobody_s_concern() -> None:
    headline = workbook({"rules": [["", ""], [], *RULES]}, merged={"rules": "A1:C1"})

    assert formats.load(FILE, headline).table.rows[0].id == "R1"


def test_a_bad_workbook_leaves_the_running_book_alone(tmp_path: Path) -> None:
    (tmp_path / "orders").mkdir()
    (tmp_path / FILE).write_bytes(GOOD)
    book = RuleBook.of(tmp_path)

    (tmp_path / FILE).write_bytes(GOOD[:1_000])
    with pytest.raises(BadTable):
        RuleBook.of(tmp_path)

    assert book.tables == ("orders/credit",)


class Restless(type(Path())):  # type: ignore[misc]
    """A file that somebody saves anew while it is being read."""

    def open(self, *args: Any, **named: Any) -> IO[Any]:
        opened = super().open(*args, **named)
        draft = Path(f"{self}.draft")
        draft.write_bytes(GOOD)
        draft.replace(self)
        return opened


def test_a_file_that_is_swapped_while_it_is_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "credit.xlsx").write_bytes(GOOD)

    with pytest.raises(BadTable, match=r"credit\.xlsx:1: the file changed while it was read"):
        read_file(Restless(tmp_path / "credit.xlsx"))
    assert read_file(tmp_path / "credit.xlsx") == GOOD
