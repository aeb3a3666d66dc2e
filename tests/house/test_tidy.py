"""The house's rules of order that no linter knows; a ratchet: what is on DEBTS may only get shorter."""

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FUNCTION_LINES, FILE_LINES, PARAMETERS = 40, 400, 5

# rule -> places that break it today and are owed; the test fails when a new one appears, and when an old one is mended
DEBTS: dict[str, set[str]] = {}

CLOCKS = {"chassis/o2c_chassis/clock.py", "chassis/o2c_chassis/logs.py"}
ENVIRONMENT: set[str] = set()  # files beside settings.py that may read the environment
SILENT = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "processor", "data", "info"}
INSTANTS = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
}
OUTSIDE_SETS_THE_SIGNATURE = {"command", "callback", "get", "post", "put", "patch", "delete", "exception_handler"}

PURE = re.compile(r"services/\w+/(?P<package>o2c_\w+)/(?P<layer>domain|facts|handlers)(\.py|/)")
WORLD = {
    "asyncio",
    "asyncpg",
    "httpx",
    "io",
    "logging",
    "os",
    "pathlib",
    "random",
    "requests",
    "secrets",
    "shutil",
    "socket",
}
WORLD |= {"sqlalchemy", "structlog", "subprocess", "sys", "tempfile", "threading", "time", "urllib"}
UNFINISHED = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X)\b")
MACHINE = re.compile(r"(^|[^A-Za-z0-9_.-])/(work|farm|root|Users|home/[a-z]+)/", re.MULTILINE)
REGISTRIES = re.compile(r"pypi\.org|pythonhosted\.org|repo\d?\.maven|registry\.npmjs")

Finding = tuple[str, str]  # the place, and what to do about it


def functions_are_short() -> Iterator[Finding]:
    for path, tree in _modules():
        for function in _functions(tree):
            lines = (function.end_lineno or 0) - function.lineno + 1
            if lines > FUNCTION_LINES:
                yield (
                    f"{path}::{function.name}",
                    f"{lines} lines, at most {FUNCTION_LINES}: give its parts their own names",
                )


def files_are_short() -> Iterator[Finding]:
    for path in _files("py"):
        lines = len(_text(path).splitlines())
        if lines > FILE_LINES:
            yield path, f"{lines} lines, at most {FILE_LINES}: split it by the field's nouns"


def functions_take_few_parameters() -> Iterator[Finding]:
    for path, tree in _modules(tests=False):
        for function in _functions(tree):
            given = function.args
            names = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
            count = len([name for name in names if name not in {"self", "cls"}])
            if count > PARAMETERS and not _signature_is_an_interface(function):
                yield (
                    f"{path}::{function.name}",
                    f"{count} parameters, at most {PARAMETERS}: some of them are one thing",
                )


def nothing_is_left_unfinished() -> Iterator[Finding]:
    yield from _lines_with(UNFINISHED, "finish it, or open an issue")


def names_say_what_is_inside() -> Iterator[Finding]:
    for path in _tracked():
        parts = Path(path).with_suffix("").parts
        if any(SILENT & set(re.split(r"[_.-]", part.lower())) for part in parts):
            yield path, "name it after what it is for"


def only_the_clock_reads_the_clock() -> Iterator[Finding]:
    for path, tree in _modules(tests=False):
        for node in ast.walk(tree) if path not in CLOCKS else ():
            if isinstance(node, ast.Attribute) and (_last_name(node.value), node.attr) in INSTANTS:
                yield f"{path}:{node.lineno}", "take the instant from the event, or from the chassis' clock"


def only_settings_read_the_environment() -> Iterator[Finding]:
    for path, tree in _modules(tests=False):
        for node in ast.walk(tree) if Path(path).name != "settings.py" and path not in ENVIRONMENT else ():
            if (
                isinstance(node, ast.Attribute)
                and _last_name(node.value) == "os"
                and node.attr in {"environ", "getenv"}
            ):
                yield f"{path}:{node.lineno}", "make it a field of a settings class"


def handlers_facts_and_domain_are_pure() -> Iterator[Finding]:
    for path, tree in _modules(tests=False):
        part = PURE.match(path)
        for module, line in _imports(tree) if part else ():
            if module in WORLD:
                yield f"{path}:{line}", f"{module} reaches outside: load it, or take it from the event"
        for node in ast.walk(tree) if part else ():
            if isinstance(node, ast.AsyncFunctionDef | ast.Await):
                yield f"{path}:{node.lineno}", "what waits does I/O: leave that to the chassis"


def domain_knows_the_contracts_only() -> Iterator[Finding]:
    for path, tree in _modules(tests=False):
        part = PURE.match(path)
        for module, line in _imports(tree) if part and part["layer"] == "domain" else ():
            if module not in sys.stdlib_module_names and module not in {"o2c_contracts", part["package"]}:
                yield f"{path}:{line}", f"the domain may not know {module}: hand it in as a value"


def nothing_names_a_machine_or_a_registry() -> Iterator[Finding]:
    yield from _lines_with(MACHINE, "a path of one machine means nothing on another")
    yield from _lines_with(REGISTRIES, "where packages come from is the installer's own setting")


def no_lock_file_carries_download_addresses() -> Iterator[Finding]:
    for path in _tracked():
        if Path(path).name in {"uv.lock", "poetry.lock", "package-lock.json"}:
            yield path, "pins and hashes live in constraints.txt"


def no_test_mocks_or_makes_a_package() -> Iterator[Finding]:
    for path, tree in _modules():
        if not path.startswith("tests/"):
            continue
        if Path(path).name == "__init__.py":
            yield path, "test folders are no packages: tests/collections would hide the standard library's"
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("unittest"):
                yield f"{path}:{node.lineno}", "write a fake at one of the two seams, `deliver` and `publish`"


RULES: list[Callable[[], Iterator[Finding]]] = [
    functions_are_short,
    files_are_short,
    functions_take_few_parameters,
    nothing_is_left_unfinished,
    names_say_what_is_inside,
    only_the_clock_reads_the_clock,
    only_settings_read_the_environment,
    handlers_facts_and_domain_are_pure,
    domain_knows_the_contracts_only,
    nothing_names_a_machine_or_a_registry,
    no_lock_file_carries_download_addresses,
    no_test_mocks_or_makes_a_package,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_house_is_tidy(rule: Callable[[], Iterator[Finding]]) -> None:
    found = dict(rule())
    owed = DEBTS.get(rule.__name__, set())

    new = [f"{place}: {advice}" for place, advice in found.items() if place not in owed]
    mended = sorted(owed - found.keys())

    assert not new, "\n".join(["not tidy:", *new])
    assert not mended, "\n".join(["mended, take it off DEBTS:", *mended])


def _signature_is_an_interface(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Commands and routes take what the person outside may say, each a parameter."""
    calls = (each.func for each in function.decorator_list if isinstance(each, ast.Call))
    options = (a.annotation for a in (*function.args.args, *function.args.kwonlyargs) if a.annotation is not None)
    return any(isinstance(call, ast.Attribute) and call.attr in OUTSIDE_SETS_THE_SIGNATURE for call in calls) or any(
        "typer." in ast.unparse(option) for option in options
    )


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((each.name.partition(".")[0], node.lineno) for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0], node.lineno


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def _last_name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _lines_with(pattern: re.Pattern[str], advice: str) -> Iterator[Finding]:
    for path in _tracked():
        for number, line in enumerate(_text(path).splitlines(), 1):
            if pattern.search(line):
                yield f"{path}:{number}", advice


def _modules(*, tests: bool = True) -> Iterator[tuple[str, ast.Module]]:
    for path in _files("py"):
        if tests or not path.startswith("tests/"):
            yield path, ast.parse(_text(path), path)


def _files(suffix: str) -> list[str]:
    return [path for path in _tracked() if path.endswith(f".{suffix}")]


@cache
def _text(path: str) -> str:
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


@cache
def _tracked() -> list[str]:
    """What is in the repository or will be: tracked files and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for path in listed.stdout.splitlines() if (ROOT / path).is_file()]
