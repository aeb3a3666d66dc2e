"""`o2c`: the command line of the platform. A command's module is imported when it is called: answers come quickly."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Annotated, Any

import typer
from o2c_chassis.settings import BadSettings
from typer.core import TyperGroup

from .calling import Caller, Group, stop
from .settings import command_line

EPILOG = "Exit codes: 0 all right, 1 something was found or refused, 2 bad use or no answer."
_PLACES = {
    "up": "running", "demo": "demo", "status": "asking", "customer": "asking", "approvals": "hands", "parked": "hands",
    "resume": "hands", "verify": "asking", "rules": "asking", "events": "hands", "replay": "replay",
    "topics": "running", "serve": "running", "schemas": "generating", "event-map": "generating",
}  # fmt: skip
"""Command or group -> the module that holds it under its name."""


class Commands(TyperGroup):
    """Loads what is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, module in _PLACES.items() if find_spec(f"{__package__}.{module}") is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        found = getattr(import_module(f"{__package__}.{_PLACES[cmd_name]}"), cmd_name.replace("-", "_"))
        command = typer.main.get_command(found if isinstance(found, Group) else _alone(found))
        command.name = cmd_name
        return command


def _alone(function: Callable[..., None]) -> Group:
    group = Group()
    group.add(function)
    return group


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
