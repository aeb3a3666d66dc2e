"""The commands of `o2c rules`."""

import typer

from o2c_console.lazily import Lazily


class Commands(Lazily):
    """One module per command, under the command's name unless it is a word of Python."""

    package = "o2c_console.analyst"
    places = {  # noqa: RUF012 - the base declares it for the class
        "new": "new", "convert": "convert", "check": "check", "test": "test", "cases": "cases", "docs": "docs",
        "diff": "diff", "whatif": "whatif", "explain": "explain", "usage": "usage", "backtest": "backtest",
        "shadow": "shadow", "propose": "propose", "review": "review", "release": "release", "rollback": "rollback",
        "releases": "releases",
    }  # fmt: skip


rules = typer.Typer(
    name="rules",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Rule files: write, check, test, try on history and release them; and what they decided.",
)


@rules.callback()
def _before() -> None:
    """Rule files: write, check, test, try on history and release them; and what they decided."""
