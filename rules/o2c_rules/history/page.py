"""A backtest as one page of HTML that opens without network: figures, bars, and each way from row to row."""

from collections.abc import Iterable, Iterator
from html import escape

from o2c_contracts.money import CURRENCIES, as_text

from .report import AS_IT_WAS, Money, OfTable, Report, Turn

_STYLE = """
:root { --ink: #1d2733; --quiet: #5d6b7a; --line: #d9dfe6; --changed: #c2571a; --back: #f6f8fa }
* { box-sizing: border-box }
body { margin: 0; color: var(--ink); background: var(--back); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.5rem 4rem }
h1 { font-size: 1.6rem; margin: 0 0 .2rem }
h2 { font-size: 1.2rem; margin: 0 0 1rem }
h3 { font-size: 1rem; margin: 1.6rem 0 .4rem }
.quiet { color: var(--quiet) }
.mono { font-family: ui-monospace, monospace; font-size: .85em }
section { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 1.4rem 1.6rem }
section { margin-top: 1.4rem }
.figures { display: flex; flex-wrap: wrap; gap: .8rem 2.4rem; margin: 0 }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end }
.figures dt { color: var(--quiet); font-size: .85rem }
.figures dd { margin: 0; font-size: 1.4rem; font-weight: 600 }
table { border-collapse: collapse; width: 100% }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: .85rem }
th, td { padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top }
td.n, th.n { text-align: right; white-space: nowrap }
.hint { border-left: 3px solid var(--changed); padding: .3rem .8rem; margin: .8rem 0; background: #fdf5ef }
.scroll { overflow-x: auto }
svg { display: block; max-width: 100% }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink) }
"""
BARS_MOST = 15
WAYS_MOST = 200
_WIDTH, _LABEL, _BAR, _ROW = 860, 190, 480, 24


def page(report: Report) -> bytes:
    """The whole page; nothing in it is loaded from anywhere."""
    window = report.asked.window
    since = window.since.isoformat(timespec="minutes") if window.since else "the first decision kept"
    until = window.until.isoformat(timespec="minutes") if window.until else "the last"
    parts = "".join(_section(part) for part in report.tables) or "<section>No recorded decision was asked.</section>"
    text = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Backtest</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>"
        f"<h1>{report.differing:,} of {report.decisions:,} recorded decisions would change</h1>"
        f'<p class="quiet">Candidate <span class="mono">{escape(report.candidate[:12])}</span> over '
        f'<span class="mono">{escape(report.history)}</span>, from {escape(since)} to {escape(until)}.</p>'
        f"<p>{escape(AS_IT_WAS)}</p>{parts}</main></body></html>"
    )
    return text.encode()


def _section(part: OfTable) -> str:
    tally = part.tally
    figures = [
        ("decisions", f"{tally.decisions:,}"),
        ("change", f"{tally.differing:,}"),
        ("newly undecided", f"{tally.newly_undecided:,}"),
        ("newly decided", f"{tally.newly_decided:,}"),
        ("other row, same outcome", f"{tally.other_row:,}"),
        ("could not be tried", f"{tally.untried:,}"),
        ("customers", f"{part.customers:,}"),
        ("documents", f"{part.documents:,}"),
        ("money", in_words(part.money)),
    ]
    shown = "".join(f"<div><dd>{escape(value)}</dd><dt>{escape(name)}</dt></div>" for name, value in figures)
    hints = "".join(f'<p class="hint">{escape(hint)}</p>' for hint in (*part.hints, *_untried(part)))
    return f'<section><h2>{escape(part.table)}</h2><dl class="figures">{shown}</dl>{hints}{_charts(part)}</section>'


def _untried(part: OfTable) -> Iterator[str]:
    return (f"{count:,} could not be tried: {reason}" for reason, count in part.tally.reasons.items())


def _charts(part: OfTable) -> str:
    if not part.turns:
        return "<p>Nothing would have come out otherwise.</p>"
    months = [(m, part.tally.months[m], str(part.tally.months[m])) for m in sorted(part.tally.asked_months)]
    turns = [(f"{t.way.before} → {t.way.after}", t.decisions, str(t.decisions)) for t in part.turns[:BARS_MOST]]
    customers = [
        (customer or "nobody known", count, f"{count} · {in_words(money)}")
        for customer, count, money in part.by_customer[:BARS_MOST]
    ]
    fates = [(name, count, str(count)) for name, count in part.fate.counts.most_common() if count]
    return (
        f"<h3>Decisions that change, by month</h3>{_bars(months)}"
        f"<h3>From row to row</h3>{_bars(turns)}"
        f"<h3>What later happened to the documents</h3>{_bars(fates)}{_days(part)}"
        f"<h3>Customers with the most documents concerned</h3>{_bars(customers)}"
        f'<h3>Each way</h3><div class="scroll">{_ways(part.turns)}</div>'
    )


def _days(part: OfTable) -> str:
    mean = part.fate.days_late_mean
    return f'<p class="quiet">Those paid late were {mean:g} days late on average.</p>' if mean is not None else ""


def _bars(rows: Iterable[tuple[str, int, str]]) -> str:
    """Horizontal bars as SVG: label, length, what stands behind the bar."""
    found = list(rows)
    longest = max((length for _, length, _ in found), default=0) or 1
    marks = []
    for n, (label, length, text) in enumerate(found):
        width, y = round(_BAR * length / longest, 1), n * _ROW
        short = label if len(label) <= 28 else label[:27] + "…"
        marks.append(
            f'<g><title>{escape(label)}: {escape(text)}</title><text x="{_LABEL - 8}" y="{y + 16}" text-anchor="end">'
            f'{escape(short)}</text><rect x="{_LABEL}" y="{y + 4}" width="{max(width, 1)}" height="{_ROW - 8}" rx="2" '
            f'fill="{"#c2571a" if length else "#b9c6d3"}"/><text x="{_LABEL + max(width, 1) + 8}" y="{y + 16}">'
            f"{escape(text)}</text></g>"
        )
    height = len(found) * _ROW
    return f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img">{"".join(marks)}</svg>'


def _ways(turns: tuple[Turn, ...]) -> str:
    head = (
        '<tr><th>from</th><th>to</th><th>effect</th><th class="n">decisions</th><th class="n">customers</th>'
        '<th class="n">money</th><th>what became of it</th><th>for example</th></tr>'
    )
    rows = "".join(
        f"<tr><td>{escape(t.way.before)}</td><td>{escape(t.way.after)}</td><td>{escape(t.way.effect)}</td>"
        f'<td class="n">{t.decisions:,}</td><td class="n">{len(t.customers):,}</td>'
        f'<td class="n">{escape(in_words(t.money)).replace(", ", "<br>")}</td><td>{escape(t.fate.in_words())}</td>'
        f'<td class="mono">{escape(t.examples[0]) if t.examples else ""}</td></tr>'
        for t in turns[:WAYS_MOST]
    )
    more = f"<p>{len(turns) - WAYS_MOST:,} more ways are in the JSON.</p>" if len(turns) > WAYS_MOST else ""
    return f"<table>{head}{rows}</table>{more}"


def in_words(money: Money) -> str:
    """`1,200.00 EUR, 30.00 GBP`."""
    known = (as_text(minor, c) if c in CURRENCIES else f"{minor} minor {c}" for c, minor in money.items())
    return ", ".join(known) or "-"
