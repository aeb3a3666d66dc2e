"""The Kafka edge: the only package that speaks FastStream and aiokafka."""

from .producer import Kafka
from .reader import KafkaReader
from .topics import Applied, Differs, TopicSpec, apply_topics, specified

__all__ = ["Applied", "Differs", "Kafka", "KafkaReader", "TopicSpec", "apply_topics", "specified"]
