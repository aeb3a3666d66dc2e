"""Every client proves who it is in the same way; settings that say half of it are refused; a real locked broker."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from faststream.security import SASLScram512
from o2c_chassis.database import Database
from o2c_chassis.kafka import Kafka, KafkaReader, TopicSpec, apply_topics, security_of
from o2c_chassis.kafka.security import OPEN, Security
from o2c_chassis.settings import BadSettings, BusSettings, read
from o2c_console.local_kafka import Broker
from o2c_console.local_server import free_port
from o2c_contracts.topics import PARTITIONS

from tests.chassis.shelf import have, records, until

TOPIC = "locked"
PROTOCOLS = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOCKED:SASL_PLAINTEXT,SEALED:SASL_SSL"
SASL = {"kafka_security": "SASL_SSL", "kafka_sasl_mechanism": "SCRAM-SHA-512", "kafka_username": "o2c"}


async def _nothing(_: object) -> None:
    """No slice comes."""


def settings(**given: object) -> BusSettings:
    return read("orders", BusSettings, **given)


def test_without_settings_the_port_is_open():
    assert security_of(settings()) == OPEN
    assert OPEN.for_aiokafka == {"security_protocol": "PLAINTEXT"}
    assert OPEN.for_faststream is None


def test_every_client_is_given_the_same(monkeypatch):
    monkeypatch.setenv("O2C_KAFKA_SECURITY", "SASL_SSL")
    monkeypatch.setenv("O2C_KAFKA_SASL_MECHANISM", "SCRAM-SHA-512")
    monkeypatch.setenv("O2C_KAFKA_USERNAME", "o2c")
    monkeypatch.setenv("ORDERS_KAFKA_USERNAME", "orders")
    monkeypatch.setenv("ORDERS_KAFKA_PASSWORD", "open sesame")

    security = security_of(settings())
    bus = Kafka("broker:9093", security)
    reader = KafkaReader(bus, "orders", ("t",), Database(""), _nothing)

    said = security.for_aiokafka
    assert said["security_protocol"] == "SASL_SSL"
    assert (said["sasl_mechanism"], said["sasl_plain_username"]) == ("SCRAM-SHA-512", "orders")
    assert said["sasl_plain_password"] == "open sesame"
    assert said["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    assert said["ssl_context"].check_hostname
    assert isinstance(security.for_faststream, SASLScram512)
    assert bus._cluster._security is reader._group.security is security


def test_a_password_may_lie_in_a_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("open sesame\n")

    assert security_of(settings(**SASL, kafka_password_file=file)).password == "open sesame"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (SASL, "needs KAFKA_SASL_MECHANISM, KAFKA_USERNAME and KAFKA_PASSWORD"),
        ({"kafka_security": "SASL_PLAINTEXT", "kafka_password": "x"}, "needs KAFKA_SASL_MECHANISM"),
        ({"kafka_username": "o2c"}, "set it to SASL_SSL"),
        ({"kafka_security": "SSL", "kafka_password": "x"}, "set it to SASL_SSL"),
        (SASL | {"kafka_password": "x", "kafka_password_file": Path("/x")}, "keep one of them"),
        ({"kafka_ca_file": Path("/ca.pem")}, "set it to SSL"),
        ({"kafka_security": "SSL", "kafka_certificate_file": Path("/c.pem")}, "give both or neither"),
        ({"kafka_security": "SSL", "kafka_ca_file": Path("/nowhere.pem")}, "check that each file is there"),
        (SASL | {"kafka_password_file": Path("/nowhere")}, "check that each file is there"),
    ],
)
def test_half_of_it_is_refused_with_a_hint(given, says):
    with pytest.raises(BadSettings, match=says):
        security_of(settings(**given))


# A real broker with a locked listener and a sealed one


class Locked:
    """A broker whose second listener wants a password, and whose third one wants it over TLS."""

    def __init__(self, folder: Path) -> None:
        self.plain, self.sealed = free_port(), free_port()
        self.ca, server = _certificates(folder)
        jaas = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_o2c="open sesame";'
        ports = f"LOCKED://127.0.0.1:{self.plain},SEALED://127.0.0.1:{self.sealed}"
        self.more = "\n".join(
            [
                "",
                "listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller_port}," + ports,
                "advertised.listeners=PLAINTEXT://127.0.0.1:${port}," + ports,
                f"listener.security.protocol.map={PROTOCOLS}",
                "sasl.enabled.mechanisms=PLAIN",
                f"listener.name.locked.plain.sasl.jaas.config={jaas}",
                f"listener.name.sealed.plain.sasl.jaas.config={jaas}",
                "listener.name.sealed.ssl.keystore.type=PEM",
                f"listener.name.sealed.ssl.keystore.location={server}",
                "",
            ]
        )

    def security(self, **more: object) -> Security:
        asked = {"kafka_security": "SASL_PLAINTEXT", "kafka_sasl_mechanism": "PLAIN", "kafka_username": "o2c"}
        return security_of(settings(**asked | {"kafka_password": "open sesame"} | more))


@pytest.fixture
def locked(tmp_path: Path, own_kafka: Callable[..., Broker]) -> Locked:
    made = Locked(tmp_path)
    own_kafka(more=made.more)
    return made


@pytest.mark.slow
@pytest.mark.kafka
async def test_consumer_producer_and_admin_work_on_a_locked_and_on_a_sealed_listener(locked, shelf):
    sealed = locked.security(kafka_security="SASL_SSL", kafka_ca_file=locked.ca)
    wanted = [TopicSpec(TOPIC, PARTITIONS, 1, {})]

    made = await apply_topics(f"127.0.0.1:{locked.sealed}", wanted, security=sealed)
    for port, security in ((locked.plain, locked.security()), (locked.sealed, sealed)):
        bus = Kafka(f"127.0.0.1:{port}", security)
        await bus.publish(TOPIC, records(20))
        reader = KafkaReader(bus, "locked", (TOPIC,), shelf.database, shelf)
        run = asyncio.create_task(reader.run())
        await until(lambda: have(shelf, 20), run=run)
        await reader.stop()
        await run
        await bus.close()
        shelf.kept.clear()

    assert made.created == (TOPIC,)


@pytest.mark.slow
@pytest.mark.kafka
async def test_who_cannot_prove_it_is_not_let_in(locked):
    wrong = {
        "another password": (locked.plain, locked.security(kafka_password="wrong")),
        "no password": (locked.plain, OPEN),
        "an authority that nobody knows": (locked.sealed, locked.security(kafka_security="SASL_SSL")),
    }

    for why, (port, security) in wrong.items():
        bus = Kafka(f"127.0.0.1:{port}", security)
        try:
            await bus.check()
        except (KafkaError, TimeoutError, OSError):
            pass
        else:
            pytest.fail(f"let in with {why}")
        finally:
            await bus.close()


def _certificates(folder: Path) -> tuple[Path, Path]:
    """An authority, and a server that it vouches for, key first."""
    authority, key = _signed("authority", None)
    server, server_key = _signed("127.0.0.1", (authority, key))
    ca, both = folder / "ca.pem", folder / "server.pem"
    ca.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    private = server_key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    both.write_bytes(private + server.public_bytes(serialization.Encoding.PEM) + ca.read_bytes())
    return ca, both


def _signed(
    name: str, by: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(by[0].subject if by else own)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    )
    if by:
        made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
    return made.sign(by[1] if by else key, hashes.SHA256()), key
