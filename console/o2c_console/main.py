"""`o2c`: the command line of the platform."""

from importlib import import_module
from importlib.util import find_spec
from inspect import cleandoc
from typing import Annotated

import typer
from o2c_chassis.settings import BadSettings

from . import asking, generating, hands, running
from .calling import Caller, stop
from .settings import command_line

EPILOG = "Exit codes: 0 all right, 1 something was found or refused, 2 bad use or no answer."
app = typer.Typer(name="o2c", no_args_is_help=True, add_completion=False, epilog=EPILOG, rich_markup_mode=None)


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


def _register() -> None:
    for command in (running.up, running.serve, asking.status, asking.customer, asking.verify, hands.resume):
        app.command()(command)
    app.command("schemas")(generating.schemas)
    app.command("event-map")(generating.event_map)
    for name, group in (
        ("parked", hands.parked),
        ("approvals", hands.approvals),
        ("events", hands.events),
        ("rules", asking.rules),
        ("topics", running.topics),
    ):
        app.add_typer(group, name=name)
    for name in ("demo", "replay"):
        if find_spec(f"{__package__}.{name}") is not None:
            command = getattr(import_module(f"{__package__}.{name}"), name)
            app.command(name, help=cleandoc(command.__doc__ or "").replace("\nExamples:", "\n\b\nExamples:"))(command)


_register()


def main() -> None:
    """The entry point."""
    app()
