"""A read-only connection to the service's own database, for a question over HTTP."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection

from .running import Running


def _here(request: Request) -> Running:
    running: Running = request.app.state.running
    return running


Here = Annotated[Running, Depends(_here)]
"""In a route: the running service itself."""


async def _reading(request: Request) -> AsyncIterator[AsyncConnection]:
    async with _here(request).database.reading() as connection:
        yield connection


Reads = Annotated[AsyncConnection, Depends(_reading)]
"""In a route: `async def orders(reads: Reads) -> ...`."""
