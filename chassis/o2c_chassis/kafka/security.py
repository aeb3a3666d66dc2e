"""How clients prove who they are to the brokers, and the brokers to them: the same for every client of a process."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from o2c_chassis.settings import BadSettings, KafkaClient

_BY_MECHANISM = {"PLAIN": SASLPlaintext, "SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


@dataclass(frozen=True)
class Security:
    """Nothing given: an open port, for a machine of one's own."""

    protocol: str = "PLAINTEXT"
    mechanism: str | None = None
    username: str | None = None
    password: str | None = None
    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    @cached_property
    def context(self) -> ssl.SSLContext | None:
        """Certificates are always verified, and so is the name in them. OSError where a file cannot be used."""
        if not self.protocol.endswith("SSL"):
            return None
        context = ssl.create_default_context(cafile=self.ca_file)
        if self.certificate_file is not None:
            context.load_cert_chain(self.certificate_file, self.key_file)
        return context

    @property
    def for_aiokafka(self) -> dict[str, Any]:
        """Options of its clients: consumer, producer, admin and the bare one."""
        options: dict[str, Any] = {"security_protocol": self.protocol}
        if self.context is not None:
            options["ssl_context"] = self.context
        if self.mechanism is not None:
            options |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password,
            }
        return options

    @property
    def for_faststream(self) -> BaseSecurity | None:
        """The same, as its broker takes it."""
        if self.mechanism is not None:
            kind = _BY_MECHANISM[self.mechanism]
            return kind(self.username or "", self.password or "", self.context, use_ssl=self.context is not None)
        return BaseSecurity(self.context, use_ssl=True) if self.context is not None else None


OPEN = Security()


def security_of(settings: KafkaClient) -> Security:
    """What the settings say. BadSettings, with a hint, where they say half of something or contradict themselves."""
    for text in _wrong(settings):
        raise BadSettings(text)
    password = settings.kafka_password.get_secret_value() if settings.kafka_password else None
    try:
        if settings.kafka_password_file is not None:
            password = settings.kafka_password_file.read_text().strip()
        found = Security(
            settings.kafka_security,
            settings.kafka_sasl_mechanism,
            settings.kafka_username or None,
            password,
            settings.kafka_ca_file,
            settings.kafka_certificate_file,
            settings.kafka_key_file,
        )
        _ = found.context
    except OSError as error:  # ssl.SSLError is one: a file that is no certificate
        raise BadSettings(f"KAFKA_…_FILE: {error}; check that each file is there, readable and PEM") from error
    return found


def _wrong(s: KafkaClient) -> Iterator[str]:
    sasl, tls = s.kafka_security.startswith("SASL"), s.kafka_security.endswith("SSL")
    passwords = [p for p in (s.kafka_password, s.kafka_password_file) if p]
    if sasl and not (s.kafka_sasl_mechanism and s.kafka_username and passwords):
        yield (
            f"KAFKA_SECURITY {s.kafka_security} needs KAFKA_SASL_MECHANISM, KAFKA_USERNAME and KAFKA_PASSWORD "
            "(or KAFKA_PASSWORD_FILE)"
        )
    if not sasl and (s.kafka_sasl_mechanism or s.kafka_username or passwords):
        hint = "SASL_SSL" if tls else "SASL_SSL (or SASL_PLAINTEXT, which sends it in the clear)"
        yield f"a user is given, but KAFKA_SECURITY is {s.kafka_security}: set it to {hint}"
    if len(passwords) > 1:
        yield "both KAFKA_PASSWORD and KAFKA_PASSWORD_FILE are given: keep one of them"
    if not tls and (s.kafka_ca_file or s.kafka_certificate_file or s.kafka_key_file):
        hint = "SASL_SSL" if sasl else "SSL"
        yield f"a certificate file is given, but KAFKA_SECURITY is {s.kafka_security}: set it to {hint}"
    if bool(s.kafka_certificate_file) != bool(s.kafka_key_file):
        yield "KAFKA_CERTIFICATE_FILE and KAFKA_KEY_FILE belong together: give both or neither"
