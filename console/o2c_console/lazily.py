"""Groups of commands whose modules are imported when they are called: answers come quickly."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from .calling import Group


class Lazily(TyperGroup):
    """A group that loads what is called. A subclass says where its commands are."""

    package: ClassVar[str]
    places: ClassVar[Mapping[str, str]]
    """Command or group -> the module of `package` that holds it under its name."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [name for name, module in self.places.items() if find_spec(f"{self.package}.{module}") is not None]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        found = getattr(import_module(f"{self.package}.{self.places[cmd_name]}"), cmd_name.replace("-", "_"))
        command = typer.main.get_command(found if isinstance(found, typer.Typer) else _alone(found))
        command.name = cmd_name
        return command


def _alone(function: Callable[..., None]) -> Group:
    group = Group()
    group.add(function)
    return group
