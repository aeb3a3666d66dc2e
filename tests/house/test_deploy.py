"""What is deployed fits what is built: compose and its schema, topics and contracts, images and members."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from o2c_contracts.topics import PARTITIONS, SERVICES, TOPICS
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def _read(path: str) -> Any:
    return YAML(typ="safe").load(DEPLOY / path)


def test_compose_follows_the_compose_schema() -> None:
    checker = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "--color=never"]

    checked = subprocess.run(
        [sys.executable, *checker, DEPLOY / "compose.yaml"], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_topics_yaml_declares_the_topics_of_the_contracts_with_their_partitions() -> None:
    declared = _read("kafka/topics.yaml")

    assert [topic["name"] for topic in declared["topics"]] == list(TOPICS)
    assert declared["partitions"] == PARTITIONS
    assert declared["dead_letters"]["groups"] == list(SERVICES)
    assert declared["dead_letters"]["name"].format(topic="o2c.cash.v1", group="orders") == "o2c.cash.v1.orders.dlq"


@pytest.mark.parametrize("setting", ["local", "compose"])
def test_every_broker_stamps_the_time_itself_and_makes_no_topic_unasked(setting: str) -> None:
    local = dict(
        line.split("=", 1) for line in (DEPLOY / "kafka/server.properties").read_text().splitlines() if "=" in line
    )
    compose = _read("compose.yaml")["services"]["kafka"]["environment"]
    broker = (
        local if setting == "local" else {name[6:].lower().replace("_", "."): value for name, value in compose.items()}
    )

    assert broker["auto.create.topics.enable"] == "false"
    assert broker["log.message.timestamp.type"] == "LogAppendTime"
    assert str(broker["log.retention.ms"]) == "-1"


@pytest.mark.parametrize("service", SERVICES)
def test_each_service_runs_from_an_image_of_its_own_on_a_database_of_its_own(service: str) -> None:
    container = _read("compose.yaml")["services"][service]

    member = container["build"]["args"]["MEMBER"]
    assert (ROOT / member / "pyproject.toml").is_file()
    assert container["command"][0] == f"o2c_{service}"
    assert container["environment"][f"{service.upper()}_DATABASE_URL"].endswith(f"@postgres:5432/o2c_{service}")


def test_the_local_broker_and_the_containers_run_the_same_kafka() -> None:
    image = _read("compose.yaml")["services"]["kafka"]["image"]

    assert f"<version>{image.partition(':')[2]}</version>" in (DEPLOY / "kafka/pom.xml").read_text()
