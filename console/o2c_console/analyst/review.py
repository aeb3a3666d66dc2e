"""`o2c rules review`: look at what was proposed, and say yes or no to it as a second person."""

from typing import Annotated, Any

import typer

from o2c_console.asking import AsJson
from o2c_console.calling import put_json, put_table, say, stop

from .counter import Counter, StoreFolder, counter


def review(
    context: typer.Context,
    proposal: Annotated[str, typer.Argument(metavar="[PROPOSAL]", help="without it: what is open")] = "",
    approve: Annotated[bool, typer.Option("--approve", help="yes, it may be released")] = False,
    refuse: Annotated[bool, typer.Option("--refuse", help="no; say why with --comment")] = False,
    comment: Annotated[str, typer.Option(help="a line for the author and the record")] = "",
    everything: Annotated[bool, typer.Option("--all", help="list those that were decided too")] = False,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Look at proposals: what differs, what check, golden cases and proof say. The author may not approve.

    Examples:
      o2c rules review
      o2c rules review P-1
      o2c --as clara rules review P-1 --approve
      o2c --as clara rules review P-1 --refuse --comment "the band for USD is missing"
    """
    desk = counter(context, store)
    if (approve and refuse) or ((approve or refuse) and not proposal):
        stop("approve or refuse one proposal", "o2c rules review P-1 --approve")
    if approve or refuse:
        found = desk.review(proposal, approved=approve, comment=comment)
        put_json(found) if json else _reviewed(found)
    elif proposal:
        found = desk.proposal(proposal)
        put_json(found) if json else _shown(found)
    else:
        _listed(desk, everything=everything, json=json)


def _listed(desk: Counter, *, everything: bool, json: bool) -> None:
    found = [p for p in desk.proposals() if everything or p["state"] in ("open", "approved")]
    if json:
        put_json({"items": found})
        return
    rows = [
        (p["id"], p["state"], p["author"], p["ticket"], ", ".join(p["tables"]), _from(p), len(p["against"]) or "")
        for p in found
    ]
    if not rows:
        say.print("no proposal waits; with --all those that were decided are listed too", markup=False, soft_wrap=True)
        return
    put_table(("proposal", "state", "author", "ticket", "tables", "from", "against"), rows)


def _reviewed(found: dict[str, Any]) -> None:
    typer.echo(f"{found['id']} is {found['state']}")
    if found["state"] == "approved":
        say.print(f"next, who may release: o2c --as SOMEBODY rules release {found['id']}", markup=False, soft_wrap=True)


def _shown(found: dict[str, Any]) -> None:
    lines = [
        f"{found['id']} ({found['state']}) by {found['author']} for {found['ticket']}: {found['message'] or '-'}",
        f"  tables: {', '.join(found['tables'])}; from: {_from(found)}",
        f"  bundle {found['bundle'][:12]} in place of {found['base'][:12]}",
    ]
    if found["contracts"]:
        lines.append(f"  only for the contracts ({len(found['contracts'])}) {', '.join(found['contracts'][:10])}")
    if found["review"]:
        said = "approved" if found["review"]["approved"] else "refused"
        lines.append(f"  {said} by {found['review']['by']}: {found['review']['comment'] or '-'}")
    for differs in found["differences"]:
        decided = [*differs["head"], *(change["text"] for change in differs["changes"])]
        lines += [f"  {differs['table']}: {sentence}" for sentence in decided]
    lines += ["  line by line:", *(f"    {line}" for line in found["changes"])]
    typer.echo("\n".join(lines))
    typer.echo("\n".join(_reports(found["found"])))
    for against in found["against"]:
        say.print(f"speaks against it: {against}", style="red", markup=False, soft_wrap=True)
    if found["state"] == "open":
        say.print(
            f"next, not its author: o2c --as SOMEBODY rules review {found['id']} --approve",
            markup=False,
            soft_wrap=True,
        )


def _reports(found: dict[str, Any]) -> list[str]:
    """What check, golden cases and proof say, a line each, and each finding."""
    lines = []
    if check := found.get("check"):
        flaws = check["findings"]
        lines.append(f"check: {len(flaws)} findings")
        lines += [f"  {f['severity']} {f['kind']} in {f['where']}: {f['text']}" for f in flaws]
    if cases := found.get("cases"):
        whole, mine = cases["all"], cases["changed"]
        lines.append(f"cases: {len(whole['failures'])} of {whole['cases']} not met; {mine['cases']} of changed tables")
        if mine["suggested"]:
            lines.append(f"  {mine['suggested']} of these are suggested: nobody has confirmed them yet")
        lines += [f"  {f['where']}: {f['case']}: expected {', '.join(f['expected'])}" for f in whole["failures"]]
    if proof := found.get("proof"):
        differs = len(proof["differences"])
        lines.append(f"proof: {differs} differences in {proof['facts']} facts, by {proof['engine']}")
    return lines


def _from(found: dict[str, Any]) -> str:
    return str(found["effective_from"] or "as soon as released")
