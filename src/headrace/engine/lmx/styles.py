"""How an email looks: the default theme, an email's own styles over it, and what becomes of both in the dark. Pure."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from headrace.engine.lmx import attributes
from headrace.engine.lmx.document import Attribute
from headrace.engine.lmx.tags import STYLE

Styles = Mapping[str, Attribute]
DEFAULT: dict[str, Attribute] = {
    "backgroundColor": "#f4f4f5", "backgroundXPadding": 12, "backgroundYPadding": 24,
    "bodyColor": "#ffffff", "bodyXPadding": 28, "bodyYPadding": 24,
    "bodyFontFamily": "Helvetica", "bodyFontCategory": "sans-serif",
    "borderColor": "#e4e4e7", "borderWidth": 0, "borderRadius": 8,
    "buttonBodyColor": "#18181b", "buttonBodyXPadding": 20, "buttonBodyYPadding": 12,
    "buttonBorderColor": "#18181b", "buttonBorderWidth": 0, "buttonBorderRadius": 6,
    "buttonTextColor": "#ffffff", "buttonTextFormat": 0, "buttonTextFontSize": 16,
    "dividerColor": "#e4e4e7", "dividerBorderWidth": 1,
    "textBaseColor": "#27272a", "textBaseFontSize": 16, "textBaseLineHeight": 150, "textBaseLetterSpacing": 0,
    "textLinkColor": "#2563eb",
    "heading1Color": "#18181b", "heading1FontSize": 28, "heading1LineHeight": 130, "heading1LetterSpacing": 0,
    "heading2Color": "#18181b", "heading2FontSize": 22, "heading2LineHeight": 130, "heading2LetterSpacing": 0,
    "heading3Color": "#18181b", "heading3FontSize": 18, "heading3LineHeight": 140, "heading3LetterSpacing": 0,
}  # fmt: skip
ON_DARK: dict[str, Attribute] = {  # instead, where the body is made dark and nothing is said of these
    "borderColor": "#3f3f46", "dividerColor": "#3f3f46", "textBaseColor": "#e4e4e7", "textLinkColor": "#93c5fd",
    "heading1Color": "#fafafa", "heading2Color": "#fafafa", "heading3Color": "#fafafa",
}  # fmt: skip
BUTTON_ON_DARK: dict[str, Attribute] = {
    "buttonBodyColor": "#fafafa", "buttonBorderColor": "#fafafa", "buttonTextColor": "#18181b",
}  # fmt: skip
STACKS = {
    "sans-serif": "-apple-system, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif",
    "serif": "Georgia, 'Times New Roman', serif",
    "monospace": "ui-monospace, Menlo, Consolas, monospace",
}
MONO = STACKS["monospace"]


class Look(msgspec.Struct, frozen=True):
    """The styles of one email, every one of them given."""

    held: Styles

    def color(self, name: str) -> str:
        return str(self.held[name])

    def number(self, name: str) -> float:
        value = self.held[name]
        return float(value) if isinstance(value, int | float) else 0.0

    def px(self, name: str) -> str:
        return f"{self.number(name):g}px"

    def font(self) -> str:
        family, category = str(self.held["bodyFontFamily"]), str(self.held["bodyFontCategory"])
        stack = STACKS.get(category, STACKS["sans-serif"])
        named = ", ".join(f"'{part.strip()}'" for part in family.split(",") if part.strip())
        return f"{named}, {stack}" if named and family != "Helvetica" else stack


def look(theme: Mapping[str, Any], own: Styles) -> Look:
    given = dict(theme) | {k: v for k, v in own.items() if k in STYLE}
    if is_light(str(given.get("bodyColor", DEFAULT["bodyColor"]))):
        return Look(DEFAULT | given)
    button = {} if given.keys() & BUTTON_ON_DARK.keys() else BUTTON_ON_DARK
    return Look(DEFAULT | ON_DARK | button | given)


def checked(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Styles as the API takes them, and what is wrong with them; numbers are clamped."""
    kept: dict[str, Any] = {}
    wrong: list[str] = []
    for name, value in given.items():
        kind = STYLE.get(name)
        if kind is None:
            wrong.append(f"There is no style `{name}`.")
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            wrong.append(f"`{name}` must be a text or a number.")
            continue
        told: list[str] = []
        read = attributes.read(name, str(value), kind, partial(_keep, told))
        if read is None:
            wrong.extend(told)
        else:
            kept[name] = int(read) if isinstance(read, float) and read.is_integer() else read
    return kept, wrong


def _keep(told: list[str], rule: str, severity: str, message: str) -> None:
    told.append(message)


def line_height(value: float) -> str:
    """Per cent; what is below 100 is in pixels, as themes have it."""
    return f"{value:g}%" if value >= 100 else f"{value:g}px"


def lightness(color: str) -> float:
    """As an eye sees it, from 0 to 1."""
    red, green, blue = _rgb(color)
    return 0.299 * red + 0.587 * green + 0.114 * blue


def is_light(color: str) -> bool:
    return lightness(color) > 0.5


def in_the_dark(color: str, ground: bool) -> str:
    """The same hue, as light as it has to be on a dark ground, or as dark as a ground."""
    hue, light, saturation = colorsys.rgb_to_hls(*_rgb(color))
    turned = 0.05 + max(0.0, 0.05 - (1 - light)) if ground else max(1 - light, 0.72)
    return "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, turned, saturation * 0.9))


def _rgb(color: str) -> tuple[float, float, float]:
    text = color.removeprefix("#")
    text = "".join(ch * 2 for ch in text) if len(text) == 3 else text
    try:
        red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (0, 2, 4))
    except ValueError:
        return 1.0, 1.0, 1.0
    return red, green, blue
