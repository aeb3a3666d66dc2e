"""Settings of the console and of the `o2c` command line; the only place here that reads the environment."""

import os
from pathlib import Path

from o2c_chassis.settings import BusSettings, KafkaClient, read
from o2c_contracts.topics import SERVICES
from pydantic import Field, SecretStr

NAME = "console"
PEOPLE = Path(__file__).parent / "identities.yaml"
DEMO = Path(".local") / "demo"
"""Where the last demo left its databases, rules and history."""


class ConsoleSettings(BusSettings):
    """Of the one address, where it runs by itself."""

    orders_url: str = Field("http://orders:8080", description="where the service orders answers")
    billing_url: str = Field("http://billing:8080", description="where the service billing answers")
    cash_url: str = Field("http://cash:8080", description="where the service cash answers")
    collections_url: str = Field("http://collections:8080", description="where the service collections answers")
    disputes_url: str = Field("http://disputes:8080", description="where the service disputes answers")

    rules_store_url: str = Field(
        "", description="released rule bundles: a folder, or a console's http address; empty: the books of this release"
    )
    rules_store_token: SecretStr | None = Field(None, description="bearer token for it, where it takes tokens")

    @property
    def addresses(self) -> dict[str, str]:
        """Service -> its address."""
        return {name: str(getattr(self, f"{name}_url")) for name in SERVICES}


class CommandSettings(KafkaClient):
    """Of the command line."""

    url: str = Field("http://127.0.0.1:8080", description="the platform's one address")
    token: SecretStr | None = Field(None, description="bearer token, where the platform takes tokens")
    home: Path = Field(Path(".local") / "o2c", description="where `o2c up` keeps databases, rules and documents")
    kafka_servers: str = Field("", description="Kafka's bootstrap servers; empty: the local broker of `make kafka`")

    @property
    def history(self) -> Path:
        """Where exported decisions go."""
        return self.home / "history"


def console() -> ConsoleSettings:
    return read(NAME, ConsoleSettings)


def command_line() -> CommandSettings:
    return read("o2c", CommandSettings)


def inherited(**own: str) -> dict[str, str]:
    """The environment of a child process: this one's, and what is its own."""
    return {**os.environ, **own}
