"""Decisions leave the database page by page behind a watermark, and what became of documents with them."""

from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from o2c_chassis.decisions import CHAINS
from o2c_chassis.errors import Refused
from o2c_chassis.exporting_pages import outcomes_after
from o2c_chassis.service import Became, Service
from o2c_rules.history.lines import Line, read_line

from tests.chassis import toy
from tests.console.conftest import Desk, desk_at


@pytest.fixture
async def desk(database: Callable[..., str], template: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk_at(database(template=template), database(), tmp_path / "rules") as made:
        orders = [toy.record(f"o-{n}", toy.order(f"o-{n}", customer=f"c-{n % 9}")) for n in range(30)]
        await made.publish(toy.INTAKE, *orders)
        yield made


async def page(desk: Desk, seqs: list[int], **more: object) -> list[Line]:
    answer = await desk.get("export/decisions", who="olga", after=",".join(map(str, seqs)), **more)
    assert answer.status_code == 200, answer.text
    return [read_line(line) for line in answer.content.split(b"\n")[:-1]]


async def test_pages_hold_every_decision_once_and_each_follows_the_one_before(desk: Desk) -> None:
    heads: dict[int, tuple[int, bytes]] = {}
    sizes = []

    while lines := await page(desk, [heads.get(chain, (0, b""))[0] for chain in range(CHAINS)], each=2):
        sizes.append(len(lines))
        for line in lines:
            assert line.follows(heads)
            heads[line.chain] = line.seq, line.hash

    assert sum(sizes) == 30 == len(await desk.running.database.fetch("select 1 from decisions"))
    assert len(sizes) > 1
    assert all(size <= 2 * CHAINS for size in sizes)


async def test_a_line_holds_the_recorded_bytes(desk: Desk) -> None:
    rows = await desk.running.database.fetch("select chain, seq, hash, body from decisions order by chain, seq")

    answer = await desk.get("export/decisions", who="olga")

    assert answer.headers["content-type"] == "application/x-ndjson"
    assert [read_line(line) for line in answer.content.split(b"\n")[:-1]] == [Line(*row) for row in rows]


@pytest.mark.parametrize("after", ["1", "a" * 64, ",".join(["-1"] * CHAINS), ",".join(["9" * 19] * CHAINS)])
async def test_what_is_no_watermark_is_refused(desk: Desk, after: str) -> None:
    answer = await desk.get("export/decisions", who="olga", after=after)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-watermark")


@pytest.mark.parametrize("what", ["decisions", "outcomes"])
async def test_only_auditors_and_operators_take_history_out(desk: Desk, what: str) -> None:
    answer: httpx.Response = await desk.get(f"export/{what}", who="ann")

    assert (answer.status_code, answer.json()["code"]) == (403, "no-authority")


async def test_outcomes_come_kind_by_kind_and_go_on_behind_a_name() -> None:
    asked: list[tuple[str, int]] = []

    def of(kind: str, names: str) -> Became:
        async def after(_: Any, behind: str, most: int) -> list[Mapping[str, Any]]:
            asked.append((behind, most))
            return [{"document": name} for name in names if name > behind][:most]

        return Became(kind, after)

    service = Service("x", (), (), outcomes=(of("invoice", "abc"), of("payment", "ab")))

    first = await outcomes_after(service, None, "", 4)  # type: ignore[arg-type]
    second = await outcomes_after(service, None, "payment/a", 4)  # type: ignore[arg-type]

    assert [f"{d['kind']}/{d['document']}" for d in first] == ["invoice/a", "invoice/b", "invoice/c", "payment/a"]
    assert second == [{"kind": "payment", "document": "b"}]
    assert asked == [("", 4), ("", 1), ("a", 4)]
    with pytest.raises(Refused, match="tells nothing of 'case'"):
        await outcomes_after(service, None, "case/a", 4)  # type: ignore[arg-type]


async def test_a_service_without_documents_tells_no_outcomes(desk: Desk) -> None:
    answer = await desk.get("export/outcomes", who="olga")

    assert (answer.status_code, answer.content) == (200, b"")
    assert orjson.loads((await desk.get("export/outcomes", who="olga", after="x/1")).content)["code"] == "bad-watermark"
