"""A storefront's colour made readable: contrast as WCAG 2.2 defines it. Pure.

https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
"""

# The papers of look.css, light and dark, and the inks on them.
PAPER = {"light": "#fcfbf9", "dark": "#161514"}
_INK = {"light": "#1d1b19", "dark": "#f1eee9"}
# Pure black: on every colour one of the two reaches 4.58.
_WHITE, _BLACK = "#ffffff", "#000000"
_STEPS = 40
# Text needs 4.5; a little more, because it also stands on paper tinted with the brand's colour.
_TEXT = 5.5
_SHAPE = 3


def contrast(one, other):
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(colour):
    """White or black, whichever reads better on a ground of this colour."""
    return _WHITE if contrast(_WHITE, colour) >= contrast(_BLACK, colour) else _BLACK


def text_in(colour, *, scheme):
    """The colour itself, or as little darker (lighter on dark paper) as makes it readable as text."""
    return _mixed(colour, scheme, _TEXT)


def edge_of(colour, *, scheme):
    """The outline of a shape filled with this colour: visible on the paper even where the filling is not."""
    return _mixed(colour, scheme, _SHAPE)


def _mixed(colour, scheme, least):
    paper, ink = PAPER[scheme], _INK[scheme]
    for step in range(_STEPS):
        mixed = _mix(colour, ink, step / _STEPS)
        if contrast(mixed, paper) >= least:
            return mixed
    return ink


def _mix(colour, ink, share):
    parts = zip(_channels(colour), _channels(ink), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def _luminance(colour):
    red, green, blue = (_linear(value / 255) for value in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value):
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 (the definition's)


def _channels(colour):
    return [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
