"""Alarms by email, handed to an SMTP server."""

from __future__ import annotations

import aiosmtplib

from headrace.alarms import notice as words
from headrace.alarms.notice import Mailbox, Notice

TIMEOUT = 20.0  # s


class EmailChannel:
    def __init__(self, mailbox: Mailbox, sender: str, recipients: list[str], instance: str) -> None:
        self._mailbox, self._sender, self._recipients, self._instance = mailbox, sender, recipients, instance

    async def tell(self, notice: Notice) -> str | None:
        box = self._mailbox
        try:
            await aiosmtplib.send(
                words.mail(notice, self._instance, self._sender, self._recipients),
                hostname=box.host,
                port=box.port,
                username=box.user,
                password=box.password,
                use_tls=box.tls,
                timeout=TIMEOUT,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            # its words may quote the login: only their kind is told
            return f"the mail server did not take it ({type(error).__name__})"
        return None
