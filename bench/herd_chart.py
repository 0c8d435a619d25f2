"""How long answers take while a herd is there, as a picture: one line for each way to meet it."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import log10

from bench.queues import Answered, share

_COLOURS = ("#888888", "#b6403b", "#c9772c", "#4f8f5b")
_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 70, 640, 240
_SECONDS, _STEP = 480, 10
_ENOUGH = 10  # answers: the middle of fewer is one request's luck
_DECADES = (-3, 3)  # of seconds: a millisecond to a quarter of an hour


def herd_chart(runs: Mapping[str, Sequence[Answered]]) -> str:
    """Return an SVG picture, readable on light and dark pages.

    Args:
        runs: the answers of each.
    """
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LEFT + _WIDTH + 30} {_TOP + _HEIGHT + 50}"'
        ' font-family="system-ui, sans-serif" font-size="12" role="img">'
        "<title>Median time of an answer by when it was asked for, with a herd after a minute</title>"
        '<rect width="100%" height="100%" rx="6" fill="#fbfbfa"/>'
    )
    return "\n".join([head, *_scales(), *_legend(runs), *_lines(runs), "</svg>\n"])


def _scales() -> Iterator[str]:
    for decade in range(_DECADES[0], _DECADES[1] + 1):
        y = _y(10.0**decade)
        told = f"{10**decade} s" if decade >= 0 else f"{10 ** (decade + 3)} ms"
        yield f'<line x1="{_LEFT}" y1="{y:.0f}" x2="{_LEFT + _WIDTH}" y2="{y:.0f}" stroke="#dcdcd8"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.0f}" text-anchor="end" fill="#666">{told}</text>'
    for minute in range(_SECONDS // 60 + 1):
        x, y = _x(minute * 60), _TOP + _HEIGHT + 20
        yield f'<text x="{x:.0f}" y="{y}" text-anchor="middle" fill="#666">{minute}</text>'
    middle = _LEFT + _WIDTH / 2
    yield f'<text x="{middle:.0f}" y="{_TOP + _HEIGHT + 40}" text-anchor="middle" fill="#444">asked in minute</text>'


def _legend(runs: Mapping[str, object]) -> Iterator[str]:
    for number, (name, colour) in enumerate(zip(runs, _COLOURS, strict=True)):
        x = _LEFT + number * 165
        yield f'<rect x="{x}" y="20" width="12" height="12" rx="2" fill="{colour}"/>'
        yield f'<text x="{x + 18}" y="30" fill="#222">{escape(name)}</text>'
    yield f'<text x="{_LEFT}" y="54" fill="#444">median time of an answer</text>'


def _lines(runs: Mapping[str, Sequence[Answered]]) -> Iterator[str]:
    for answered, colour in zip(runs.values(), _COLOURS, strict=True):
        steps: dict[int, list[Answered]] = {}
        for each in answered:
            steps.setdefault(int(each.done - each.took) // _STEP, []).append(each)
        points = (
            f"{_x(step * _STEP):.0f},{_y(share(steps[step], 0.5)):.0f}"
            for step in sorted(steps)
            if step < _SECONDS // _STEP and len(steps[step]) >= _ENOUGH
        )
        yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _x(seconds: float) -> float:
    return _LEFT + _WIDTH * seconds / _SECONDS


def _y(seconds: float) -> float:
    low, high = _DECADES
    return _TOP + _HEIGHT * (1 - (log10(seconds) - low) / (high - low))
