"""What crosses a boundary stays readable: golden bytes of every event, and schemas that only grow."""

import json

import jsonschema_rs
import pytest
from o2c_console.generating import asyncapi, event_map_text, schema_files, schema_of, with_settings
from o2c_console.local_kafka import CHECKOUT
from o2c_console.running import installed
from o2c_contracts.topics import BY_NAME, SERVICES, WRITER
from o2c_contracts.wire import decode, encode
from ruamel.yaml import YAML

from tests.contracts.samples import BASELINE, GOLDEN, breaks, fields_of, message_of, read, topic_of, written

FILES = sorted(GOLDEN.glob("*.json"))
OLD = json.loads(BASELINE.read_text())
HINT = "run: python -m tests.contracts.samples"


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_bytes_that_were_once_written_still_decode(file):
    message = decode(topic_of(file), read(file))

    assert message is not None
    assert message.envelope.id == f"golden-{file.name.split('.')[0]}"
    assert message.event.key == read(file).key.decode()


@pytest.mark.parametrize("name", BY_NAME)
def test_every_event_is_written_as_its_golden_bytes_say(name):
    file = GOLDEN / f"{name}.json"

    assert file.exists(), HINT
    decoded = decode(topic_of(file), read(file))
    again = encode(decoded)
    assert json.loads(again.value) == json.loads(read(file).value)
    assert dict(again.headers) == dict(read(file).headers)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_field_may_be_added_but_none_removed_retyped_or_newly_demanded(name):
    before, now = OLD.get(name, {}), fields_of(BY_NAME[name])

    assert list(breaks(before, now)) == []
    assert now.keys() == before.keys(), f"new fields are not guarded yet; {HINT}"


def test_no_event_disappears():
    assert OLD.keys() <= BY_NAME.keys()


def test_the_check_sees_what_would_break_a_reader():
    before = {"a": "required string", "b": "optional integer", "c[]": "optional object", "c[].d": "required string"}

    assert list(breaks(before, before | {"e": "optional string"})) == []
    assert list(breaks(before, {"b": "optional integer"})) == ["a was removed", "c[] was removed", "c[].d was removed"]
    assert list(breaks(before, before | {"b": "optional string"})) == ["b was optional integer, is optional string"]
    assert list(breaks(before, before | {"e": "required string"})) == ["e is new and required"]
    assert list(breaks(before, before | {"c[].e": "required string"})) == ["c[].e is new and required"]
    assert list(breaks(before, before | {"f": "optional object", "f.g": "required string"})) == []


@pytest.mark.parametrize("name", BY_NAME)
def test_schemas_describe_what_is_written(name):
    checker = jsonschema_rs.validator_for(schema_of(BY_NAME[name]))
    content = json.loads(encode(message_of(BY_NAME[name])).value)

    assert checker.is_valid(content)
    for field in BY_NAME[name].model_json_schema().get("required", []):
        assert not checker.is_valid({n: v for n, v in content.items() if n != field})


def test_generated_documents_are_current():
    services = installed()
    assert tuple(services) == SERVICES
    folder = CHECKOUT / "contracts" / "schemas"

    assert {f.name.removesuffix(".json"): f.read_text() for f in folder.glob("*.json")} == schema_files(), "o2c schemas"
    assert (CHECKOUT / "contracts" / "asyncapi.yaml").read_text() == asyncapi(services), "o2c schemas"
    assert (CHECKOUT / "docs" / "event-map.md").read_text() == event_map_text(services), "o2c event-map"
    operators = (CHECKOUT / "docs" / "operators.md").read_text()
    assert "_DATABASE_URL" in operators
    assert with_settings(operators) == operators, "o2c event-map"


def test_every_reference_of_the_asyncapi_document_leads_somewhere():
    document = YAML(typ="safe").load((CHECKOUT / "contracts" / "asyncapi.yaml").read_text())

    def references(part):
        for name, inner in (
            part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
        ):
            if name == "$ref":
                yield inner
            yield from references(inner)

    found = set(references(document))
    for reference in found:
        if reference.startswith("#/"):
            at = document
            for step in reference[2:].split("/"):
                at = at[step]
        else:
            assert (CHECKOUT / "contracts" / reference).exists()
    assert {f"#/components/messages/{name}" for name in BY_NAME} <= found


def test_each_service_hears_its_topics_and_tells_only_its_own():
    document = YAML(typ="safe").load(asyncapi(installed()))

    tells = {o["channel"]["$ref"]: n for n, o in document["operations"].items() if o["action"] == "send"}
    assert tells == {f"#/channels/{topic}": f"{writer}-tells" for topic, writer in WRITER.items()}


def test_a_golden_file_is_written_as_it_is_read(tmp_path):
    record = encode(message_of(BY_NAME["OrderSubmitted"]))
    file = tmp_path / "OrderSubmitted.json"
    file.write_text(written(record))

    assert read(file) == record
