"""Every setting of a service, from the environment: `ORDERS_HTTP_PORT` for one service, `O2C_HTTP_PORT` for all."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

SHARED = "O2C_"
Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[int, Field(ge=1, le=86_400)]


class BadSettings(Exception):
    """A setting is missing or does not fit; the text names it as the environment calls it."""


class Auth(BaseSettings):
    """Whose word is taken. Without an issuer: the identity file's, on this machine's own address only."""

    http_host: str = Field("127.0.0.1", description="address to listen on; another than this machine's demands tokens")
    http_port: int = Field(8080, ge=0, le=65_535, description="port to listen on; 0: any free one")
    identities: Path | None = Field(None, description="file with the people of this machine and their roles")
    oidc_issuer: str = Field("", description="OpenID Connect issuer whose tokens are accepted")
    oidc_audience: str = Field("", description="audience that tokens must carry")
    oidc_keys: str = Field("", description="JSON Web Key Set: a file or an https address; empty: the issuer says where")
    oidc_algorithms: tuple[str, ...] = Field(("RS256", "ES256"), description="signatures accepted, of these two")
    oidc_roles_claim: str = Field("roles", description="claim with the roles; dots go into nested claims")
    oidc_actor_claim: str = Field("sub", description="claim with the person's name in decisions and approvals")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level that is logged")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """`read` knows the two prefixes; nothing else is looked at."""
        return (init_settings,)


class KafkaClient(Auth):
    """How every client of this process proves who it is to Kafka's brokers."""

    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="as the brokers' listener: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL"
    )
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] | None = Field(
        None, description="with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"
    )
    kafka_username: str = Field("", description="with SASL: who this is")
    kafka_password: SecretStr | None = Field(None, description="with SASL: its password; or in a file:")
    kafka_password_file: Path | None = Field(None, description="with SASL: a file that holds the password")
    kafka_ca_file: Path | None = Field(
        None, description="with SSL: PEM file of the brokers' authority; empty: the system's"
    )
    kafka_certificate_file: Path | None = Field(None, description="with SSL: PEM file of this client's own certificate")
    kafka_key_file: Path | None = Field(None, description="with SSL: PEM file of that certificate's key")


class BusSettings(KafkaClient):
    """How events travel."""

    bus: Literal["kafka", "loopback"] = Field("kafka", description="Kafka, or the log in PostgreSQL for one machine")
    kafka_servers: str = Field("127.0.0.1:9092", description="Kafka's bootstrap servers, with commas")
    log_url: SecretStr | None = Field(None, description="database of the loopback bus")
    world: str = Field("live", pattern=r"^[a-z][a-z0-9-]{0,40}$", description="live, or the name of a simulation")


class Settings(BusSettings):
    """Of one service."""

    model_config = SettingsConfigDict(frozen=True)
    database_url: SecretStr = Field(description="this service's own database, with its own role: postgresql://...")
    database_connections_max: Count = Field(6, description="connections of the path; questions take up to 5 more")
    rules_store_url: str = Field(
        "", description="released rule bundles: a folder, or a console's http address; empty: the books of this release"
    )
    rules_store_token: SecretStr | None = Field(None, description="bearer token for it, where it takes tokens")
    rules_unread_seconds_max: Seconds = Field(300, description="a store unread for longer: not ready")
    delivery: Literal["folder", "smtp", "none"] = Field("folder", description="how invoices and letters leave")
    delivery_folder: Path = Field(Path("deliveries"), description="where documents are written")
    smtp_host: str = Field("localhost", description="mail server")
    smtp_port: int = Field(25, ge=1, le=65_535, description="its port")
    smtp_sender: str = Field("", description="address in From")
    smtp_start_tls: bool | None = Field(None, description="demand STARTTLS; empty: where the server offers it")
    slice_records_max: Count = Field(500, description="records of one transaction")
    parked_customers_min: Count = Field(10, description="customers parked for one reason before consuming may stop")
    parked_share_max: float = Field(0.2, gt=0, le=1, description="share of recent customers above which it stops")
    parked_window_minutes: Count = Field(30, description="how far back both are counted")
    stalled_seconds_max: Seconds = Field(120, description="behind its topics without a commit for longer: not live")
    outbox_age_seconds_max: Seconds = Field(60, description="an event told and unsent for longer: not ready")


S = TypeVar("S", bound=Auth)


def read(name: str, kind: type[S], **given: Any) -> S:
    """Settings of one service: what is given, else `<NAME>_…`, else `O2C_…`, else the default. BadSettings."""
    values: dict[str, Any] = {}
    for prefix in (SHARED, prefix_of(name)):
        values |= EnvSettingsSource(kind, env_prefix=prefix)()
    if "rules_store_url" in kind.model_fields and "rules_store_url" not in values:
        unprefixed = EnvSettingsSource(kind, env_prefix="")()
        values |= {n: v for n, v in unprefixed.items() if n == "rules_store_url"}
    try:
        return kind(**(values | given))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "settings"
        raise BadSettings(f"{prefix_of(name)}{field.upper()}: {first['msg']}") from error


def prefix_of(name: str) -> str:
    return f"{name.upper()}_"


def table(name: str, settings: Auth | type[Auth]) -> Iterator[tuple[str, str, str]]:
    """Name in the environment, value (or default) with secrets hidden, and what it is for."""
    kind = settings if isinstance(settings, type) else type(settings)
    for field, described in kind.model_fields.items():
        value = getattr(settings, field) if isinstance(settings, Auth) else described.default
        shown = "required" if described.is_required() and isinstance(settings, type) else _shown(value)
        yield f"{prefix_of(name)}{field.upper()}", shown, described.description or ""


def _shown(value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, SecretStr):
        return "********"
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
