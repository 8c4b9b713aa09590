"""Small charts drawn by the server: bars from zero, labelled directly. Pure."""

WIDTH, HEIGHT, FOOT, HEAD = 720, 150, 22, 18


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
