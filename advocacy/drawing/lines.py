"""Lines over equal steps, told apart by their dashes, each labelled at its end, with the range it may lie in."""

import itertools

from advocacy.drawing.paper import FOOT, HEAD

WIDTH, HEIGHT, LEFT, RIGHT = 720, 240, 4, 150
# Labels nearer than this would cover each other.
_LINE = 16


def lines(series):
    """What the template draws of ``[{"name", "points": [{"label", "value", "low", "high"}]}]``; None with nothing.

    All series have the same steps. A value that is None is a gap; ``low`` and ``high`` may be None. Values start at
    zero, or at the lowest where that is below.
    """
    known = [point for each in series for point in each["points"] if point["value"] is not None]
    if not known:
        return None
    numbers = [point[name] for point in known for name in ("value", "low", "high") if point.get(name) is not None]
    least, most = min(0, *numbers), max(0, *numbers)
    scale = _Scale(least, most or 1, steps=max(len(each["points"]) for each in series))
    drawn = [_line(each, scale, number) for number, each in enumerate(series)]
    _part([each for each in drawn if each["end"]])
    return {"lines": drawn, "width": WIDTH, "height": HEIGHT, "floor": scale.y(0), "right": WIDTH - RIGHT} | _steps(
        series, scale
    )


class _Scale:
    def __init__(self, least, most, *, steps):
        self.least, self.most, self.last = least, most, max(1, steps - 1)

    def x(self, step):
        return round(LEFT + step * (WIDTH - LEFT - RIGHT) / self.last, 1)

    def y(self, value):
        return round(HEAD + (self.most - value) * (HEIGHT - HEAD - FOOT) / (self.most - self.least), 1)


def _line(each, scale, number):
    places = [(step, point) for step, point in enumerate(each["points"]) if point["value"] is not None]
    ends = [(step, point) for step, point in places if point.get("low") is not None and point.get("high") is not None]
    band = [f"{scale.x(step)},{scale.y(point['high'])}" for step, point in ends]
    band += [f"{scale.x(step)},{scale.y(point['low'])}" for step, point in reversed(ends)]
    dots = [{"x": scale.x(step), "y": scale.y(point["value"]), **point} for step, point in places]
    return {
        "name": each["name"],
        "kind": number % 3,
        "points": " ".join(f"{dot['x']},{dot['y']}" for dot in dots),
        "band": " ".join(band) if len(ends) > 1 else "",
        "dots": dots,
        "end": dots[-1] | {"label_y": dots[-1]["y"]} if dots else None,
    }


def _part(drawn):
    """Move labels of lines that end close together apart, the higher one up."""
    drawn.sort(key=lambda each: each["end"]["y"])
    for above, below in itertools.pairwise(drawn):
        below["end"]["label_y"] = max(below["end"]["label_y"], above["end"]["label_y"] + _LINE)


def _steps(series, scale):
    points = max((each["points"] for each in series), key=len)
    return {"first": points[0]["label"], "last": points[-1]["label"], "last_x": scale.x(len(points) - 1)}
