"""Bearer tokens (JWT) of an OpenID Connect issuer: verified by a listed algorithm and a key of the issuer's own."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import httpx
from fastapi import Request
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .auth import Caller, NotConfigured, local_address
from .errors import Refused

ALGORITHMS = ("RS256", "ES256")
SKEW_SECONDS = 60
_KEYS_SECONDS, _AGAIN_SECONDS = 600, 30
_FOREIGN_KEYS = {"jku", "x5u", "jwk", "x5c", "crit"}


class Keys(Protocol):
    async def key_set(self, kid: str) -> KeySet:
        """The keys in force; looked up anew, seldom, when `kid` is not among those known."""


class KeyFile:
    """Public keys in a JSON Web Key Set on disk, read at the start."""

    def __init__(self, file: Path) -> None:
        try:
            self._keys = KeySet.import_key_set(YAML(typ="safe").load(file.read_text()))
        except (OSError, YAMLError, JoseError, KeyError, TypeError, ValueError) as error:
            raise NotConfigured(f"{file} holds no JSON Web Key Set: {error}") from error

    async def key_set(self, kid: str) -> KeySet:
        return self._keys


class KeyAddress:
    """The issuer's published keys, kept for ten minutes; an unknown key asks again at most twice a minute."""

    def __init__(self, issuer: str, address: str = "", client: httpx.AsyncClient | None = None) -> None:
        for url in filter(None, (issuer, address)):
            if httpx.URL(url).scheme != "https" and not local_address(httpx.URL(url).host):
                raise NotConfigured(f"{url}: keys are fetched over https only")
        self._issuer, self._address = issuer.rstrip("/"), address
        self._client = client or httpx.AsyncClient(timeout=5, follow_redirects=False)
        self._keys: KeySet | None = None
        self._fetched = float("-inf")

    async def key_set(self, kid: str) -> KeySet:
        age = time.monotonic() - self._fetched
        known = self._keys is not None and any(key.kid == kid for key in self._keys.keys)
        if self._keys is None or age > _KEYS_SECONDS or (not known and age > _AGAIN_SECONDS):
            await self._fetch()
        assert self._keys is not None
        return self._keys

    async def _fetch(self) -> None:
        self._fetched = time.monotonic()
        try:
            if not self._address:
                found = await self._get(f"{self._issuer}/.well-known/openid-configuration")
                if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                    raise ValueError(f"it says its issuer is {found.get('issuer')!r}")
                self._address = str(found["jwks_uri"])
            self._keys = KeySet.import_key_set(await self._get(self._address))
        except (httpx.HTTPError, JoseError, KeyError, TypeError, ValueError) as error:
            if self._keys is None:
                raise Refused("no-keys", f"the issuer's keys cannot be had: {error}", "try again later", 503) from error

    async def _get(self, address: str) -> Any:
        answer = await self._client.get(address)
        answer.raise_for_status()
        return answer.json()


@dataclass(frozen=True, slots=True)
class Demands:
    """What a token must say."""

    issuer: str
    audience: str
    roles_claim: str = "roles"
    actor_claim: str = "sub"
    algorithms: Sequence[str] = ALGORITHMS


class Tokens:
    """Bearer tokens (JWT): signature by a listed algorithm and a known key, issuer, audience, times."""

    def __init__(self, demands: Demands, keys: Keys) -> None:
        if not demands.issuer or not demands.audience:
            raise NotConfigured("tokens need an issuer and an audience")
        if not demands.algorithms or not set(demands.algorithms) <= set(ALGORITHMS):
            raise NotConfigured(f"of the algorithms only {', '.join(ALGORITHMS)} may be allowed")
        self._demands, self._keys = demands, keys
        self._claims = jwt.JWTClaimsRegistry(
            leeway=SKEW_SECONDS,
            iss={"essential": True, "value": demands.issuer},
            aud={"essential": True, "value": demands.audience},
            exp={"essential": True},
        )

    async def __call__(self, request: Request) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refused("no-token", "a bearer token is needed", "Authorization: Bearer ...", 401)
        return await self.caller(token.strip())

    async def caller(self, token: str) -> Caller:
        """Whoever the token speaks of; Refused (401) with the reason."""
        kid = _kid(token)
        keys = await self._keys.key_set(kid)
        if not any(key.kid == kid for key in keys.keys):
            raise Refused("bad-token", "the token's key is not one of the issuer's", status=401)
        try:
            found = jwt.decode(token, keys, algorithms=list(self._demands.algorithms))
            self._claims.validate(found.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise Refused("bad-token", f"the token is not accepted: {error}", "get a new one", 401) from error
        return _caller(found.claims, self._demands)


def _kid(token: str) -> str:
    """The key's name in the unverified header; a token that brings or points to its own key is refused."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError) as error:
        raise Refused("bad-token", "this is no signed token", status=401) from error
    if found := _FOREIGN_KEYS & header.keys():
        raise Refused("bad-token", f"a token may not carry {', '.join(sorted(found))}", status=401)
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise Refused("bad-token", "the token does not name its key (kid)", status=401)
    return kid


def _caller(claims: Mapping[str, Any], demands: Demands) -> Caller:
    acting = claims.get("act")
    actor, behalf = claims.get(demands.actor_claim), None
    if isinstance(acting, Mapping):  # RFC 8693: the actor speaks for the token's subject
        actor, behalf = acting.get("sub"), actor
    for name in (actor, behalf):
        if name is not None and not (isinstance(name, str) and 0 < len(name) <= 80 and name.isprintable()):
            raise Refused("bad-token", f"the claim {demands.actor_claim!r} names nobody", status=401)
    if actor is None:
        raise Refused("bad-token", f"the token lacks the claim {demands.actor_claim!r}", status=401)
    roles: Any = claims
    for part in demands.roles_claim.split("."):
        roles = roles.get(part) if isinstance(roles, Mapping) else None
    return Caller(actor, _words(roles), _words(claims.get("scope")), behalf)


def _words(claim: Any) -> tuple[str, ...]:
    found = claim.split() if isinstance(claim, str) else claim if isinstance(claim, list) else []
    return tuple(word for word in found if isinstance(word, str))
