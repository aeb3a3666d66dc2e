"""`o2c`: the command line of the platform."""

from typing import Annotated

import typer
from o2c_chassis.settings import BadSettings

from .calling import Caller, stop
from .lazily import Lazily
from .settings import command_line

EPILOG = "Exit codes: 0 all right, 1 something was found or refused, 2 bad use or no answer."
_PLACES = {
    "up": "running", "demo": "demo", "status": "asking", "customer": "asking", "approvals": "hands", "parked": "hands",
    "resume": "hands", "verify": "asking", "decisions": "decisions", "rules": "analyst.main", "events": "hands",
    "outbox": "outbox", "replay": "replay", "topics": "running", "serve": "running", "schemas": "generating",
    "event-map": "generating",
}  # fmt: skip
"""Command or group -> the module that holds it under its name."""


class Commands(Lazily):
    """All of `o2c`."""

    package = "o2c_console"
    places = _PLACES


app = typer.Typer(
    name="o2c", cls=Commands, no_args_is_help=True, add_completion=False, epilog=EPILOG, rich_markup_mode=None
)


@app.callback()
def o2c(
    context: typer.Context,
    who: Annotated[
        str, typer.Option("--as", help="act as this person of the local identity file", metavar="NAME")
    ] = "",
    url: Annotated[str, typer.Option(help="the platform's address; default O2C_URL or http://127.0.0.1:8080")] = "",
) -> None:
    """From an order to cleared cash: run the platform, ask it, decide what waits for people."""
    try:
        settings = command_line()
    except BadSettings as error:
        stop(str(error))
    token = settings.token.get_secret_value() if settings.token else None
    context.obj = Caller(url or settings.url, who or None, token)


def main() -> None:
    """The entry point."""
    app()
