"""A recorded decision by its id: from the running platform, else from files of history, explained all the same."""

from pathlib import Path
from typing import Any

import orjson
import typer
from o2c_rules.history.finding import kept
from o2c_rules.history.lines import BadHistory
from o2c_rules.records import read_record
from o2c_rules.rulebook import BadTable, Disagreement, RuleBook

from o2c_console.asking import in_path
from o2c_console.calling import FOUND, caller, stop

from .books import known_bundles
from .pasts import folders_of_history

Found = dict[str, Any]


def recorded(context: typer.Context, id_: str, history: Path | None) -> Found:
    """The decision with its record and its explanation, as a service answers it. Ends the program where there is none.

    With a folder of history only its files are asked; otherwise the platform, and then the files of this machine."""
    found = None if history else _at_platform(context, id_)
    folders = [history] if history else folders_of_history()
    for folder in [] if found else folders:
        found = found or _in_files(folder, id_)
    if found is None:
        looked = ", ".join(map(str, folders))
        hint = "o2c customer ID lists decisions in its last column"
        where = f"in {looked}" if history else "of the platform" + (f", nor in {looked}" if looked else "")
        stop(f"no service recorded a decision {id_}: there is none {where}", hint, FOUND)
    return found


def _at_platform(context: typer.Context, id_: str) -> Found | None:
    ask = caller(context)
    for service in ask.get("/v1/status")["services"]:
        answer = ask.send("GET", f"/v1/{service}/decisions/{in_path(id_)}")
        if answer.status_code == 200:
            return dict(answer.json())
    return None


def _in_files(folder: Path, id_: str) -> Found | None:
    try:
        found = kept(folder, id_)
    except BadHistory as error:
        stop(str(error), error.hint)
    if found is None:
        return None
    explained, problem = _explained(found.body["decision"])
    place = {"id": id_, "service": found.service, "chain": found.chain, "seq": found.seq}
    return place | {"record": found.body, "explained": explained, "problem": problem}


def _explained(decided: Found) -> tuple[Found | None, str]:
    record = read_record(orjson.dumps(decided))
    files = known_bundles("").get(record.bundle)
    if files is None:
        return None, f"its rules, {record.bundle[:12]}, are not on this machine"
    try:
        made = RuleBook(files).recall(record).explain()
    except (BadTable, Disagreement) as error:
        return None, str(error)
    misses = [{"row": m.row, "column": m.column, "sentence": m.sentence()} for m in made.misses]
    told = {"winners": made.winners, "because": made.because, "matched": made.matched, "misses": misses}
    return {name: list(value) for name, value in told.items()} | {"sentences": list(made.sentences())}, ""
