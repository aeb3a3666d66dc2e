"""Who is asking: a person of the local identity file on one machine, a verified token everywhere else."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Protocol

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .errors import Refused

AS = "x-o2c-as"
_LOCAL_NAMES = {"127.0.0.1", "localhost", "[::1]"}


class NotConfigured(Exception):
    """This process may not serve: nothing says whose word it should take."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, in which roles; `on_behalf_of` when a substitute acts for somebody."""

    actor: str
    roles: tuple[str, ...]
    scopes: tuple[str, ...] = ()
    on_behalf_of: str | None = None

    def demand(self, *roles: str) -> None:
        """Raises Refused (403) unless the caller has this role or scope, or one of these."""
        if not {*roles} & {*self.roles, *self.scopes}:
            have, wanted = ", ".join(self.roles) or "none", " or ".join(roles)
            hint = f"ask {'an' if wanted[0] in 'aeiou' else 'a'} {wanted}"
            raise Refused("no-authority", f"{self.actor} lacks the role {wanted} (has: {have})", hint, 403)


class Identify(Protocol):
    async def __call__(self, request: Request) -> Caller:
        """Raises Refused (401) when it cannot tell."""


def local_address(host: str) -> bool:
    """Whether only this machine can reach a server bound to this address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = ""
    roles: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,40}$")], ...]


class People(BaseModel):
    """The local identity file: several people, and who acts where nobody is named."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    default: str | None = None
    people: dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{0,40}$")], Person]


def people_of(file: Path) -> People:
    """NotConfigured with the file and what is wrong with it."""
    try:
        found = People.model_validate(YAML(typ="safe").load(file.read_text()))
    except (OSError, YAMLError, ValidationError) as error:
        raise NotConfigured(f"{file}: {error}") from error
    if found.default is not None and found.default not in found.people:
        raise NotConfigured(f"{file}: the default {found.default!r} is nobody in it")
    return found


class LocalPeople:
    """Takes the caller's word, because nobody but this machine's users can call: never on any other address."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def __call__(self, request: Request) -> Caller:
        _same_machine(request)
        name = request.headers.get(AS) or self._people.default
        if name is None:
            raise Refused("nobody", f"say who you are with the header {AS.title()}", "o2c --as NAME ...", 401)
        person = self._people.people.get(name)
        if person is None:
            known = ", ".join(sorted(self._people.people))
            raise Refused("nobody", f"{name[:60]!r} is nobody in the identity file", f"known: {known}", 401)
        return Caller(name, person.roles)


def _same_machine(request: Request) -> None:
    """A page of another site in this machine's browser can reach 127.0.0.1 too: it is not the person."""
    if request.client is not None and not local_address(request.client.host):
        raise Refused("not-local", "this server answers its own machine only", status=403)
    host = request.headers.get("host", "")
    if (host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host else host) not in _LOCAL_NAMES:
        raise Refused("not-local", "the Host header names another machine", status=403)
    origin = request.headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        raise Refused("not-local", "a page of another site may not act here", status=403)


async def who_asks(request: Request) -> Caller:
    identify: Identify = request.app.state.identify
    return await identify(request)


Who = Annotated[Caller, Depends(who_asks)]
"""In a route: the caller, or 401."""
