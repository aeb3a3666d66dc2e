"""The Kafka edge: the only package that speaks FastStream and aiokafka."""

from .producer import Kafka
from .reader import KafkaReader
from .security import Security, security_of
from .topics import Applied, Differs, TopicSpec, apply_topics, specified

__all__ = [
    "Applied",
    "Differs",
    "Kafka",
    "KafkaReader",
    "Security",
    "TopicSpec",
    "apply_topics",
    "security_of",
    "specified",
]
