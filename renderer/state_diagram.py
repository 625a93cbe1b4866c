"""This file draws the states of an entity and the ways between them: layers from above to below, as SVG.

A state stands in the layer of the fewest steps that lead to it from the first one; where records end, they
end below. Ways to the next layer are straight on; ways over several go on the right, ways back on the left.
The numbers on them are those of the list beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

LETTER, PADDING, HEIGHT = 7.2, 14, 30
GAP_X, GAP_Y, MARGIN, ARC = 30, 46, 10, 26
_BOX = Markup(
    '<g class="state{kind}"><rect x="{x:.0f}" y="{y:.0f}" width="{w:.0f}" height="{h}" rx="6"/>'
    '<text x="{cx:.0f}" y="{cy:.0f}" text-anchor="middle">{label}</text></g>'
)
_WAY = Markup('<path class="way" d="{d}" marker-end="url(#ponta)"/>')
_NUMBER = Markup(
    '<g class="way-n"><circle cx="{x:.0f}" cy="{y:.0f}" r="8"/>'
    '<text x="{x:.0f}" y="{ty:.0f}" text-anchor="middle">{number}</text></g>'
)
_WHOLE = Markup(
    '<svg class="states" viewBox="{left:.0f} 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
    'height="{height:.0f}" role="img" aria-label="{label}">'
    '<defs><marker id="ponta" viewBox="0 0 8 8" '
    'refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8Z"/></marker>'
    "</defs>"
    "{parts}</svg>"
)
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Box:
    layer: int
    x: float
    y: float
    width: float

    @property
    def right(self) -> Point:
        return self.x + self.width, self.y + HEIGHT / 2

    @property
    def left(self) -> Point:
        return self.x, self.y + HEIGHT / 2

    @property
    def top(self) -> Point:
        return self.x + self.width / 2, self.y

    @property
    def bottom(self) -> Point:
        return self.x + self.width / 2, self.y + HEIGHT


def layers(
    states: Sequence[str], first: str, ways: Iterable[tuple[str, str]], final: Iterable[str]
) -> list[list[str]]:
    """Return states by the fewest steps from the first; then those out of its reach, and the final ones."""
    known, ends = list(ways), set(final) - {first}
    found: list[list[str]] = [[first]]
    placed = {first, *ends}
    while True:
        reached = {to for start, to in known if start in found[-1]} - placed
        if not reached:
            break
        found.append([state for state in states if state in reached])
        placed |= reached
    rest = [state for state in states if state not in placed]
    return [layer for layer in (*found, rest, [state for state in states if state in ends]) if layer]


def drawn(
    label: str, labels: Mapping[str, str], found: Sequence[Sequence[str]],
    ways: Sequence[tuple[str, str, int]], final: Iterable[str] = (),
) -> Markup:  # fmt: skip
    """Return the drawing; ways: from, to, the number of the transition."""
    boxes = _placed(labels, found)
    ends = set(final)
    curves = [(*_curve(boxes[start], boxes[to]), number) for start, to, number in ways]
    parts = [_WAY.format(d=path) for path, _, _ in curves]
    parts += [
        _BOX.format(
            kind=" is-final" if state in ends else "",
            x=box.x, y=box.y, w=box.width, h=HEIGHT,
            cx=box.x + box.width / 2, cy=box.y + HEIGHT / 2 + 4, label=labels[state],
        )
        for state, box in boxes.items()
    ]  # fmt: skip
    parts += [_NUMBER.format(x=x, y=y, ty=y + 4, number=number) for _, (x, y), number in curves]
    sides = [x for _, (x, _), _ in curves]
    left = min([box.x for box in boxes.values()] + [x - 8 for x in sides]) - MARGIN
    right = max([box.x + box.width for box in boxes.values()] + [x + 8 for x in sides]) + MARGIN
    low = max([box.y + HEIGHT for box in boxes.values()] + [y + 8 for _, (_, y), _ in curves]) + MARGIN
    return _WHOLE.format(left=left, width=right - left, height=low, label=label, parts=Markup("").join(parts))


def _placed(labels: Mapping[str, str], found: Sequence[Sequence[str]]) -> dict[str, _Box]:
    widths = {state: len(labels[state]) * LETTER + 2 * PADDING for layer in found for state in layer}
    rows = [sum(widths[state] for state in layer) + GAP_X * (len(layer) - 1) for layer in found]
    boxes: dict[str, _Box] = {}
    for number, (layer, row) in enumerate(zip(found, rows, strict=True)):
        x, y = (max(rows) - row) / 2, MARGIN + number * (HEIGHT + GAP_Y)
        for state in layer:
            boxes[state] = _Box(number, x, y, widths[state])
            x += widths[state] + GAP_X
    return boxes


def _curve(start: _Box, end: _Box) -> tuple[str, Point]:
    """Return a way as a path, and the point where its number stands."""
    steps = end.layer - start.layer
    if steps == 1:
        (ax, ay), (bx, by) = start.bottom, end.top
        control = (ax, ay + GAP_Y / 2), (bx, by - GAP_Y / 2)
    elif steps > 1:
        (ax, ay), (bx, by) = start.right, end.right
        aside = max(ax, bx) + ARC * steps
        control = (aside, ay), (aside, by)
    elif steps == 0:
        (ax, ay), (bx, by) = start.bottom, end.bottom
        control = (ax, ay + ARC), (bx, by + ARC)
    else:
        (ax, ay), (bx, by) = start.left, end.left
        aside = min(ax, bx) + ARC * (steps - 1)
        control = (aside, ay), (aside, by)
    (cx, cy), (dx, dy) = control
    middle = (ax + 3 * cx + 3 * dx + bx) / 8, (ay + 3 * cy + 3 * dy + by) / 8
    return f"M{ax:.0f} {ay:.0f}C{cx:.0f} {cy:.0f} {dx:.0f} {dy:.0f} {bx:.0f} {by:.0f}", middle
