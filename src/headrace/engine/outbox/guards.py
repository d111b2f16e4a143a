"""Whether a mail may leave: a sentence that says why not. Pure."""

from __future__ import annotations

import msgspec

from headrace.engine.mail_port import MailKind

TEST_DOMAINS = ("example.com", "test.com")
TEST_ADDRESS = "Test address: Loops would process this and send nothing."


class Recipient(msgspec.Struct, frozen=True):
    """What is known of whom a mail is for, at the moment it leaves."""

    kind: MailKind
    wants_contact: bool  # the mail names a contact
    exists: bool
    subscribed: bool
    suppressed: str | None  # the reason
    list_name: str | None  # of the mailing list the mail belongs to; None: it belongs to none
    on_list: bool


def why_not(recipient: Recipient) -> str | None:
    """None: it may leave."""
    if recipient.kind == "test":
        return None
    if recipient.wants_contact and not recipient.exists:
        return "The contact no longer exists."
    if recipient.suppressed is not None:
        return f"The address is suppressed: {recipient.suppressed} Lift that on the contact's page to send again."
    if recipient.kind == "transactional":
        return None
    if not recipient.subscribed:
        return "The contact is unsubscribed; only transactional mail is sent to them."
    if recipient.list_name is not None and not recipient.on_list:
        return f"The contact is not on the mailing list {recipient.list_name}."
    return None


def is_test_address(email: str) -> bool:
    """Loops processes mail to these and sends nothing."""
    return email.strip().lower().rpartition("@")[2] in TEST_DOMAINS
