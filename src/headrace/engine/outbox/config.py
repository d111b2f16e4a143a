"""Settings → Sending, as stored: how mail leaves, in whose name, and the secrets for it, sealed."""

from __future__ import annotations

import base64
import re
import threading
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from headrace.clock import HEX
from headrace.engine.core import Core
from headrace.engine.desk import Desk
from headrace.engine.inbox.store import Room
from headrace.engine.outbox.mime import DkimKey
from headrace.engine.store import rows
from headrace.errors import WorkspaceError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

NAME = "sending"
PASSWORD, DKIM, TOKENS = "smtp_password", "dkim_key", "token_key"  # names of what is sealed
INBOX_DOMAIN = "headrace.test"  # a sender's domain while none is set; .test never leads anywhere
_DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
Trouble = Literal["none", "refuse", "delay", "bounce"]


class Sending(msgspec.Struct, frozen=True):
    """Without its secrets."""

    mode: Literal["inbox", "smtp"] = "inbox"
    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    verify: bool = True  # the server's certificate
    username: str = ""
    domain: str = ""  # mail is from somebody@domain
    return_domain: str = ""  # bounce reports come to addresses of it; "": mail comes back to its sender
    selector: str = "headrace"
    company: str = ""
    address: str = ""  # postal, for the footer
    rate: float = 0.0  # mails a second, 0 = no limit
    connections: int = 1  # as many mails may be ambiguous after a crash
    track_opens: bool = True
    track_clicks: bool = True
    trouble: Trouble = "none"  # what the Inbox pretends
    inbox_keep: int = 1000
    inbox_megabytes: int = 500  # of mail; the oldest beyond either go
    inbox_port: int = 0  # other programs' mail by SMTP; 0 = does not listen

    @property
    def inbox_room(self) -> Room:
        return Room(self.inbox_keep, self.inbox_megabytes * 10**6)

    @property
    def from_domain(self) -> str:
        return self.domain or INBOX_DOMAIN


def checked(given: Sending) -> Sending:
    """Tidied. Raises WorkspaceError with a sentence for what cannot be used."""
    host, domain = given.host.strip().lower(), given.domain.strip().lower().rstrip(".")
    if domain and not _DOMAIN.fullmatch(domain):
        raise WorkspaceError("Sending domain: a name like mail.example.org, without @ and without http://.")
    if given.mode == "smtp" and not host:
        raise WorkspaceError("SMTP server: give its host name, or choose the Inbox.")
    if given.mode == "smtp" and not domain:
        raise WorkspaceError("Sending domain: mail that really leaves needs a domain of yours in its From line.")
    returns = given.return_domain.strip().lower().rstrip(".")
    if returns and not _DOMAIN.fullmatch(returns):
        raise WorkspaceError("Bounce domain: a name like bounces.example.org, without @; empty for none.")
    if any(c.isspace() or c in "/@\\" for c in host):
        raise WorkspaceError("SMTP server: a host name or address, without a scheme.")
    if _nobodys(host):
        raise WorkspaceError("SMTP server: no mail server lives at this address.")
    if not 1 <= given.port <= 65535 or not 0 <= given.inbox_port <= 65535:
        raise WorkspaceError("A port lies between 1 and 65535.")
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", given.selector.strip().lower()):
        raise WorkspaceError("DKIM selector: letters, digits and dashes.")
    if not 0 <= given.rate <= 10_000:
        raise WorkspaceError("Rate: mails a second, 0 = no limit.")
    if not 1 <= given.connections <= 16:
        raise WorkspaceError("Connections: between 1 and 16.")
    if not 1 <= given.inbox_keep <= 100_000:
        raise WorkspaceError("The Inbox keeps between 1 and 100,000 mails.")
    if not 20 <= given.inbox_megabytes <= 100_000:
        raise WorkspaceError("The Inbox keeps between 20 and 100,000 MB of mail.")
    return msgspec.structs.replace(
        given, host=host, domain=domain, return_domain=returns, selector=given.selector.strip().lower(),
        username=given.username.strip(), company=given.company.strip()[:200], address=given.address.strip()[:500],
    )  # fmt: skip


def _nobodys(host: str) -> bool:
    """Link-local (cloud metadata) and the like, as deliveries refuse them, too."""
    try:
        address = ip_address(host.strip("[]"))
    except ValueError:
        return False  # a name
    return address.is_link_local or address.is_multicast or address.is_unspecified


class SendingSettings:
    """Read from memory, written through; methods may be called from any thread."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lock = threading.Lock()
        self._secrets: dict[str, str] = {}
        stored = core.read(lambda c: rows(c, "select value from meta where name=?", (NAME,)))
        self._current = msgspec.json.decode(stored[0][0], type=Sending) if stored else Sending()

    def current(self) -> Sending:
        return self._current

    def change(self, changes: dict[str, Any]) -> Sending:
        """Some of the fields. Raises WorkspaceError."""
        with self._lock:
            before = msgspec.to_builtins(self._current)
            try:
                after = checked(msgspec.convert(before | changes, Sending))
            except msgspec.ValidationError as error:
                raise WorkspaceError(f"Sending: {error}.") from None
            text = msgspec.json.encode(after).decode()
            self._core.write(
                lambda d: d.c.execute("insert or replace into meta values(?,?)", (NAME, text)).fetchall()
            ).result()
            self._current = after
            return after

    # --- secrets ---------------------------------------------------------------------------------------------------

    def set_secret(self, name: str, text: str | None) -> None:
        """None forgets it."""

        def run(desk: Desk) -> None:
            desk.c.execute("delete from sealed where name=?", (name,))
            if text:
                desk.c.execute("insert into sealed values(?,?)", (name, self._core.sealer.seal(text)))

        self._core.write(run).result()
        with self._lock:
            self._secrets.pop(name, None)

    def secret(self, name: str) -> str | None:
        with self._lock:
            if name not in self._secrets:
                found = self._core.read(lambda c: rows(c, "select value from sealed where name=?", (name,)))
                if not found:
                    return None
                self._secrets[name] = self._core.sealer.open(bytes(found[0][0]))
            return self._secrets[name]

    def has_secret(self, name: str) -> bool:
        return self.secret(name) is not None

    def token_key(self) -> bytes:
        """Signs the links of mails; made when it is first wanted."""
        found = self.secret(TOKENS)
        if found is None:
            made = self._core.chance.token(64, HEX)

            def run(desk: Desk) -> None:
                # whoever comes first makes it
                desk.c.execute("insert or ignore into sealed values(?,?)", (TOKENS, self._core.sealer.seal(made)))

            self._core.write(run).result()
            found = self.secret(TOKENS)
            assert found is not None
        return bytes.fromhex(found)

    def dkim_key(self) -> DkimKey | None:
        pem, current = self.secret(DKIM), self._current
        return DkimKey(current.domain, current.selector, pem) if pem and current.domain else None


def make_dkim_key() -> str:
    """A new private key, PEM: RSA 2048, which every receiver verifies."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return _pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))


def tidy_dkim_key(pem: str) -> str:
    """A given key as the signer reads it, whatever its line ends. Raises WorkspaceError for what is no RSA key."""
    return _pem(_rsa(pem))


def public_dkim_record(pem: str) -> str:
    """The TXT record that goes with a private key. Raises WorkspaceError for what is no RSA key."""
    from cryptography.hazmat.primitives import serialization

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    der = _rsa(pem).public_key().public_bytes(serialization.Encoding.DER, form)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def _rsa(pem: str) -> RSAPrivateKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise WorkspaceError("DKIM key: a private RSA key in PEM form, without a password.") from None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < 1024:
        raise WorkspaceError("DKIM key: an RSA key of 1024 bits or more.")
    return key


def _pem(key: RSAPrivateKey) -> str:
    from cryptography.hazmat.primitives import serialization

    form, secret = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, form, secret).decode()
