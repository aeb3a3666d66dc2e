"""What crosses a boundary: events, their envelope, money, topics, and the bytes. Depends on pydantic only."""
