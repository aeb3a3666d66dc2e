"""The ways out: a folder, SMTP, or nowhere in a simulated world."""

import asyncio
import re
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib

from .deliveries import Undeliverable
from .service import Document


class Nowhere:
    """Counts as delivered without being rendered: letters of a simulation can never reach a customer."""

    renders = False

    async def send(self, document: Document, content: Mapping[str, Any], delivery_id: str) -> tuple[str, str]:
        return "none", ""


class Folder:
    """One file per document, named by the document: a repeated delivery writes the same file again."""

    renders = True

    def __init__(self, root: Path) -> None:
        self._root = root

    async def send(self, document: Document, content: Mapping[str, Any], delivery_id: str) -> tuple[str, str]:
        name = re.sub(r"[^A-Za-z0-9._-]", "_", document.name)[:120].lstrip(".") or delivery_id
        target = self._root / name
        await asyncio.to_thread(_write, target, document.content)
        return "folder", name


class Smtp:
    """An e-mail with the document attached; its Message-ID is the delivery's, so that a repeat can be recognised."""

    renders = True

    def __init__(self, host: str, port: int, sender: str, *, start_tls: bool | None = None) -> None:
        self._host, self._port, self._sender, self._start_tls = host, port, sender, start_tls

    async def send(self, document: Document, content: Mapping[str, Any], delivery_id: str) -> tuple[str, str]:
        address = str(content.get("address") or "")
        if not re.fullmatch(r"[^@\s,;<>]+@[^@\s,;<>]+", address):
            raise Undeliverable(f"{address!r} is no e-mail address")
        mail = EmailMessage()
        mail["From"], mail["To"] = self._sender, address
        mail["Subject"] = re.sub(r"\s+", " ", document.title or document.name)
        mail["Message-ID"] = f"<{delivery_id}@o2c>"
        mail.set_content(document.text or document.title)
        main, _, sub = document.media_type.partition("/")
        mail.add_attachment(document.content, maintype=main, subtype=sub, filename=document.name)
        try:
            await aiosmtplib.send(mail, hostname=self._host, port=self._port, start_tls=self._start_tls, timeout=20)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise Undeliverable(f"{address}: {error}") from error
        return "email", address


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.part")
    unfinished.write_bytes(content)
    unfinished.replace(target)
