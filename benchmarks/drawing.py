"""The comparison as one SVG: for each load what share was delivered when, and what the requests were. Readable in dark too."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.rudderstack import Run

WIDTH, ROW = 960, 270
LEFT, TOP, PLOT, HIGH = 56, 46, 560, 170  # of a row's curve
BARS = 690  # where the bars begin
BAR = 200  # their longest
POINTS = 120  # of a curve
COLOURS = ("theirs", "paced", "ours")

STYLE = """
 svg { font: 13px system-ui, sans-serif; background: #fff; color-scheme: light dark }
 text { fill: #1f2933 } .quiet { fill: #5f6b7a; font-size: 12px } .axis { fill: none; stroke: #b8c0cc; stroke-width: 1 }
 .line { fill: none; stroke-width: 2 } .came { stroke: #9aa5b1; stroke-dasharray: 3 4 }
 .theirs { stroke: #c2410c } .paced { stroke: #0f766e; stroke-dasharray: 7 4 } .ours { stroke: #1d4ed8 }
 .bar.theirs { fill: #c2410c } .bar.paced { fill: #0f766e } .bar.ours { fill: #1d4ed8 } rect.bar { stroke: none !important }
 .bar.lost { fill-opacity: .35 }
 @media (prefers-color-scheme: dark) {
  svg { background: #10151c } text { fill: #e4e7eb } .quiet { fill: #9aa5b1 } .axis { stroke: #3e4c59 }
  .theirs { stroke: #fb923c } .paced { stroke: #2dd4bf } .ours { stroke: #93b4ff }
  .bar.theirs { fill: #fb923c } .bar.paced { fill: #2dd4bf } .bar.ours { fill: #93b4ff }
 }
"""


def picture(found: dict[str, dict[str, Run]], times: dict[str, list[float]]) -> str:
    rows = [_row(n, name, runs, times[name]) for n, (name, runs) in enumerate(found.items())]
    height = 56 + ROW * len(rows)
    about = (
        "Share of events delivered over time and requests used, RudderStack's open-source defaults and Headrace, simulated"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{about}">\n'
        f"<title>{about}</title>\n<style>{STYLE}</style>\n{_legend(list(next(iter(found.values()))))}\n"
        + "\n".join(rows)
        + "\n</svg>\n"
    )


def _legend(names: Sequence[str]) -> str:
    parts = [f'<text x="{LEFT}" y="24" font-weight="600">A simulation: share delivered (left), requests used (right)</text>']
    x = LEFT
    for css, name in [*zip(COLOURS, names, strict=True), ("came", "accepted")]:
        parts.append(f'<path class="line {css}" d="M{x} 44h26"/><text class="quiet" x="{x + 32}" y="48">{name}</text>')
        x += 52 + 7 * len(name)
    return "\n".join(parts)


def _row(number: int, name: str, runs: dict[str, Run], accepted: Sequence[float]) -> str:
    top = 56 + ROW * number + TOP
    end = max(run.done[-1] for run in runs.values()) * 1.02
    parts = [f'<text x="{LEFT}" y="{top - 16}" font-weight="600">{name}</text>', _axes(top, end)]
    parts.append(_curve("came", accepted, top, end))
    parts += [_curve(css, run.done, top, end) for css, run in zip(COLOURS, runs.values(), strict=True)]
    parts.append(_bars(top, runs))
    return "\n".join(parts)


def _axes(top: int, end: float) -> str:
    bottom = top + HIGH
    parts = [f'<path class="axis" d="M{LEFT} {top}v{HIGH}h{PLOT}"/>']
    for share in (0, 50, 100):
        parts.append(
            f'<text class="quiet" x="{LEFT - 8}" y="{bottom - HIGH * share / 100 + 4:.0f}" text-anchor="end">{share} %</text>'
        )
    for n in range(5):
        x = LEFT + PLOT * n / 4
        parts.append(f'<text class="quiet" x="{x:.0f}" y="{bottom + 18}" text-anchor="middle">{end * n / 4:,.0f} s</text>')
    return "\n".join(parts)


def _curve(css: str, done: Sequence[float], top: int, end: float) -> str:
    """`done` is sorted; the share at so many moments."""
    path, n = [], 0
    for point in range(POINTS + 1):
        moment = end * point / POINTS
        while n < len(done) and done[n] <= moment:
            n += 1
        path.append(f"{LEFT + PLOT * point / POINTS:.1f} {top + HIGH * (1 - n / len(done)):.1f}")
    return f'<path class="line {css}" d="M{"L".join(path)}"/>'


def _bars(top: int, runs: dict[str, Run]) -> str:
    most = max(run.requests for run in runs.values())
    parts = []
    for n, (css, (who, run)) in enumerate(zip(COLOURS, runs.items(), strict=True)):
        y = top + 4 + n * 58
        good = BAR * (run.requests - run.refused) / most
        lost = BAR * run.refused / most
        parts.append(f'<text class="quiet" x="{BARS}" y="{y + 8}">{who}</text>')
        parts.append(f'<rect class="bar {css}" x="{BARS}" y="{y + 14}" width="{good:.1f}" height="14"/>')
        parts.append(f'<rect class="bar {css} lost" x="{BARS + good:.1f}" y="{y + 14}" width="{lost:.1f}" height="14"/>')
        words = f"{run.requests:,}" + (f", {run.refused:,} of them 429" if run.refused else "")
        parts.append(f'<text class="quiet" x="{BARS}" y="{y + 44}">{words}</text>')
    return "\n".join(parts)
