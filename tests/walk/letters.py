"""Emails as a reader has them, into screenshots/mail/: with `make screenshots`, or `python -m tests.walk.letters`.

Wide as a desktop's pane (600 px) and as a small phone (320 px), for who prefers light and who prefers dark.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Route

from tests.engine.lmx.letters import mail
from tests.harness.browser import chromium
from tests.harness.instance import ROOT

OUT = ROOT / "screenshots" / "mail"
GOLDEN, LOOKS = ROOT / "tests/engine/lmx/golden", ROOT / "tests/engine/lmx/looks"
WIDTHS = (320, 600)
SCHEMES = ("light", "dark")
THEMES: dict[str, dict[str, Any]] = {
    "brand": {
        "backgroundColor": "#fdf2f8", "bodyColor": "#fff7fb", "borderColor": "#fbcfe8", "borderWidth": 1,
        "borderRadius": 16, "bodyFontFamily": "Georgia", "bodyFontCategory": "serif", "heading1Color": "#9d174d",
        "heading2Color": "#9d174d", "heading3Color": "#9d174d", "textBaseColor": "#4a044e", "textLinkColor": "#be185d",
        "buttonBodyColor": "#be185d", "buttonTextColor": "#ffffff", "buttonBorderRadius": 999, "dividerColor": "#fbcfe8",
    },
    "night": {"backgroundColor": "#0b1120", "bodyColor": "#111827"},
    "pale-button": {
        "buttonBodyColor": "#ffffff", "buttonTextColor": "#18181b", "buttonBorderColor": "#18181b", "buttonBorderWidth": 1,
    },
}  # fmt: skip


def letters() -> Mapping[str, str]:
    """HTML by name."""
    made = {path.stem: mail(path.read_text(), marketing=True) for path in sorted(GOLDEN.glob("*.lmx"))}
    blocks, too_wide = ((LOOKS / f"{name}.lmx").read_text() for name in ("blocks", "too-wide"))
    made["blocks"] = mail(blocks, marketing=True, preview="Glad you came")
    made["too-wide"] = mail(too_wide, marketing=True)
    for name, theme in THEMES.items():
        made[name] = mail(blocks, theme=theme, marketing=True)
    return {name: str(letter.html) for name, letter in made.items()}


def take(browser: Browser, out: Path = OUT) -> list[str]:
    """What is wider than its screen, a line each."""
    out.mkdir(parents=True, exist_ok=True)
    wide: list[str] = []
    for scheme in SCHEMES:
        for width in WIDTHS:
            look = {"width": width, "height": 900}
            context = browser.new_context(color_scheme=scheme, viewport=look)  # type: ignore[arg-type]
            context.route("**/*", picture)
            page = context.new_page()
            for name, html in letters().items():
                page.set_content(html)
                page.screenshot(path=out / f"{name}-{width}-{scheme}.png", full_page=True)
                needed = page.evaluate("document.documentElement.scrollWidth")
                if needed > width:
                    wide.append(f"{name} needs {needed} px of {width}")
            context.close()
    return sorted(set(wide))


def picture(route: Route) -> None:
    """No mail of these loads anything from anywhere: its pictures are one of ours."""
    route.fulfill(status=200, content_type="image/png", body=png(1200, 500))


def png(width: int, height: int) -> bytes:
    rows = b"".join(b"\0" + b"\x7c\x9e\xb2" * width for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def main() -> None:
    with chromium() as browser:
        wide = take(browser)
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT}", *wide, sep="\n")


if __name__ == "__main__":
    main()
