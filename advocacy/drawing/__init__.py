"""Small charts drawn by the server, labelled directly and readable without colour. Pure."""

from advocacy.drawing.bars import bars, pairs
from advocacy.drawing.lines import lines
from advocacy.drawing.shades import shade

__all__ = ["bars", "lines", "pairs", "shade"]
