"""Links and a pixel that tell when a mail is opened and clicked. Pure."""

from __future__ import annotations

import html as markup
import re
from collections.abc import Collection

from headrace.engine import tokens

_LINK = re.compile(r'(<a\b[^>]*?\shref=")([^"]*)(")', re.IGNORECASE)
_END = re.compile(r"</body\s*>", re.IGNORECASE)


def links(html: str) -> list[str]:
    """Every address a person can follow, in order, once."""
    return list(dict.fromkeys(markup.unescape(found[2]) for found in _LINK.finditer(html)))


def with_clicks(html: str, base: str, key: bytes, send: str, untracked: Collection[str] = ()) -> str:
    """Links lead through us; ours, untracked ones and what is not http stay as they are."""

    def through(found: re.Match[str]) -> str:
        target = markup.unescape(found[2])
        ours = target.startswith(base + "/")
        if not target.lower().startswith(("http://", "https://")) or ours or target in untracked:
            return found[0]
        token = tokens.make(key, "click", send, target)
        return f"{found[1]}{markup.escape(f'{base}/click/{token}')}{found[3]}"

    return _LINK.sub(through, html)


def with_pixel(html: str, base: str, key: bytes, send: str) -> str:
    source = f"{base}/open/{tokens.make(key, 'open', send)}.gif"
    pixel = f'<img src="{markup.escape(source)}" width="1" height="1" alt="" style="display:block;border:0">'
    end = list(_END.finditer(html))
    return html[: end[-1].start()] + pixel + html[end[-1].start() :] if end else html + pixel
