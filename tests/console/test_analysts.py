"""The analysts' page is true: its commands run, in order, against a platform, and print what it says they print.

Between them the sheet is changed as a spreadsheet program does it: moved, retyped and saved anew.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from o2c_console.local_server import free_port
from o2c_rules.bundles import Approval, Store
from o2c_rules.cases import cases_of
from o2c_rules.rulebook import RuleBook
from python_calamine import CalamineWorkbook

from tests.console.conftest import O2C
from tests.rules.by_hand import workbook
from tests.rules.histories import Recorder, invoice

PAGE = Path(__file__).resolve().parents[2] / "docs" / "analysts.md"
LEAD = "reference/release-lead.yaml"
Sheets = dict[str, list[list[Any]]]


class Step(NamedTuple):
    """Commands under a heading, and the lines that they print; the last says with which code they end."""

    heading: str
    commands: str
    printed: tuple[str, ...]


def steps() -> list[Step]:
    found = []
    for section in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE):
        for commands, printed in re.findall(
            r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```)?", section, re.MULTILINE | re.DOTALL
        ):
            found.append(Step(section.partition("\n")[0], commands, tuple(printed.splitlines())))
    return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A platform on the shipped rules, but for a lead of two seconds; and what a demo would have left. The environment
    of a person in front of it."""
    tmp_path.chmod(0o755)
    books = tmp_path / "books"
    for name, content in RuleBook.shipped().files.items():
        (books / name).parent.mkdir(parents=True, exist_ok=True)
        shorter = content.replace(b"lead_seconds: 60", b"lead_seconds: 2")
        (books / name).write_bytes(shorter if name.startswith("reference/release-lead") else content)
    home, port = tmp_path / "home", free_port()
    store = Store(home / "rules")
    store.release(store.publish(books), datetime.now(UTC), Approval("carmen", "felix", "a shorter lead"))
    history(tmp_path / ".local" / "demo" / "history")
    with up(home, port):
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        yield {**os.environ, "PATH": path, "O2C_URL": f"http://127.0.0.1:{port}", "O2C_HOME": str(home)}


@contextmanager
def up(home: Path, port: int) -> Iterator[None]:
    home.chmod(0o755)
    with (home / "said").open("w") as said:
        command = [*O2C, "up", "--home", str(home), "--port", str(port)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said, text=True, cwd=home.parent)
        assert process.stdout is not None
        assert "o2c is up" in process.stdout.readline(), (home / "said").read_text()
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
            process.stdout.close()


def history(root: Path) -> None:
    """Orders of class B while something was overdue for 14 to 22 days, and when their invoices were paid."""
    book = RuleBook.shipped()
    held = next(c for c in cases_of(book, "orders/credit") if c.sentence == "class B on the sixteenth day is held")
    recorder, paid = Recorder(book), []
    for days in range(14, 23):
        facts = {**held.facts, "overdue_days": days, "order_id": f"O-{days}"}
        recorder.ask(facts, subject=f"O-{days}", customer=f"C{days % 4}", table="orders/credit")
        due = date(2026, 4, 1)
        paid.append(invoice(f"I-{days}", f"O-{days}", due, due + timedelta(days=days), customer_id=f"C{days % 4}"))
    recorder.export(root, paid)


def changed(file: Path, change: Callable[[Sheets], None]) -> None:
    """Open, change, save: every cell typed as it was shown, two blank rows above and a blank column before."""
    book = CalamineWorkbook.from_path(str(file))
    sheets: Sheets = {
        name: [[_typed(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)]
        for name in book.sheet_names
    }
    change(sheets)
    file.write_bytes(workbook(dict(sheets), down=2, right=1))


def _typed(cell: Any) -> Any:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def row_of(rows: list[list[Any]], name: str) -> list[Any]:
    return next(row for row in rows if name in row)


def a_longer_grace(sheets: Sheets) -> None:
    row = row_of(sheets["rules"], "overdue-class-b")
    row[row.index("> 15")] = "> 20"
    because = next(at for at, cell in enumerate(row) if "held after 15" in str(cell))
    row[because] = row[because].replace("held after 15", "held after 20")


def cases_that_go_along(sheets: Sheets) -> None:
    """What the page's table of cases says; a spreadsheet program may keep a number as text."""
    cases = sheets["cases"]
    days = row_of(cases, "overdue_days").index("overdue_days")
    told = re.findall(r"^\| (\w[^|]+) \| *([^|]*?) *\| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    for n, (sentence, becomes, day) in enumerate(told):
        row = row_of(cases, sentence)
        row[row.index(sentence)], row[days] = becomes or sentence, int(day) if n else day
    assert told


BY_HAND = {"2 Change a row": a_longer_grace, "3 Bring the golden cases along": cases_that_go_along}


@pytest.mark.slow
def test_the_page_from_the_sheet_to_the_release_and_back(place: dict[str, str], tmp_path: Path) -> None:
    by_hand = dict(BY_HAND)
    seen = []

    for step in steps():
        if step.heading in by_hand:
            changed(tmp_path / "credit.xlsx", by_hand.pop(step.heading))
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n{step.commands}"],
            env=place, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=False,
        )  # fmt: skip
        said = f"{done.stdout}{done.stderr}exit {done.returncode}\n"
        seen.append(step.commands)
        code = step.printed[-1] if step.printed and step.printed[-1].startswith("exit") else "exit 0"
        for line in (*step.printed, code):
            assert re.search(pattern(line), said, re.MULTILINE), f"{step.commands}\nnot printed: {line}\n{said}"

    assert not by_hand
    assert "rules rollback" in seen[-1]
    report = (tmp_path / "report.html").read_text()
    assert "5 of 9 recorded decisions would change" in re.sub(r"<[^>]+>", "", report)
    assert "http" not in re.sub(r'xmlns="[^"]+"', "", report)


def pattern(line: str) -> str:
    """Blanks are as wide as tables want; what the demo's long history came to is another number in a short one."""
    of_history = re.search(r"decisions would change|^orders/credit \d+ |paid late", line)
    found = r"\s+".join(".*".join(map(re.escape, word.split("…"))) for word in line.split())
    return re.sub(r"\d(?:,|\\\.|\d)*", r"[\\d,.]+", found) if of_history else found
