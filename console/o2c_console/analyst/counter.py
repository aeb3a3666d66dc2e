"""Where a person's hands on rules reach: the platform that keeps the store, or a store's folder on this machine."""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, Protocol, TypeVar
from uuid import uuid4

import httpx
import orjson
import typer
from o2c_chassis.auth import NotConfigured, people_of
from o2c_chassis.clock import RealClock
from o2c_rules.bundles import BrokenChain, Release, Store, StoreProblem
from o2c_rules.releasing import views
from o2c_rules.releasing.authority import Person, Refusal
from o2c_rules.releasing.chain import verified
from o2c_rules.releasing.desk import ReleaseDesk, Sooner, Upload, Wish
from o2c_rules.releasing.witnesses import verified_whole
from o2c_rules.rulebook import BadTable, RuleBook

from o2c_console.asking import in_path
from o2c_console.calling import FOUND, UNUSABLE, Caller, caller, problem_of, say, stop
from o2c_console.settings import PEOPLE, command_line

T = TypeVar("T")
StoreFolder = Annotated[
    Path | None,
    typer.Option(
        "--store", help="a store's folder, where no platform keeps it; you are --as NAME of the identity file"
    ),
]
Effective = Annotated[
    str, typer.Option("--effective-from", help="instant with its zone, as 2026-07-01T00:00:00+02:00", metavar="INSTANT")
]
_PATIENCE_SECONDS = 1800.0


_HERE = Path()


class Counter(Protocol):
    """What can be asked of a store, wherever it is kept; every answer is plain JSON."""

    def propose(self, upload: Upload, wish: Wish, kept: Path) -> dict[str, Any]: ...
    def proposals(self) -> list[dict[str, Any]]: ...
    def proposal(self, id_: str) -> dict[str, Any]: ...
    def review(self, id_: str, *, approved: bool, comment: str) -> dict[str, Any]: ...
    def release(self, id_: str, override: str) -> dict[str, Any]: ...
    def roll_back(self, ticket: str, to: int | None, sooner: Sooner | None) -> list[dict[str, Any]]: ...
    def releases(self) -> tuple[Release, ...]: ...
    def verify(self) -> dict[str, Any]: ...
    def status(self) -> dict[str, Any] | None: ...


class AtPlatform:
    """Through the one address: it knows who asks."""

    def __init__(self, ask: Caller) -> None:
        self._ask = ask

    def propose(self, upload: Upload, wish: Wish, kept: Path) -> dict[str, Any]:
        files = {name: b64encode(content).decode() for name, content in upload.files.items()}
        said = {"ticket": wish.ticket, "message": wish.message, "contracts": wish.contracts}
        body = said | {
            "files": files,
            "single": upload.single,
            "more": upload.more,
            "effective_from": wish.effective_from,
        }
        return self._post("proposals", body, kept)

    def proposals(self) -> list[dict[str, Any]]:
        return list(self._get("proposals")["items"])

    def proposal(self, id_: str) -> dict[str, Any]:
        return self._get(f"proposals/{in_path(id_)}")

    def review(self, id_: str, *, approved: bool, comment: str) -> dict[str, Any]:
        return self._post(f"proposals/{in_path(id_)}/review", {"approved": approved, "comment": comment})

    def release(self, id_: str, override: str) -> dict[str, Any]:
        return self._post(f"proposals/{in_path(id_)}/release", {"override": override})

    def roll_back(self, ticket: str, to: int | None, sooner: Sooner | None) -> list[dict[str, Any]]:
        more = {"effective_from": sooner.effective_from, "override": sooner.reason} if sooner else {}
        return list(self._post("rollback", {"ticket": ticket, "to": to} | more)["releases"])

    def releases(self) -> tuple[Release, ...]:
        """Verified here, whatever the platform says of them."""
        return _heard(lambda: tuple(verified(self._answer("GET", "releases").content)))

    def verify(self) -> dict[str, Any]:
        return self._get("verify")

    def status(self) -> dict[str, Any] | None:
        return dict(self._ask.get("/v1/status"))

    def _get(self, path: str) -> dict[str, Any]:
        return dict(self._answer("GET", path).json())

    def _post(self, path: str, body: dict[str, Any], kept: Path = _HERE) -> dict[str, Any]:
        headers = {"idempotency-key": str(uuid4()), "content-type": "application/json"}
        return dict(self._answer("POST", path, kept, content=orjson.dumps(body), headers=headers).json())

    def _answer(self, method: str, path: str, kept: Path = _HERE, **more: Any) -> httpx.Response:
        answer = self._ask.send(method, f"/v1/rules/{path}", timeout=_PATIENCE_SECONDS, **more)
        if not answer.is_success:
            _told(answer, kept)
        return answer


class AtFolder:
    """A folder of this machine, without a platform: the local identity file says who somebody is."""

    def __init__(self, folder: Path, who: str | None) -> None:
        if not (folder / "releases.jsonl").is_file():
            stop(f"{folder} holds no releases", "a store has releases.jsonl; o2c up makes one in its folder rules")
        self._store, self._who = Store(folder), who

    def propose(self, upload: Upload, wish: Wish, kept: Path) -> dict[str, Any]:
        return _heard(lambda: views.of_filed(self._desk.propose(self._person(), upload, wish)), kept)

    def proposals(self) -> list[dict[str, Any]]:
        return _heard(lambda: [views.of_filed(filed) for filed in self._desk.proposals])

    def proposal(self, id_: str) -> dict[str, Any]:
        return _heard(lambda: views.of_details(self._store, self._desk.proposals[id_]))

    def review(self, id_: str, *, approved: bool, comment: str) -> dict[str, Any]:
        who = self._person()
        return _heard(lambda: views.of_filed(self._desk.review(who, id_, approved=approved, comment=comment)))

    def release(self, id_: str, override: str) -> dict[str, Any]:
        return _heard(lambda: views.of_release(self._desk.release(self._person(), id_, override)))

    def roll_back(self, ticket: str, to: int | None, sooner: Sooner | None) -> list[dict[str, Any]]:
        return _heard(lambda: [views.of_release(r) for r in self._desk.roll_back(self._person(), ticket, to, sooner)])

    def releases(self) -> tuple[Release, ...]:
        return _heard(self._store.releases)

    def verify(self) -> dict[str, Any]:
        try:
            found = verified_whole(self._store)
        except BrokenChain as error:
            return {"holds": False, "release": error.release, "found": str(error)}
        return {"holds": True, "release": None, "found": f"{len(found)} releases verify"}

    def status(self) -> dict[str, Any] | None:
        """Nobody is known who would run these rules."""
        return None

    @property
    def _desk(self) -> ReleaseDesk:
        return ReleaseDesk(self._store, RealClock().now(), needs=RuleBook.shipped())

    def _person(self) -> Person:
        try:
            people = people_of(command_line().identities or PEOPLE)
        except NotConfigured as error:
            stop(str(error))
        name = self._who or people.default
        if name is None or name not in people.people:
            stop(f"{name or 'nobody'} is not in the identity file", f"--as one of {', '.join(sorted(people.people))}")
        return Person(name, people.people[name].roles)


def counter(context: typer.Context, store: Path | None) -> Counter:
    """The platform's desk, unless a folder is named."""
    ask = caller(context)
    return AtFolder(store, ask.who) if store is not None else AtPlatform(ask)


def instant(text: str) -> datetime | None:
    """What a person wrote behind --effective-from."""
    if not text:
        return None
    hint = "write it with its zone: 2026-07-01T00:00:00+02:00"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        stop(f"--effective-from {text} is no instant", hint)
    if found.tzinfo is None:
        stop(f"--effective-from {text} names no zone", hint)
    return found


def _heard(ask: Callable[[], T], kept: Path = _HERE) -> T:
    try:
        return ask()
    except Refusal as refusal:
        bad = refusal.code.startswith(("bad-", "no-", "too-")) and refusal.code != "no-authority"
        stop(f"{refusal} ({refusal.code})", refusal.hint, UNUSABLE if bad else FOUND)
    except BadTable as error:
        for finding in error.findings:
            say.print(_placed(kept, str(finding)), style="red", markup=False, soft_wrap=True)
        stop(f"{len(error.findings)} findings keep these rules from being read", "mend them", UNUSABLE)
    except BrokenChain as error:
        stop(str(error), "the chain was changed behind everybody's back; o2c rules releases --verify", FOUND)
    except StoreProblem as error:
        stop(str(error), "o2c rules releases --verify looks at all of it", UNUSABLE)


def _told(answer: httpx.Response, kept: Path) -> NoReturn:
    """Why nothing was done, with all findings where files could not be read."""
    told = problem_of(answer)
    for field in told.get("fields") or ():
        say.print(_placed(kept, f"{field['field']}: {field['text']}"), style="red", markup=False, soft_wrap=True)
    code = FOUND if answer.status_code in (403, 404, 409) else UNUSABLE
    stop(f"{told['detail']} ({told['code']})", told["hint"], code)


def _placed(kept: Path, text: str) -> str:
    """What begins with a file of the upload, where the person has that file; anything else as it is."""
    file = text.partition(":")[0]
    return f"{kept / text}" if kept != _HERE and (kept / file).is_file() else text
