"""A store of rules on another machine: the chain as a console serves it, each bundle checked against its hash.

Nothing is believed for where it comes from: the chain verifies itself, and it may only grow.
"""

from base64 import b64decode
from hashlib import sha256

import httpx
import orjson
from o2c_rules.bundles import Release, StoreProblem, UnknownBundle
from o2c_rules.releasing.chain import verified
from o2c_rules.rulebook import RuleBook, bundle_hash

RELEASES, BUNDLES = "/v1/rules/releases", "/v1/rules/bundles"
BYTES_MOST = 64_000_000


class RulesOverHttp:
    """The same questions as a folder's store; every answer is a request. Used by one thread at a time."""

    def __init__(
        self, address: str, token: str = "", pause_seconds: float = 2.0, client: httpx.Client | None = None
    ) -> None:
        """`address` of a console; `token`: bearer, where it takes tokens."""
        self.pause_seconds = pause_seconds
        self._address = address.rstrip("/")
        # A look every few seconds needs no connection between them, and nobody has to close one.
        self._client = client or httpx.Client(timeout=10, limits=httpx.Limits(max_keepalive_connections=0))
        self._headers = {"authorization": f"Bearer {token}"} if token else {}
        self._etag = ""
        self._chain: bytes | None = None
        self._books: dict[str, RuleBook] = {}

    def stamp(self) -> object:
        """The hash of the chain as it is now; the chain itself travels only when it has changed."""
        known = {"if-none-match": self._etag} if self._etag and self._chain is not None else {}
        answer = self._get(RELEASES, known)
        if answer.status_code != httpx.codes.NOT_MODIFIED:
            self._chain, self._etag = answer.content, answer.headers.get("etag", "")
        return sha256(self._chain or b"").hexdigest()

    def releases(self) -> tuple[Release, ...]:
        """The chain of the last stamp, verified."""
        return tuple(verified(self._chain or b""))

    def book(self, bundle: str) -> RuleBook:
        """Fetched and compiled once."""
        found = self._books.get(bundle)
        if found is None:
            found = self._books[bundle] = self._fetched(bundle)
        return found

    def _fetched(self, bundle: str) -> RuleBook:
        try:
            body = orjson.loads(self._get(f"{BUNDLES}/{bundle}").content)
            files = {str(name): b64decode(content, validate=True) for name, content in body["files"].items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreProblem(f"{self._address} gave no bundle under {bundle[:12]}: {error}") from error
        if (found := bundle_hash(files)) != bundle:
            raise UnknownBundle(f"{self._address} gave bundle {found[:12]} when asked for {bundle[:12]}")
        return RuleBook(files)

    def _get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        try:
            answer = self._client.get(f"{self._address}{path}", headers=self._headers | (headers or {}))
        except httpx.HTTPError as error:
            raise StoreProblem(f"{self._address} does not answer: {type(error).__name__} {error}") from error
        if answer.status_code not in (httpx.codes.OK, httpx.codes.NOT_MODIFIED):
            raise StoreProblem(f"{self._address}{path} answers {answer.status_code}")
        if len(answer.content) > BYTES_MOST:
            raise StoreProblem(f"{self._address}{path} gives {len(answer.content)} bytes, at most {BYTES_MOST}")
        return answer
