"""Rules over HTTP: the store for other machines to read, and people's hands on proposals and releases.

Who acts is whoever the address knows; what they may do is a table of the bundle in force.
"""

import asyncio
import fcntl
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar, cast

import orjson
from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from o2c_chassis import strict_json
from o2c_chassis.acting import BadFields, IdempotencyKey
from o2c_chassis.auth import Caller, Who, who_asks
from o2c_chassis.clock import Clock
from o2c_chassis.errors import Refused
from o2c_chassis.problems import RESPONSES, FieldProblem, place_of, problem
from o2c_rules.bundles import BrokenChain, Store, StoreProblem, UnknownBundle
from o2c_rules.releasing import views
from o2c_rules.releasing.authority import Person, Refusal
from o2c_rules.releasing.desk import BYTES_MOST, ReleaseDesk, Sooner, Upload, Wish
from o2c_rules.releasing.witnesses import verified_whole
from o2c_rules.rulebook import RuleBook
from o2c_rules.source import BadTable
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

B = TypeVar("B", bound=BaseModel)
T = TypeVar("T")
Act = Callable[[ReleaseDesk], Any]
UPLOAD_MOST = BYTES_MOST * 4 // 3 + 1_000_000
_STATUS = {"no-authority": 403, "own-proposal": 403, "not-found": 404}
_BAD = ("bad-", "no-", "too-")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Proposed(_Body):
    """Rule files in Base64, and what their author says."""

    files: dict[str, str]
    single: str = ""
    more: tuple[str, ...] = ()
    ticket: str
    message: str = ""
    effective_from: AwareDatetime | None = None
    contracts: tuple[str, ...] = ()


class Reviewed(_Body):
    approved: bool
    comment: str = ""


class Released(_Body):
    override: str = ""


class RolledBack(_Body):
    ticket: str
    to: int | None = None
    effective_from: AwareDatetime | None = None
    override: str = ""


@dataclass(frozen=True)
class RulesDesk:
    """The store that this address keeps, and by whose clock it releases."""

    store: Store
    clock: Clock

    def at_work(self) -> ReleaseDesk:
        return ReleaseDesk(self.store, self.clock.now(), needs=RuleBook.shipped())

    async def once(self, who: Caller, key: str, whole: bytes, act: Act) -> Response:
        """Do it and keep the answer, or answer as before; what is refused is not kept. `whole`: all that was asked."""
        if not key.isprintable() or not key.isascii():
            raise Refused("bad-key", "an Idempotency-Key is 1 to 200 printable ASCII characters", status=400)
        return await asyncio.to_thread(self._once, f"{who.actor}\n{key}", whole, act)

    def _once(self, name: str, whole: bytes, act: Act) -> Response:
        place = self.store.folder / "commands" / f"{sha256(name.encode()).hexdigest()}.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            if kept := file.read():
                return _repeated(kept, whole)
            reply = _spoken(lambda: act(self.at_work()))
            if isinstance(reply, Response):
                return reply
            file.write(orjson.dumps({"body": sha256(whole).hexdigest(), "reply": reply}))
        return _json(reply)


def rules_of_desk(desk: RulesDesk) -> APIRouter:
    """`/v1/rules/…`."""
    router = APIRouter(prefix="/v1/rules", tags=["rules"], dependencies=[Depends(who_asks)], responses=RESPONSES)
    _reading(router, desk)
    _proposing(router, desk)
    _putting_into_force(router, desk)
    return router


def _reading(router: APIRouter, desk: RulesDesk) -> None:
    @router.get("/releases")
    async def releases(request: Request) -> Response:
        """The chain of releases, line by line, as it lies in the store; 304 where the caller has it already."""
        content = await asyncio.to_thread(desk.store.chain)
        etag = f'"{sha256(content).hexdigest()}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"etag": etag})
        return Response(content, media_type="application/x-ndjson", headers={"etag": etag})

    @router.get("/bundles/{bundle}")
    async def bundle(bundle: str) -> Response:
        """Every file of a bundle in Base64; the reader verifies them against the hash it asked for."""
        book = await _asked(lambda: desk.store.book(bundle))
        files = {name: b64encode(content).decode() for name, content in book.files.items()}
        return _json({"bundle": bundle, "files": files})

    @router.get("/verify")
    async def verify() -> dict[str, Any]:
        """Chain, tables, reports and what proposals became, from the first byte on; the first release that is not what
        was written, or is gone."""
        try:
            found = await asyncio.to_thread(verified_whole, desk.store)
        except BrokenChain as error:
            return {"holds": False, "release": error.release, "found": str(error)}
        return {"holds": True, "release": None, "found": f"{len(found)} releases verify"}

    @router.get("/proposals")
    async def proposals() -> dict[str, Any]:
        """What was proposed, oldest first."""
        found = await _asked(lambda: [views.of_filed(filed) for filed in desk.at_work().proposals])
        return {"items": found}

    @router.get("/proposals/{proposal}")
    async def details(proposal: str) -> dict[str, Any]:
        """With its reports and what differs from the rules it would take the place of."""
        return dict(await _asked(lambda: views.of_details(desk.store, desk.at_work().proposals[proposal])))


def _proposing(router: APIRouter, desk: RulesDesk) -> None:
    @router.post("/proposals", openapi_extra=_document(Proposed))
    async def propose(request: Request, who: Who, idempotency_key: IdempotencyKey) -> Response:
        """Take in rule files; the answer says what check, golden cases and proof found."""
        body = await strict_json.body_of(request, UPLOAD_MOST)
        asked = _read(Proposed, body)
        wish = Wish(asked.ticket, asked.message, asked.effective_from, asked.contracts)
        upload = Upload(_decoded(asked.files), asked.single, asked.more)

        def act(at: ReleaseDesk) -> Any:
            return views.of_filed(at.propose(_person(who), upload, wish))

        return await desk.once(who, idempotency_key, _whole_of(request, body), act)

    @router.post("/proposals/{proposal}/review", openapi_extra=_document(Reviewed))
    async def review(request: Request, who: Who, proposal: str, idempotency_key: IdempotencyKey) -> Response:
        """Approve or refuse, as a second person."""
        body = await strict_json.body_of(request)
        asked = _read(Reviewed, body)

        def act(at: ReleaseDesk) -> Any:
            return views.of_filed(at.review(_person(who), proposal, approved=asked.approved, comment=asked.comment))

        return await desk.once(who, idempotency_key, _whole_of(request, body), act)


def _putting_into_force(router: APIRouter, desk: RulesDesk) -> None:
    @router.post("/proposals/{proposal}/release", openapi_extra=_document(Released))
    async def release(request: Request, who: Who, proposal: str, idempotency_key: IdempotencyKey) -> Response:
        """Put what was approved into force; refused with everything that speaks against it, unless overridden."""
        body = await strict_json.body_of(request)
        asked = _read(Released, body)

        def act(at: ReleaseDesk) -> Any:
            return views.of_release(at.release(_person(who), proposal, asked.override))

        return await desk.once(who, idempotency_key, _whole_of(request, body), act)

    @router.post("/rollback", openapi_extra=_document(RolledBack))
    async def rollback(request: Request, who: Who, idempotency_key: IdempotencyKey) -> Response:
        """Bring back what held before."""
        body = await strict_json.body_of(request)
        asked = _read(RolledBack, body)
        sooner = Sooner(asked.effective_from, asked.override) if asked.effective_from else None

        def act(at: ReleaseDesk) -> Any:
            made = at.roll_back(_person(who), asked.ticket, asked.to, sooner)
            return {"releases": [views.of_release(release) for release in made]}

        return await desk.once(who, idempotency_key, _whole_of(request, body), act)


def _person(who: Caller) -> Person:
    """Four eyes are two people: whoever stands in for somebody would speak for both."""
    if who.on_behalf_of:
        text = f"{who.actor} acts for {who.on_behalf_of}; rules are changed in one's own name"
        raise Refused("own-name", text, "ask somebody who has the role", 403)
    return Person(who.actor, who.roles)


def _read(kind: type[B], body: bytes) -> B:
    strict_json.read(body)
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise BadFields([FieldProblem(field=place_of(e["loc"]), text=e["msg"]) for e in error.errors()]) from error


def _decoded(files: dict[str, str]) -> dict[str, bytes]:
    try:
        return {name: b64decode(content, validate=True) for name, content in files.items()}
    except BadBase64 as error:
        raise Refused("bad-content", f"the files are not in Base64: {error}", status=422) from error


def _whole_of(request: Request, body: bytes) -> bytes:
    return request.url.path.encode() + b"\n" + body


def _repeated(kept: bytes, whole: bytes) -> Response:
    found = orjson.loads(kept)
    if found["body"] != sha256(whole).hexdigest():
        return problem(409, "key-reused", "this Idempotency-Key came with another body", "use a new key")
    return _json(found["reply"])


def _spoken(act: Callable[[], Any]) -> Any:
    """What came of it, or a problem that says why nothing did."""
    try:
        return act()
    except Refusal as refusal:
        status = _STATUS.get(refusal.code, 422 if refusal.code.startswith(_BAD) else 409)
        return problem(status, refusal.code, str(refusal), refusal.hint)
    except BadTable as error:
        fields = [FieldProblem(field=found.where, text=_in_words(found.text, found.hint)) for found in error.findings]
        text = f"{len(fields)} findings keep these rules from being read"
        return problem(422, "unreadable-rules", text, "mend them; o2c rules check names them too", fields)
    except UnknownBundle as error:
        return problem(404, "not-found", str(error))
    except StoreProblem as error:
        return problem(409, "store", str(error), "o2c rules releases --verify looks at all of it")


async def _asked(ask: Callable[[], T]) -> T:
    """A question to the store, away from the path of everybody else; its refusals as problems."""
    found = await asyncio.to_thread(_spoken, ask)
    if isinstance(found, Response):
        body = orjson.loads(found.body)
        raise Refused(body["code"], body["detail"], body.get("hint", ""), found.status_code)
    return cast(T, found)


def _in_words(text: str, hint: str) -> str:
    return f"{text} ({hint})" if hint else text


def _json(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


def _document(kind: type[BaseModel]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": kind.model_json_schema()}}}}
