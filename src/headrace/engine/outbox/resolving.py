"""Looking names up in the domain name system."""

from __future__ import annotations

import dns.asyncresolver
import dns.exception
import dns.resolver

WITHIN = 5.0  # s for one look-up


async def by_dns(name: str, kind: str) -> list[str]:
    """Asks the machine's own resolver."""
    return await ask(dns.asyncresolver.Resolver(), name, kind)


async def ask(resolver: dns.asyncresolver.Resolver, name: str, kind: str) -> list[str]:
    """Raises OSError when nobody can say."""
    try:
        answer = await resolver.resolve(name, kind, lifetime=WITHIN, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise OSError(str(error)) from error
    if kind == "TXT":
        return [b"".join(row.strings).decode("utf-8", "replace") for row in answer]
    return [row.to_text() for row in answer]
