"""What is known of a figure: what its rows are, why each counts, how it is named."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """``model``: what its rows are. ``why``: why each counts. ``find(asked)`` gives them.

    ``takes``: parameters beside the period; ``of_program``: of a program's period, or of the whole storefront.
    ``dated``: takes from and to.
    """

    model: type
    title: str
    why: str
    find: object
    takes: tuple = ()
    of_program: bool = True
    dated: bool = True


def whole(model, title, why, find, takes=(), *, dated=False):
    return Figure(model, title, why, find, takes, of_program=False, dated=dated)
