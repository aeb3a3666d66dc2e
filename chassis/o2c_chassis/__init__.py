"""What all five services have in common, and the only code that knows Kafka."""
