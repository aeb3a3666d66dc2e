"""How the command line talks to the platform, and to the person in front of it."""

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import httpx
import orjson
import typer
from rich.console import Console
from rich.table import Table

F = TypeVar("F", bound=Callable[..., None])
AS = "x-o2c-as"
FOUND, UNUSABLE = 1, 2
"""Exit codes: something was found that a person must look at; bad use, or the platform does not answer."""
say = Console(stderr=True, highlight=False)


class Group(typer.Typer):
    """Commands whose examples stand line by line in their help, as they are written."""

    def __init__(self, help: str = "") -> None:
        super().__init__(no_args_is_help=bool(help), add_completion=False, rich_markup_mode=None)
        if help:
            self.callback(help=help)(_nothing)  # else a group of one command would be that command

    def add(self, function: F, name: str | None = None) -> F:
        """Register a command."""
        text = cleandoc(function.__doc__ or "").replace("\nExamples:", "\n\b\nExamples:")
        self.command(name, help=text)(function)
        return function

    def named(self, name: str) -> Callable[[F], F]:
        """The same as a decorator."""
        return lambda function: self.add(function, name)


def _nothing() -> None:
    """Before the commands of a group."""


@dataclass(slots=True)
class Caller:
    """Who calls which platform; made once per command line."""

    url: str
    who: str | None
    token: str | None

    def get(self, path: str, **query: Any) -> Any:
        return self._answer("GET", path, params={n: v for n, v in query.items() if v not in (None, "")})

    def post(self, path: str, content: bytes = b"", **headers: str) -> Any:
        return self._answer("POST", path, content=content, headers=headers)

    def pages(self, path: str, **query: Any) -> list[Any]:
        """All items of a list."""
        items: list[Any] = []
        cursor: str | None = ""
        while cursor is not None:
            page = self.get(path, limit=500, cursor=cursor, **query)
            items += page["items"]
            cursor = page["next"]
        return items

    def send(self, method: str, path: str, **more: Any) -> httpx.Response:
        """The answer whatever its status; ends the program where there is none."""
        headers = dict(more.pop("headers", {}))
        if self.who:
            headers[AS] = self.who
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        more.setdefault("timeout", 60)
        try:
            return httpx.request(method, f"{self.url.rstrip('/')}{path}", headers=headers, **more)
        except httpx.HTTPError as error:
            stop(f"{self.url} does not answer: {error}", "start the platform with: o2c up (or set O2C_URL)")

    def _answer(self, method: str, path: str, **more: Any) -> Any:
        answer = self.send(method, path, **more)
        if not answer.is_success:
            problem = problem_of(answer)
            stop(f"{problem['detail']} ({problem['code']})", problem["hint"], _code(answer.status_code))
        return answer.json()


def caller(context: typer.Context) -> Caller:
    found = context.find_root().obj
    assert isinstance(found, Caller)
    return found


def problem_of(answer: httpx.Response) -> dict[str, Any]:
    """What a problem+json says, or as much of it as another server gave."""
    try:
        found = answer.json()
    except ValueError:
        found = {}
    if not isinstance(found, dict) or "detail" not in found:
        return {"detail": f"HTTP {answer.status_code} from {answer.request.url}", "code": "http", "hint": ""}
    return {"code": "http", "hint": "", **found}


def stop(text: str, hint: str = "", code: int = UNUSABLE) -> NoReturn:
    """Say what is wrong and what to do about it."""
    say.print(text, style="red", markup=False, soft_wrap=True)
    if hint:
        advise(hint)
    raise typer.Exit(code)


def advise(text: str) -> None:
    """A hint on a line of its own, however long: a command in it can be copied and typed again."""
    say.print(f"hint: {text}", markup=False, soft_wrap=True)


def called() -> str:
    """How this command was called, so that what is printed can be typed again."""
    program = Path(sys.argv[0])
    if program.name == "__main__.py":
        return f"{sys.executable} -m {__package__}"
    return program.name if shutil.which(program.name) == str(program) else str(program)


def put_json(found: Any) -> None:
    sys.stdout.write(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode() + "\n")


def put_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], title: str = "") -> None:
    """Folded to the terminal; in a pipe each row stays on its line."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = 1_000
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table, soft_wrap=not console.is_terminal)


def unreachable(found: Mapping[str, Any]) -> None:
    """Say which services did not answer."""
    if found["unreachable"]:
        say.print(f"no answer from: {', '.join(found['unreachable'])}", style="red")


def _code(status: int) -> int:
    """Refused by what is so: 1. Asked wrongly, or nobody there: 2."""
    return FOUND if status in (404, 409, 403) else UNUSABLE
