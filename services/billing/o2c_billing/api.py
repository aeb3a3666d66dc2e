"""Read-only questions to billing over HTTP."""

from fastapi import APIRouter

router = APIRouter()
