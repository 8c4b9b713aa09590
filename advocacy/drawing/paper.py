"""How large a chart is, in its own units; the page scales it."""

WIDTH, HEIGHT, FOOT, HEAD = 720, 150, 22, 18
