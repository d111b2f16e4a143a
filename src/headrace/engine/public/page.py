"""The recipients' page as HTML: works without scripts, loads nothing from anywhere. Pure."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from headrace.engine.public.preferences import Choice, Preferences

STYLE = """
:root{color-scheme:light dark;--ink:#18181b;--soft:#5f6068;--line:#e4e4e7;--page:#fafafa;--card:#fff;--go:#18181b;--on:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#f4f4f5;--soft:#a1a1aa;--line:#34343a;--page:#111113;--card:#1a1a1d;--go:#f4f4f5;--on:#18181b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
main{max-width:30rem;margin:0 auto;padding:3rem 1.25rem}
h1{font-size:1.375rem;line-height:1.3;margin:0 0 .25rem;text-wrap:balance}
p{margin:.5rem 0;color:var(--soft);overflow-wrap:anywhere}
.told{color:var(--ink);border:1px solid var(--line);border-left:3px solid var(--go);border-radius:.5rem;background:var(--card);padding:.75rem 1rem;margin:1.25rem 0}
form{margin:1.25rem 0}
ul{list-style:none;margin:0 0 1rem;padding:0;border:1px solid var(--line);border-radius:.75rem;background:var(--card)}
li+li{border-top:1px solid var(--line)}
label{display:flex;gap:.75rem;align-items:flex-start;padding:.875rem 1rem;cursor:pointer}
label small{display:block;color:var(--soft);font-size:.875rem}
input{width:1.125rem;height:1.125rem;margin:.2rem 0 0;accent-color:var(--go);flex:none}
button{font:inherit;font-weight:550;min-height:2.75rem;padding:.5rem 1rem;border-radius:.625rem;border:1px solid var(--line);background:var(--card);color:var(--ink);cursor:pointer;width:100%}
button.go{background:var(--go);border-color:var(--go);color:var(--on)}
button:focus-visible,input:focus-visible{outline:2px solid var(--go);outline-offset:2px}
hr{border:0;border-top:1px solid var(--line);margin:1.5rem 0}
"""
HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{HASH}'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def preferences(it: Preferences, told: str | None = None) -> str:
    """What they get, and every way to change it."""
    parts = [f"<h1>Email preferences</h1><p>{escape(it.email)}</p>"]
    if told:
        parts.append(f'<p class="told" role="status">{escape(told)}</p>')
    if not it.subscribed:
        parts.append("<p>You are unsubscribed and get no emails, except those about something you did, like a receipt.</p>")
    if it.subscribed and it.mailing_list and any(c.on and c.name == it.mailing_list for c in it.choices):
        parts.append(_button("list", f"Unsubscribe from {it.mailing_list}", "go"))
    if it.choices:
        rows = "".join(_choice(choice, it.subscribed) for choice in it.choices)
        parts.append(
            f'<form method="post"><ul>{rows}</ul><button name="action" value="save">Save</button></form>'
        )  # the address of the form is the page's own
    if it.subscribed:
        parts.append("<hr>" + _button("all", "Unsubscribe from all emails", "" if it.mailing_list else "go"))
    else:
        parts.append(_button("back", "Subscribe again", "go"))
    return document("Email preferences", "".join(parts))


def notice(title: str, sentence: str) -> str:
    return document(title, f"<h1>{escape(title)}</h1><p>{escape(sentence)}</p>")


def document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main></body></html>"
    )


def _choice(choice: Choice, subscribed: bool) -> str:
    checked = " checked" if choice.on and subscribed else ""
    note = f"<small>{escape(choice.description)}</small>" if choice.description else ""
    box = f'<input type="checkbox" name="list" value="{escape(choice.id)}"{checked}>'
    return f"<li><label>{box}<span>{escape(choice.name)}{note}</span></label></li>"


def _button(action: str, words: str, look: str) -> str:
    chosen = f' class="{look}"' if look else ""
    return f'<form method="post"><button name="action" value="{action}"{chosen}>{escape(words)}</button></form>'
