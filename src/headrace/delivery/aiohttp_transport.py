"""The Transport over aiohttp: no redirects, no cookies, no proxies, nothing to link-local addresses."""

from __future__ import annotations

import ipaddress
import os
import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from headrace.clock import Clock
from headrace.delivery.port import NoAnswer, Outgoing
from headrace.destinations.port import Answer

KEPT = 65_536  # bytes of an answer's body
CONNECTIONS = 128


class ForbiddenAddressError(OSError):
    """The name or address leads where no destination may be."""


def forbidden(address: str, refuse_private: bool) -> bool:
    """Link-local (cloud metadata) always; other private networks when the setting says so."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    if ip.is_link_local or ip.is_multicast or ip.is_unspecified or str(ip) == "fd00:ec2::254":
        return True
    return refuse_private and (ip.is_private or ip.is_loopback)


class GuardedResolver(AbstractResolver):
    """Looks names up and drops what is forbidden, so that a name cannot be used to get around the rule."""

    def __init__(self, refuse_private: bool, allowed_ports: frozenset[int]) -> None:
        self._inner = ThreadedResolver()
        self._refuse_private = refuse_private
        self._allowed_ports = allowed_ports

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        strict = self._refuse_private and port not in self._allowed_ports
        allowed = [entry for entry in found if not forbidden(entry["host"], strict)]
        if not allowed:
            raise ForbiddenAddressError(f"{host} leads to an address that destinations may not have")
        return allowed

    async def close(self) -> None:
        await self._inner.close()


class AiohttpTransport:
    """`allowed_ports`: loopback ports of our own engine, reachable whatever the setting."""

    def __init__(self, clock: Clock, refuse_private: bool = False, allowed_ports: frozenset[int] = frozenset()) -> None:
        self._clock = clock
        self._refuse_private = refuse_private
        self._allowed_ports = allowed_ports
        self._session: aiohttp.ClientSession | None = None

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                limit=CONNECTIONS,
                resolver=GuardedResolver(self._refuse_private, self._allowed_ports),
                ttl_dns_cache=30,
            )
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=True
            )
        return self._session

    async def send(self, request: Outgoing) -> Answer | NoAnswer:
        began = self._clock.monotonic()

        def no(kind: Any, error: BaseException | str) -> NoAnswer:
            return NoAnswer(kind, str(error)[:300] or type(error).__name__, self._spent(began))

        try:
            parts = urlsplit(request.url)
            strict = self._refuse_private and parts.port not in self._allowed_ports
            if _is_address(parts.hostname or "") and forbidden(parts.hostname or "", strict):
                return no("forbidden", f"{parts.hostname} is an address that destinations may not have")
            timeout = aiohttp.ClientTimeout(total=request.timeout)
            async with self._opened().request(
                request.method,
                request.url,
                data=request.body,
                headers=request.headers,
                allow_redirects=False,
                timeout=timeout,
            ) as answer:
                body = await _capped(answer.content)
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Answer(answer.status, headers, body, self._spent(began))
        except TimeoutError:
            return no("timeout", f"no answer within {request.timeout:g} s")
        except aiohttp.ClientConnectorError as error:
            if isinstance(error.os_error, ForbiddenAddressError):
                return no("forbidden", error.os_error)
            return no("name" if isinstance(error, aiohttp.ClientConnectorDNSError) else "refused", _unreachable(error))
        except ForbiddenAddressError as error:
            return no("forbidden", error)
        except (aiohttp.InvalidURL, ValueError) as error:
            return no("name", f"the address cannot be used: {error}")
        except (aiohttp.ClientError, OSError) as error:
            return no("broken", error)

    def _spent(self, began: float) -> int:
        return int((self._clock.monotonic() - began) * 1000)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


async def _capped(stream: aiohttp.StreamReader) -> bytes:
    """At most KEPT bytes; a longer body is not read on, and its connection is not used again."""
    body = bytearray()
    while len(body) < KEPT:
        chunk = await stream.read(KEPT - len(body))
        if not chunk:
            break
        body += chunk
    return bytes(body)


def _unreachable(error: aiohttp.ClientConnectorError) -> str:
    """`127.0.0.1:9: Connection refused`, in the system's words rather than the library's."""
    cause = error.os_error
    if isinstance(cause, ssl.SSLCertVerificationError):
        words = f"its certificate is not accepted ({cause.verify_message})"
    elif isinstance(cause, ssl.SSLError):
        words = f"TLS failed ({cause.reason or cause})"
    elif isinstance(error, aiohttp.ClientConnectorDNSError) or not cause.errno or cause.errno < 0:
        words = cause.strerror or str(cause)
    else:
        words = os.strerror(cause.errno)
    return f"{error.host}:{error.port}: {words}"
