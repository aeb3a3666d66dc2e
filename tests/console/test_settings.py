"""Settings: one prefix per service, one for all, and no secret shown."""

import json

import pytest
from o2c_chassis.cli import app_of
from o2c_chassis.settings import BadSettings, Settings, read, table
from typer.testing import CliRunner

from tests.chassis import toy

URL = "postgresql://o2c_orders:secret@127.0.0.1/o2c_orders"


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("ORDERS_DATABASE_URL", URL)


def test_a_services_own_setting_comes_before_the_shared_one(monkeypatch):
    monkeypatch.setenv("O2C_HTTP_PORT", "8081")
    monkeypatch.setenv("O2C_BUS", "loopback")
    monkeypatch.setenv("ORDERS_HTTP_PORT", "9000")
    monkeypatch.setenv("HTTP_PORT", "1")
    monkeypatch.setenv("RULES_STORE_URL", "/rules")

    settings = read("orders", Settings)

    assert (settings.http_port, settings.bus, settings.rules_store_url) == (9000, "loopback", "/rules")
    assert read("orders", Settings, http_port=7).http_port == 7


def test_a_bad_setting_is_named_as_the_environment_calls_it(monkeypatch):
    monkeypatch.setenv("ORDERS_PARKED_SHARE_MAX", "1.5")

    with pytest.raises(BadSettings, match="ORDERS_PARKED_SHARE_MAX"):
        read("orders", Settings)
    with pytest.raises(BadSettings, match="CASH_DATABASE_URL"):
        read("cash", Settings)


def test_every_setting_is_described_and_secrets_are_hidden():
    rows = {name: (value, meaning) for name, value, meaning in table("orders", read("orders", Settings))}

    assert rows["ORDERS_DATABASE_URL"][0] == "********"
    assert "secret" not in str(rows)
    assert all(meaning for _, meaning in rows.values())


def test_the_command_line_prints_them_and_fails_with_a_hint_where_one_is_missing(monkeypatch):
    shown = CliRunner().invoke(app_of(toy.service), ["settings", "--json"])
    monkeypatch.delenv("ORDERS_DATABASE_URL")
    missing = CliRunner().invoke(app_of(toy.service), ["settings"])

    assert json.loads(shown.stdout)["ORDERS_BUS"] == "kafka"
    assert missing.exit_code == 2
    assert "ORDERS_DATABASE_URL" in missing.stderr
