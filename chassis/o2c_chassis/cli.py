"""`python -m o2c_<service>`: run, migrate, settings."""

import asyncio
import json
import sys
from typing import Annotated, NoReturn

import typer
from o2c_rules.bundles import StoreProblem
from rich.console import Console
from rich.table import Table

from . import logs
from .auth import NotConfigured
from .migrate import migrate_now
from .service import Service
from .serving import NotMigrated, serve
from .settings import BadSettings, Settings, read, table

UNUSABLE = 2
"""Exit code of bad use: a setting is missing, the database is not there."""


def run(service: Service) -> None:
    """What every `__main__.py` calls."""
    app_of(service)()


def app_of(service: Service) -> typer.Typer:
    """The commands of one service."""
    name = service.name
    app = typer.Typer(
        name=f"python -m o2c_{name}", help=f"The service {name}.", no_args_is_help=True, add_completion=False
    )

    @app.command("run")
    def run_(
        migrate: Annotated[bool, typer.Option("--migrate", help="bring the database up to date first")] = False,
    ) -> None:
        """Run the service until Ctrl-C; logs are JSON lines on stderr."""
        settings = _settings(name)
        logs.configure(settings.log_level, name)
        try:
            if migrate:
                migrate_now(service, settings.database_url.get_secret_value())
            asyncio.run(serve(service, settings))
        except (NotConfigured, BadSettings, NotMigrated, StoreProblem) as error:
            fail(str(error))

    @app.command("migrate")
    def migrate_() -> None:
        """Bring the database to the form this release needs; nothing to do is quick."""
        migrate_now(service, _settings(name).database_url.get_secret_value())

    @app.command("settings")
    def settings_(as_json: Annotated[bool, typer.Option("--json", help="as one JSON object")] = False) -> None:
        """Show every setting with its value and meaning; secrets stay hidden."""
        _show(list(table(name, _settings(name))), as_json)

    return app


def _show(rows: list[tuple[str, str, str]], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({name: value for name, value, _ in rows}) + "\n")
        return
    shown = Table("setting", "value", "meaning")
    for row in rows:
        shown.add_row(*row)
    Console().print(shown)


def fail(text: str, hint: str = "") -> NoReturn:
    """Say what is wrong and what to do; exit code 2."""
    sys.stderr.write(f"{text}\n" + (f"  hint: {hint}\n" if hint else ""))
    raise typer.Exit(UNUSABLE)


def _settings(name: str) -> Settings:
    try:
        return read(name, Settings)
    except BadSettings as error:
        fail(str(error), f"python -m o2c_{name} settings lists all of them; docs/operators.md explains them")
