"""Who brought whom, as trees: how large, how deep, and whether somebody brought their own bringer."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components


@dataclass(frozen=True)
class Trees:
    """``sizes``: people of the largest trees, ``depths``: friends by how far they are from the first of their tree.

    ``loops``: circles of people each of whom brought the next; ``looping``: who stands in one, or was brought by one
    who does. Nobody of these has a depth.
    """

    trees: int
    people: int
    sizes: tuple
    deepest: int
    depths: tuple
    loops: int
    looping: int
    # The first person of the largest tree, None where it is a circle.
    largest_root: int | None


@dataclass(frozen=True)
class Grown:
    """Everybody, by place: ``names`` ascending, ``tree`` a number of each tree, ``depth`` -1 where no way leads there.

    ``circle``: a number of the circle somebody stands in, -1 for who is in none.
    """

    names: np.ndarray
    tree: np.ndarray
    depth: np.ndarray
    circle: np.ndarray

    @property
    def by_size(self):
        """The numbers of the trees, the largest first; of equal ones the one with the lowest name."""
        return np.argsort(-np.bincount(self.tree), kind="stable")

    def first_of(self, numbers):
        """The places of the one with the lowest name for each of these ``numbers``, left out where it is -1."""
        known, place = np.unique(numbers, return_index=True)
        return place[known >= 0]


def trees(advocates, friends, *, most=10):
    """Of pairs, ``friends[i]`` was brought by ``advocates[i]``: arrays of any whole numbers that name people.

    A person may be brought in several programs; a depth is then that of the shortest way.
    """
    found = grown(advocates, friends)
    if not len(found.names):
        return Trees(0, 0, (), 0, (), 0, 0, None)
    sizes, largest = np.bincount(found.tree), found.by_size[0]
    roots = np.flatnonzero((found.tree == largest) & (found.depth == 0))
    reached = found.depth[found.depth > 0]
    return Trees(
        trees=len(sizes),
        people=len(found.names),
        sizes=tuple(np.sort(sizes)[::-1][:most].tolist()),
        deepest=int(reached.max(initial=0)),
        depths=tuple(np.bincount(reached)[1:].tolist()) if len(reached) else (),
        loops=len(found.first_of(found.circle)),
        looping=int((found.depth < 0).sum()),
        largest_root=int(found.names[roots[0]]) if len(roots) else None,
    )


def grown(advocates, friends):
    """The same pairs, as ``Grown``: where everybody stands."""
    advocates, friends = np.asarray(advocates, dtype=np.int64), np.asarray(friends, dtype=np.int64)
    names, both = np.unique(np.concatenate([advocates, friends]), return_inverse=True)
    if not len(names):
        return Grown(names, names, names, names)
    above, below = both[: len(friends)], both[len(friends) :]
    people = len(names)
    graph = csr_array((np.ones(len(above), dtype=np.int8), (above, below)), shape=(people, people))
    _, tree = connected_components(graph, directed=False)
    return Grown(names, tree, _depths(graph, below, people), _circles(graph, above, below))


def _depths(graph, below, people):
    """How far everybody is from somebody whom nobody brought; -1 where no way leads there."""
    brought = np.zeros(people, dtype=bool)
    brought[below] = True
    depth = np.where(brought, -1, 0)
    level, front = 0, np.flatnonzero(~brought)
    while len(front):
        level += 1
        next_ones = np.unique(graph[front].indices)
        front = next_ones[depth[next_ones] < 0]
        depth[front] = level
    return depth


def _circles(graph, above, below):
    """Circles: parts in which everybody leads to everybody, and who brought themselves."""
    _, part = connected_components(graph, directed=True, connection="strong")
    within = np.bincount(part)[part] > 1
    within[above[above == below]] = True
    return np.where(within, part, -1)
