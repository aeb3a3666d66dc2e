"""`o2c events publish`: whatever is wrong with a file is named where it stands in it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from o2c_console.world import installed, loopback_world

from tests.cast import FIRST, at
from tests.console.conftest import Said, o2c, served

pytestmark = pytest.mark.slow
BATCH = 500


@pytest.fixture
async def url(database: Callable[..., str], tmp_path: Path) -> AsyncIterator[str]:
    urls = {name: database() for name in ("orders", "log")}
    opened = loopback_world("live", at(FIRST, 6), urls, tmp_path / "rules", [installed()["orders"]])
    async with opened as world, served(world) as address:
        yield address


def line(n: int, type_: str = "CustomerRegistered") -> str:
    event = {"specversion": "1.0", "id": f"e-{n}", "source": "file", "type": type_, "time": "2026-03-02T05:00:00Z"}
    return json.dumps(event | {"data": {"customer_id": f"c{n}", "name": "Quay", "country": "DE"}})


async def published(url: str, file: Path, text: str, *options: str) -> Said:
    file.write_text(text)
    return await asyncio.to_thread(o2c, url, "events", "publish", str(file), *options)


async def test_a_line_that_is_no_json_is_named_by_its_number_and_nothing_is_published(url, tmp_path):
    lines = [line(n) for n in range(1501)]
    lines[732], lines[1000] = lines[732][:-1], "{'single': 1}"

    said = await published(url, tmp_path / "bulk.jsonl", "\n".join(lines))
    first = await asyncio.to_thread(o2c, url, "events", "show", "file", "e-0")

    assert (said.returncode, said.stdout) == (2, "")
    bad = [each.split(": ")[0] for each in said.stderr.splitlines()[:-1]]
    assert [each.rsplit(":", 1)[0] for each in bad] == [f"{tmp_path}/bulk.jsonl:733", f"{tmp_path}/bulk.jsonl:1001"]
    assert said.stderr.splitlines()[-1] == "hint: nothing was published; mend them and publish the file again"
    assert first.returncode == 1


async def test_of_very_many_bad_lines_the_first_twenty_are_named(url, tmp_path):
    said = await published(url, tmp_path / "bulk.jsonl", "\n".join([line(1), *(["{"] * 25)]))

    assert said.returncode == 2
    assert [each.split(":")[1] for each in said.stderr.splitlines()[:20]] == [str(n) for n in range(2, 22)]
    assert said.stderr.splitlines()[20] == "and 5 lines more"


async def test_a_document_that_breaks_off_is_named_as_a_whole(url, tmp_path):
    said = await published(url, tmp_path / "one.json", json.dumps(json.loads(line(1)), indent=1)[:-5])

    assert said.returncode == 2
    assert f"{tmp_path}/one.json is no JSON: " in said.stderr
    assert "hint: one event, a list of events, or one event per line" in said.stderr


async def test_what_is_refused_is_named_by_its_place_in_the_file_alone_in_its_batch_or_not(url, tmp_path):
    lines = [*(line(n) for n in range(BATCH)), "7"]
    lines[3] = line(3, "OrderEaten")

    said = await published(url, tmp_path / "bulk.jsonl", "\n".join(lines))
    as_json = await published(url, tmp_path / "bulk.jsonl", "\n".join(lines), "--json")

    assert (said.returncode, said.stdout) == (1, f"{BATCH - 1} of {BATCH + 1} accepted\n")
    named = [each for each in said.stderr.splitlines() if "refused" in each]
    assert named[0].startswith("3: file/e-3 refused: ")
    assert named[1].startswith(f"{BATCH}: without source and id refused: ")
    found = json.loads(as_json.stdout)
    assert [d["index"] for d in found] == list(range(BATCH + 1))


async def test_a_missing_file_is_named_with_what_may_stand_there(url, tmp_path):
    said = await asyncio.to_thread(o2c, url, "events", "publish", str(tmp_path / "nowhere.json"))

    assert said.returncode == 2
    assert f"{tmp_path}/nowhere.json: No such file or directory" in said.stderr
    assert "hint: name a file of events, or - for stdin" in said.stderr
