"""The ways out: a mail server that takes, refuses or is not there; a folder; nowhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtplib import SMTPException
from o2c_chassis.deliveries import Undeliverable
from o2c_chassis.ports import Folder, Nowhere, Smtp
from o2c_chassis.service import Document

LETTER = Document("DE01-INV-2026-000001.pdf", b"%PDF-1.7 an invoice", "application/pdf", "Rechnung\n1", "Bitte zahlen.")


class Mailbox:
    """A mail server that speaks as much SMTP as one delivery needs."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[EmailMessage] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example\r\n")
        while line := await reader.readline():
            verb = line.split()[0].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                content = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(message_from_bytes(content[:-5], policy=policy.default))
                writer.write(b"250 taken\r\n")
            elif verb == b"RCPT" and b"gone@" in line:
                writer.write(b"550 no such mailbox\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 mail.example\r\n" if verb != b"RSET" else b"250 reset\r\n")
        writer.close()


@asynccontextmanager
async def served() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    server = await asyncio.start_server(box.talk, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    try:
        yield box
    finally:
        server.close()


async def test_a_letter_goes_by_mail_with_its_document_and_a_name_by_which_a_repeat_is_known() -> None:
    async with served() as box:
        out = Smtp("127.0.0.1", box.port, "billing@example.test")

        sent = [await out.send(LETTER, {"address": "ada@example.test"}, "d-7") for _ in range(2)]

    assert sent == [("email", "ada@example.test")] * 2
    assert [mail["Message-ID"] for mail in box.mails] == ["<d-7@o2c>"] * 2
    mail = box.mails[0]
    assert (mail["From"], mail["To"], mail["Subject"]) == ("billing@example.test", "ada@example.test", "Rechnung 1")
    (attached,) = mail.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == (LETTER.name, LETTER.content)
    body = mail.get_body()
    assert body is not None
    assert body.get_content().strip() == "Bitte zahlen."


async def test_an_address_that_the_server_refuses_is_undeliverable() -> None:
    async with served() as box:
        with pytest.raises(Undeliverable, match="no such mailbox"):
            await Smtp("127.0.0.1", box.port, "b@example.test").send(LETTER, {"address": "gone@example.test"}, "d-7")

    assert box.mails == []


@pytest.mark.parametrize("address", ["", "nobody", "a@b, c@d", "a@b\r\nBcc: c@d", None])
async def test_what_is_no_address_is_never_spoken_to_a_server(address: str | None) -> None:
    with pytest.raises(Undeliverable, match="no e-mail address"):
        await Smtp("127.0.0.1", 1, "b@example.test").send(LETTER, {"address": address}, "d-7")


async def test_a_server_that_is_not_there_is_tried_again_later() -> None:
    with pytest.raises((SMTPException, OSError)):
        await Smtp("127.0.0.1", 1, "b@example.test").send(LETTER, {"address": "ada@example.test"}, "d-7")


async def test_a_folder_keeps_one_file_per_document_however_often_it_is_sent(tmp_path: Path) -> None:
    out = Folder(tmp_path / "out")

    sent = [await out.send(Document("../a/b.pdf", b"x", "application/pdf"), {}, "d-7") for _ in range(2)]

    assert {channel for channel, _ in sent} == {"folder"}
    assert [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()] == [b"x"]
    assert list((tmp_path / "out").iterdir()) == [tmp_path / "out" / sent[0][1]]


async def test_a_simulated_world_renders_and_sends_nothing() -> None:
    assert Nowhere.renders is False
    assert await Nowhere().send(LETTER, {"address": "ada@example.test"}, "d-7") == ("none", "")
