"""The ratio to the floor as a picture: one group of bars a path, one bar a database."""

from collections.abc import Iterator, Mapping
from html import escape

from bench.report import Floors, Measured

Results = Mapping[str, tuple[Floors, Mapping[str, Measured]]]

_COLOURS = ("#3b6fb6", "#c9772c", "#4f8f5b")
_LEFT, _TOP, _BAR, _GAP, _WIDTH = 150, 46, 16, 14, 560


def chart(results: Results) -> str:
    """Return an SVG picture, readable on light and dark pages.

    Args:
        results: of each database.
    """
    paths = list(next(iter(results.values()))[1])
    group = len(results) * _BAR + _GAP
    height = _TOP + len(paths) * group + 24
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 60} {height}"'
        ' font-family="system-ui, sans-serif" font-size="12" role="img">'
        "<title>CPU of the floor as a share of the CPU used, by path and database</title>"
        f'<rect width="100%" height="{height}" rx="6" fill="#fbfbfa"/>'
    )
    return "\n".join([head, *_scale(height), *_legend(results), *_bars(results, paths, group), "</svg>\n"])


def _scale(height: int) -> Iterator[str]:
    for tenths in range(0, 11, 2):
        x = _LEFT + _WIDTH * tenths / 10
        yield f'<line x1="{x:.0f}" y1="{_TOP - 6}" x2="{x:.0f}" y2="{height - 22}" stroke="#dcdcd8"/>'
        yield f'<text x="{x:.0f}" y="{height - 8}" text-anchor="middle" fill="#666">{tenths / 10:.1f}</text>'


def _legend(results: Results) -> Iterator[str]:
    for number, (name, colour) in enumerate(zip(results, _COLOURS, strict=False)):
        x = _LEFT + number * 130
        yield f'<rect x="{x}" y="14" width="12" height="12" rx="2" fill="{colour}"/>'
        yield f'<text x="{x + 18}" y="24" fill="#222">{escape(name)}</text>'


def _bars(results: Results, paths: list[str], group: int) -> Iterator[str]:
    for row, path in enumerate(paths):
        top = _TOP + row * group
        middle = top + len(results) * _BAR / 2 + 4
        yield f'<text x="{_LEFT - 10}" y="{middle:.0f}" text-anchor="end" fill="#222">{escape(path)}</text>'
        for number, ((_floors, measured), colour) in enumerate(zip(results.values(), _COLOURS, strict=False)):
            run = measured[path].middle
            ratio = measured[path].ratio
            y, width = top + number * _BAR, _WIDTH * min(ratio, 1)
            yield f'<rect x="{_LEFT}" y="{y}" width="{width:.0f}" height="{_BAR - 3}" rx="2" fill="{colour}"/>'
            told = f"{ratio:.2f} · {run.per_second:.0f}/s"
            yield f'<text x="{_LEFT + width + 6:.0f}" y="{y + 11}" fill="#444">{told}</text>'
