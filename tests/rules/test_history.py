"""Decisions kept as files: what was exported can be read, continued and verified; damage is named."""

import gzip
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from o2c_rules.history.lines import BadHistory, Line, read_line
from o2c_rules.history.manifest import MANIFEST, parts_of
from o2c_rules.history.reading import outcome_lines, verified
from o2c_rules.history.writing import growing

from tests.rules.histories import NOON, Recorder, book, facts


@pytest.fixture
def recorder() -> Recorder:
    found = Recorder(book())
    for n in range(40):
        found.ask(facts(n), subject=f"O-{n}", customer=f"c{n % 5}")
    return found


def problems(root: Path) -> list[str]:
    return [problem for verdict in verified(root) for problem in verdict.problems]


def test_an_export_is_json_lines_whose_bodies_are_the_recorded_bytes(recorder: Recorder, tmp_path: Path) -> None:
    recorder.export(tmp_path)

    (part,) = parts_of(tmp_path / "orders")
    lines = gzip.decompress((tmp_path / "orders" / part.file).read_bytes()).splitlines()
    assert [read_line(line) for line in lines] == recorder.lines
    assert orjson.loads(lines[0])["body"] == orjson.loads(recorder.lines[0].body)
    assert part.tables == {"orders/limits": 40}
    assert part.keep_until == "2036-03-02"


def test_the_next_export_goes_on_where_the_last_one_ended(recorder: Recorder, tmp_path: Path) -> None:
    recorder.export(tmp_path)
    recorder.ask(facts(99), subject="O-99")

    recorder.export(tmp_path)

    first, second = parts_of(tmp_path / "orders")
    assert (first.lines, second.lines) == (40, 1)
    assert all(first.after.get(chain, head) == head for chain, head in second.before.items())
    (verdict,) = verified(tmp_path)
    assert (verdict.decisions, verdict.problems) == (41, ())
    assert sum(seq for seq, _ in verdict.heads.values()) == 41


def test_an_export_of_nothing_new_writes_nothing(recorder: Recorder, tmp_path: Path) -> None:
    recorder.export(tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "orders").iterdir()}

    recorder.export(tmp_path)

    assert {path.name: path.read_bytes() for path in (tmp_path / "orders").iterdir()} == before


def test_what_became_of_a_document_is_kept_when_it_changes(recorder: Recorder, tmp_path: Path) -> None:
    unpaid = {"kind": "invoice", "document": "I-1", "open_minor": 5}
    recorder.export(tmp_path, [unpaid, {"kind": "invoice", "document": "I-2", "open_minor": 7}])
    recorder.export(tmp_path, [unpaid])

    recorder.export(tmp_path, [unpaid | {"open_minor": 0}])

    folder = tmp_path / "orders"
    told = [document for _, document in outcome_lines(folder, parts_of(folder))]
    assert [(d["document"], d["open_minor"]) for d in told] == [("I-1", 5), ("I-2", 7), ("I-1", 0)]
    assert problems(tmp_path) == []


def test_a_decision_that_does_not_follow_is_refused_and_nothing_is_written(recorder: Recorder, tmp_path: Path) -> None:
    recorder.lines[3] = Line(recorder.lines[3].chain, recorder.lines[3].seq, b"\0" * 32, recorder.lines[3].body)

    with pytest.raises(BadHistory, match=r"orders, chain \d, decision \d+: does not follow"):
        recorder.export(tmp_path)

    assert not (tmp_path / "orders" / MANIFEST).exists()


def test_two_exports_into_one_folder_do_not_mix(recorder: Recorder, tmp_path: Path) -> None:
    with growing(tmp_path / "orders", NOON), pytest.raises(BadHistory, match="another export is writing here"):
        recorder.export(tmp_path)


def test_a_flipped_byte_of_a_recorded_fact_names_file_and_line(recorder: Recorder, tmp_path: Path) -> None:
    recorder.export(tmp_path)
    (part,) = parts_of(tmp_path / "orders")
    path = tmp_path / "orders" / part.file
    lines = gzip.decompress(path.read_bytes()).splitlines()
    lines[17] = lines[17].replace(b'"total_minor":1000', b'"total_minor":1001')
    content = gzip.compress(b"\n".join(lines) + b"\n", mtime=0)
    path.write_bytes(content)
    manifest = path.with_name(MANIFEST)
    manifest.write_bytes(_told_of(manifest, len(content)))

    (problem, *_) = problems(tmp_path)

    assert problem.startswith(f"{path}:18: chain ")


def _told_of(manifest: Path, size: int) -> bytes:
    """The entry of a forger who knows how entries are hashed, but not the chain's hashes."""
    (part,) = parts_of(manifest.parent)
    return replace(part, blocks=((0, size, part.lines),)).as_line()


@pytest.mark.parametrize("at", [30, 200, -20])
def test_a_flipped_bit_anywhere_in_a_file_is_named(recorder: Recorder, tmp_path: Path, at: int) -> None:
    recorder.export(tmp_path)
    (part,) = parts_of(tmp_path / "orders")
    path = tmp_path / "orders" / part.file
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(bytes(content))

    (problem,) = problems(tmp_path)

    assert problem.startswith(str(path))


def test_a_removed_file_is_named_and_the_rest_still_verifies(recorder: Recorder, tmp_path: Path) -> None:
    recorder.export(tmp_path)
    recorder.ask(facts(99), subject="O-99")
    recorder.export(tmp_path)
    (tmp_path / "orders" / "decisions-000001.jsonl.gz").unlink()

    (problem,) = problems(tmp_path)

    assert "decisions-000001.jsonl.gz: is missing" in problem


def test_files_that_changed_places_are_named(recorder: Recorder, tmp_path: Path) -> None:
    recorder.export(tmp_path)
    recorder.ask(facts(99), subject="O-99")
    recorder.export(tmp_path)
    one, two = (tmp_path / "orders" / f"decisions-{n:06}.jsonl.gz" for n in (1, 2))
    first, second = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)

    found = problems(tmp_path)

    assert [problem.startswith(str(path)) for problem, path in zip(found, (one, two), strict=True)] == [True, True]


@pytest.mark.parametrize("damage", ["removed", "swapped", "changed", "cut"])
def test_a_damaged_manifest_names_its_first_bad_entry(recorder: Recorder, tmp_path: Path, damage: str) -> None:
    for n in range(3):
        recorder.ask(facts(n), subject=f"N-{n}")
        recorder.export(tmp_path, at=NOON + timedelta(days=n))
    path = tmp_path / "orders" / MANIFEST
    one, two, three = path.read_bytes().splitlines(keepends=True)
    changed = two.replace(b'"lines":1', b'"lines":2')
    damaged = {"removed": one + three, "swapped": two + one + three, "changed": one + changed + three, "cut": one[:-9]}

    path.write_bytes(damaged[damage])

    (problem, *_) = problems(tmp_path)
    assert problem.startswith(f"{path}:{1 if damage in ('swapped', 'cut') else 2}: ")


def test_a_file_that_no_entry_names_is_reported(recorder: Recorder, tmp_path: Path) -> None:
    recorder.export(tmp_path)
    (tmp_path / "orders" / "decisions-000009.jsonl.gz").write_bytes(b"")

    (problem,) = problems(tmp_path)

    assert "no entry of manifest.jsonl names it" in problem


def test_a_folder_without_history_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BadHistory, match="holds no exported decisions") as caught:
        verified(tmp_path)

    assert "o2c decisions export" in caught.value.hint
