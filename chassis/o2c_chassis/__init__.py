"""What all five services have in common. Knows nothing of order to cash."""
