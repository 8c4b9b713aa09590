"""Bars from zero, labelled directly."""

from advocacy.drawing.paper import FOOT, HEAD, HEIGHT, WIDTH


def bars(series, name):
    """What the template draws of ``series[…][name]`` by day, or None where there is nothing to draw."""
    highest = max((point[name] for point in series), default=0)
    if not highest:
        return None
    step, room = WIDTH / len(series), HEIGHT - FOOT - HEAD
    drawn = [_bar(number, point, name, step, room / highest) for number, point in enumerate(series)]
    top = next(bar for bar in drawn if bar["value"] == highest)
    return {"bars": drawn, "top": top, "width": WIDTH, "height": HEIGHT, "floor": HEIGHT - FOOT}


def _bar(number, point, name, step, scale):
    height = round(point[name] * scale, 1)
    return {
        "x": round(number * step, 1),
        "middle": round((number + 0.4) * step, 1),
        "y": round(HEIGHT - FOOT - height, 1),
        "width": round(step * 0.8, 1),
        "height": height,
        "value": point[name],
        "day": point["day"],
    }


def pairs(points, *, first, second):
    """Two bars for each of ``points``, or None where there is nothing to draw. ``top``: the highest of each.

    ``first`` and ``second`` name the values, ``label`` is each point's name.
    """
    highest = max((max(point[first], point[second]) for point in points), default=0)
    if highest <= 0:
        return None
    step, scale = WIDTH / len(points), (HEIGHT - FOOT - HEAD) / highest
    names = tuple(enumerate((first, second)))
    drawn = [
        [_half(point, name, x=(number + 0.4 * place) * step, step=step, scale=scale) for place, name in names]
        for number, point in enumerate(points)
    ]
    top = [max((pair[place] for pair in drawn), key=lambda bar: bar["height"]) for place in (0, 1)]
    return {"pairs": drawn, "top": top, "width": WIDTH, "height": HEIGHT, "floor": HEIGHT - FOOT}


def _half(point, name, *, x, step, scale):
    height = round(max(point[name], 0) * scale, 1)
    return {
        "x": round(x, 1),
        "middle": round(min(max(x + 0.2 * step, 40), WIDTH - 40), 1),
        "y": round(HEIGHT - FOOT - height, 1),
        "width": round(step * 0.38, 1),
        "height": height,
        "value": point[name],
        "label": point["label"],
    }
