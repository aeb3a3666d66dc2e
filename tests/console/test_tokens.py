"""Tokens: what is not signed by the issuer's own key, for us, and now, opens nothing."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from pathlib import Path

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from o2c_chassis.auth import NotConfigured
from o2c_chassis.errors import Refused
from o2c_chassis.serving import identify_of
from o2c_chassis.settings import Auth, read
from o2c_chassis.tokens import Demands, KeyAddress, KeyFile, Tokens

ISSUER, AUDIENCE = "https://id.example", "o2c"
RSA = RSAKey.generate_key(2048, {"kid": "r1"}, private=True)
EC = ECKey.generate_key("P-256", {"kid": "e1"}, private=True)
STRANGER = RSAKey.generate_key(2048, {"kid": "r1"}, private=True)
PUBLIC = KeySet([RSA, EC]).as_dict(private=False)


def claims(**other) -> dict:
    now = int(time.time())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": "ann", "exp": now + 300, "roles": ["credit_analyst"]} | other


def signed(payload: dict, key=RSA, alg: str = "RS256", **header) -> str:
    return jwt.encode({"alg": alg, "kid": key.kid} | header, payload, key, algorithms=[alg])


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    (tmp_path / "keys.json").write_text(json.dumps(PUBLIC))
    return Tokens(Demands(ISSUER, AUDIENCE), KeyFile(tmp_path / "keys.json"))


async def test_a_good_token_names_actor_roles_and_scopes(tokens):
    caller = await tokens.caller(signed(claims(scope="publisher profile")))
    elliptic = await tokens.caller(signed(claims(), EC, "ES256"))

    assert (caller.actor, caller.roles, caller.scopes) == ("ann", ("credit_analyst",), ("publisher", "profile"))
    assert elliptic.actor == "ann"
    caller.demand("publisher")
    with pytest.raises(Refused) as refused:
        caller.demand("cfo")
    assert refused.value.status == 403


async def test_a_substitute_acts_on_behalf_of_the_tokens_subject(tokens):
    caller = await tokens.caller(signed(claims(act={"sub": "bob"})))

    assert (caller.actor, caller.on_behalf_of) == ("bob", "ann")


def unsigned() -> str:
    head = urlsafe_b64encode(b'{"alg":"none","kid":"r1"}').decode().rstrip("=")
    return f"{head}.{signed(claims()).split('.')[1]}."


def confused() -> str:
    """Signed with the public key as if it were a shared secret."""
    head = urlsafe_b64encode(b'{"alg":"HS256","kid":"r1"}').decode().rstrip("=")
    content = f"{head}.{signed(claims()).split('.')[1]}"
    mac = hmac.new(RSA.as_pem(private=False), content.encode(), "sha256").digest()
    return f"{content}.{urlsafe_b64encode(mac).decode().rstrip('=')}"


def tampered() -> str:
    head, _, signature = signed(claims()).split(".")
    other = signed(claims(roles=["cfo"])).split(".")[1]
    return f"{head}.{other}.{signature}"


NOW = int(time.time())
BAD = {
    "alg none": unsigned,
    "HS with the public key": confused,
    "tampered": tampered,
    "no signature": lambda: signed(claims()).rpartition(".")[0] + ".",
    "another's key under the same name": lambda: signed(claims(), STRANGER),
    "unknown kid": lambda: signed(claims(), RSA, kid="r2"),
    "no kid": lambda: jwt.encode({"alg": "RS256"}, claims(), RSA, algorithms=["RS256"]),
    "brings its own key": lambda: signed(claims(), STRANGER, jwk=STRANGER.as_dict(private=False)),
    "points to its key": lambda: signed(claims(), STRANGER, jku="https://evil.example/keys"),
    "points to its certificate": lambda: signed(claims(), STRANGER, x5u="https://evil.example/cert"),
    "an algorithm that is not listed": lambda: signed(claims(), RSA, "PS256"),
    "expired": lambda: signed(claims(exp=NOW - 120)),
    "never expires": lambda: signed({n: v for n, v in claims().items() if n != "exp"}),
    "not yet valid": lambda: signed(claims(nbf=NOW + 3600)),
    "for somebody else": lambda: signed(claims(aud="another")),
    "for nobody": lambda: signed({n: v for n, v in claims().items() if n != "aud"}),
    "of another issuer": lambda: signed(claims(iss="https://evil.example")),
    "of no issuer": lambda: signed({n: v for n, v in claims().items() if n != "iss"}),
    "names nobody": lambda: signed(claims(sub="")),
    "nobody at all": lambda: signed({n: v for n, v in claims().items() if n != "sub"}),
    "a name with a line break": lambda: signed(claims(sub="ann\nroot")),
    "no token": lambda: "abc",
    "empty parts": lambda: "..",
}


@pytest.mark.parametrize("case", BAD)
async def test_a_token_that_is_not_right_is_401(tokens, case):
    with pytest.raises(Refused) as refused:
        await tokens.caller(BAD[case]())

    assert refused.value.status == 401


async def test_a_minute_of_skew_is_forgiven(tokens):
    assert (await tokens.caller(signed(claims(exp=int(time.time()) - 30)))).actor == "ann"


async def test_roles_may_lie_deep_in_the_claims_and_the_actor_in_another(tmp_path):
    (tmp_path / "keys.json").write_text(json.dumps(PUBLIC))
    demands = Demands(ISSUER, AUDIENCE, "realm_access.roles", "preferred_username")
    tokens = Tokens(demands, KeyFile(tmp_path / "keys.json"))

    caller = await tokens.caller(signed(claims(realm_access={"roles": ["cfo"]}, preferred_username="anna")))

    assert (caller.actor, caller.roles) == ("anna", ("cfo",))


class Issuer:
    """Answers as an OpenID Connect issuer; counts what it is asked."""

    def __init__(self, keys: dict, issuer: str = ISSUER) -> None:
        self.keys, self.issuer, self.asked = keys, issuer, []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json={"issuer": self.issuer, "jwks_uri": f"{ISSUER}/keys"})
        return httpx.Response(200, json=self.keys)

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self))


async def test_the_issuers_keys_are_found_once_and_an_unknown_key_does_not_flood_it():
    issuer = Issuer(PUBLIC)
    tokens = Tokens(Demands(ISSUER, AUDIENCE), KeyAddress(ISSUER, client=issuer.client()))

    for _ in range(3):
        assert (await tokens.caller(signed(claims()))).actor == "ann"
        with pytest.raises(Refused, match="not one of the issuer's"):
            await tokens.caller(signed(claims(), RSA, kid="r2"))

    assert issuer.asked == ["/.well-known/openid-configuration", "/keys"]


async def test_an_issuer_that_is_another_than_it_says_is_not_believed():
    issuer = Issuer(PUBLIC, issuer="https://evil.example")
    tokens = Tokens(Demands(ISSUER, AUDIENCE), KeyAddress(ISSUER, client=issuer.client()))

    with pytest.raises(Refused) as refused:
        await tokens.caller(signed(claims()))

    assert refused.value.status == 503


def test_keys_are_never_fetched_in_the_clear():
    with pytest.raises(NotConfigured, match="https"):
        KeyAddress("http://id.example")


@pytest.mark.parametrize("algorithms", [("none",), ("HS256",), ("RS256", "HS256"), ()])
def test_no_other_algorithm_can_be_configured(tmp_path, algorithms):
    (tmp_path / "keys.json").write_text(json.dumps(PUBLIC))

    with pytest.raises(NotConfigured):
        Tokens(Demands(ISSUER, AUDIENCE, algorithms=algorithms), KeyFile(tmp_path / "keys.json"))


def test_a_process_without_anybody_to_believe_refuses_to_start(tmp_path, monkeypatch):
    people = tmp_path / "people.yaml"
    people.write_text("people:\n  ann: {roles: [cfo]}\n")

    with pytest.raises(NotConfigured, match="O2C_OIDC_ISSUER"):
        identify_of(read("orders", Auth, http_host="0.0.0.0", identities=people))
    with pytest.raises(NotConfigured, match="O2C_IDENTITIES"):
        identify_of(read("orders", Auth))
    with pytest.raises(NotConfigured, match="audience"):
        identify_of(read("orders", Auth, http_host="0.0.0.0", oidc_issuer=ISSUER))
    assert identify_of(read("orders", Auth, identities=people)) is not None
    assert identify_of(read("orders", Auth, http_host="0.0.0.0", oidc_issuer=ISSUER, oidc_audience=AUDIENCE))


@pytest.mark.parametrize(
    "content", ["people: [1]", "people: {ann: {roles: [CFO!]}}", "default: bob\npeople: {ann: {roles: []}}", "{", ""]
)
def test_a_bad_identity_file_says_so_at_the_start(tmp_path, content):
    people = tmp_path / "people.yaml"
    people.write_text(content)

    with pytest.raises(NotConfigured, match=r"people\.yaml"):
        identify_of(read("orders", Auth, identities=people))
