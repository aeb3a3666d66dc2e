"""Questions about money over HTTP; people's commands are routed by themselves."""

from fastapi import APIRouter

router = APIRouter()
