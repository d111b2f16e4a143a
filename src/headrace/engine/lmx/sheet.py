"""The style sheet in an email's head: rounded corners, columns on a phone, and what changes in the dark. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from headrace.engine.lmx.inline import SAME
from headrace.engine.lmx.styles import Look, in_the_dark, is_light, lightness

SCHEMES = '<meta name="color-scheme" content="light dark" /><meta name="supported-color-schemes" content="light dark" />'
DARK = "@media (prefers-color-scheme: dark)"
SIDE = "padding-left: 0 !important; padding-right: 0 !important;"
PHONE = f"@media only screen and (max-width: 479px) {{ .hr-column > table > tbody > tr > td {{ {SIDE} }} }}"


def sheet(look: Look, radii: Iterable[int], inks: Iterable[str]) -> str:
    """As parts of MJML's head."""
    beside = f".hr-ground {{ padding: 0 {look.px('backgroundXPadding')}; }}"
    corners = " ".join(f".hr-r{radius} {{ border-radius: {radius}px; }}" for radius in sorted(radii))
    root = ":root { color-scheme: light dark; supported-color-schemes: light dark; } img { max-width: 100%; }"
    return (
        f"<mj-raw>{SCHEMES}</mj-raw>"
        f'<mj-attributes><mj-all font-family="{look.font()}" /></mj-attributes>'
        f"<mj-style>{root} {beside} {corners} {PHONE} {_dark(look, inks)}</mj-style>"
    )


def _dark(look: Look, inks: Iterable[str]) -> str:
    """Nothing for what was made dark by its author."""
    if not is_light(look.color("bodyColor")):
        return ""
    ground, body = in_the_dark(look.color("backgroundColor"), True), in_the_dark(look.color("bodyColor"), True)
    text, link = in_the_dark(look.color("textBaseColor"), False), in_the_dark(look.color("textLinkColor"), False)
    rules = {
        "body, .hr-ground": f"background-color: {ground}",
        ".hr-body, .hr-body > table": f"background: {body}",
        ".hr-text > div": f"color: {text}",
        ".hr-text a": f"color: {link}",
        f".hr-text .{SAME}": f"color: {text}",
        ".hr-text blockquote": "border-left-color: #52525b",
        ".hr-line > p": "border-top-color: #3f3f46",
        ".hr-code": "background: #27272a",
        ".hr-code > div": "color: #e4e4e7",
        ".hr-foot > div, .hr-foot a": "color: #a1a1aa",
    }
    for ink in sorted(inks):
        shown = ink if lightness(ink) > 0.6 else in_the_dark(ink, False)
        rules[f".hr-text .hr-ink-{ink.removeprefix('#').lower()}"] = f"color: {shown}"
    if look.number("borderWidth"):
        rules[".hr-body > table > tbody > tr > td"] = "border-color: #3f3f46"
    if lightness(look.color("buttonBodyColor")) < 0.3:  # else it would not be seen
        rules[".hr-button td"] = "background: #fafafa"
        rules[".hr-button a, .hr-button p"] = "background: #fafafa !important; color: #18181b"
    return f"{DARK} {{ " + " ".join(f"{k} {{ {v} !important; }}" for k, v in rules.items()) + " }"


def seen_in(html: str, scheme: str) -> str:
    """An email as a reader has it who prefers light, or dark, whatever the browser prefers that shows it."""
    decided = html.replace(DARK, "@media all" if scheme == "dark" else "@media not all")
    return decided.replace('content="light dark"', f'content="{scheme}"').replace(
        "color-scheme: light dark", f"color-scheme: {scheme}"
    )
