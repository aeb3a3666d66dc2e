"""`o2c decisions`: recorded decisions as files that can be kept for years, tried on and verified."""

from pathlib import Path
from typing import Annotated, Any

import typer
from o2c_chassis.clock import RealClock
from o2c_contracts.topics import SERVICES
from o2c_rules.history.lines import BadHistory
from o2c_rules.history.manifest import KEEP_YEARS
from o2c_rules.history.reading import Verdict, verified
from rich.progress import Progress

from .asking import AsJson
from .calling import FOUND, Group, caller, put_json, put_table, say, stop
from .keeping import Kept, OverHttp, keep
from .settings import command_line

decisions = Group("Recorded decisions as files: export what was recorded since the last time, verify what is kept.")


@decisions.named("export")
def export(
    context: typer.Context,
    *,
    to: Annotated[Path | None, typer.Option(help="default: history beside the databases of `o2c up`")] = None,
    service: Annotated[str | None, typer.Option(help=f"one of {', '.join(SERVICES)}; default: all")] = None,
    keep_years: Annotated[int, typer.Option(min=1, max=100, help="written into the manifest")] = KEEP_YEARS,
    json: AsJson = False,
) -> None:
    """Take decisions, and what became of documents, out of the services into files; goes on where the last one ended.

    Needs the role auditor or operator. Nothing that was exported is ever changed or deleted.

    Examples:
      o2c decisions export
      o2c --as audra decisions export --to /backup/history --service orders
    """
    folder = to or command_line().history
    if service is not None and service not in SERVICES:
        stop(f"there is no service {service}", f"one of {', '.join(SERVICES)}")
    ask, now = caller(context), RealClock().now()
    kept = []
    with Progress(console=say, transient=True) as progress:
        task = progress.add_task("exporting", total=None)
        for name in [service] if service else SERVICES:
            try:
                taken = OverHttp(ask, name)
                kept.append(keep(taken, folder / name, now, keep_years, lambda n: progress.advance(task, n)))
            except BadHistory as error:
                stop(str(error), error.hint, FOUND)
            except OSError as error:
                stop(f"{folder}: {error.strerror}", "name a folder that can be written with --to")
    put_json({"folder": str(folder), "services": [_as_json(k) for k in kept]}) if json else _told(folder, kept)


@decisions.named("verify")
def verify(
    folder: Annotated[Path | None, typer.Argument(metavar="[FOLDER]", help="default: where `export` writes")] = None,
    json: AsJson = False,
) -> None:
    """Whether every file, every line and every chain is what was exported. Exit code 1 where anything is not.

    Compare the heads with those that the services published (`o2c verify`): only then can nobody have left out the
    newest files, or have written all of them anew.

    Examples:
      o2c decisions verify
      o2c decisions verify /backup/history --json
    """
    try:
        found = verified(folder or command_line().history)
    except BadHistory as error:
        stop(str(error), error.hint)
    if json:
        put_json({"ok": not any(v.problems for v in found), "services": [_verdict(v) for v in found]})
    else:
        rows = [(v.service, v.files, v.decisions, len(v.heads), "FAILS" if v.problems else "verifies") for v in found]
        put_table(("service", "files", "decisions", "chains", ""), rows)
        for verdict in found:
            for problem in verdict.problems:
                say.print(problem, style="red", markup=False)
    raise typer.Exit(FOUND if any(v.problems for v in found) else 0)


def _told(folder: Path, kept: list[Kept]) -> None:
    rows = [(k.service, k.decisions, k.outcomes, k.heads, ", ".join(p.file for p in k.parts)) for k in kept]
    put_table(("service", "decisions", "outcomes", "kept in all", "new files"), rows, f"history in {folder}")


def _as_json(kept: Kept) -> dict[str, Any]:
    files = [part.file for part in kept.parts]
    return {"service": kept.service, "decisions": kept.decisions, "outcomes": kept.outcomes, "files": files}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    heads = {str(chain): f"{seq}:{digest.hex()}" for chain, (seq, digest) in sorted(verdict.heads.items())}
    return {
        "service": verdict.service,
        "files": verdict.files,
        "decisions": verdict.decisions,
        "problems": list(verdict.problems),
        "heads": heads,
    }
