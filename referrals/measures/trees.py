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


def trees(advocates, friends, *, most=10):
    """Of pairs, ``friends[i]`` was brought by ``advocates[i]``: arrays of any whole numbers that name people.

    A person may be brought in several programs; a depth is then that of the shortest way.
    """
    advocates, friends = np.asarray(advocates, dtype=np.int64), np.asarray(friends, dtype=np.int64)
    if not len(friends):
        return Trees(0, 0, (), 0, (), 0, 0, None)
    names, both = np.unique(np.concatenate([advocates, friends]), return_inverse=True)
    above, below = both[: len(friends)], both[len(friends) :]
    people = len(names)
    graph = csr_array((np.ones(len(above), dtype=np.int8), (above, below)), shape=(people, people))
    count, tree = connected_components(graph, directed=False)
    sizes = np.bincount(tree, minlength=count)
    depth = _depths(graph, below, people)
    largest = int(np.argmax(sizes))
    roots = np.flatnonzero((tree == largest) & (depth == 0))
    reached = depth[depth > 0]
    return Trees(
        trees=int(count),
        people=people,
        sizes=tuple(np.sort(sizes)[::-1][:most].tolist()),
        deepest=int(reached.max(initial=0)),
        depths=tuple(np.bincount(reached)[1:].tolist()) if len(reached) else (),
        loops=_loops(graph, above, below),
        looping=int((depth < 0).sum()),
        largest_root=int(names[roots[0]]) if len(roots) else None,
    )


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


def _loops(graph, above, below):
    """Circles: parts in which everybody leads to everybody, and who brought themselves."""
    _, part = connected_components(graph, directed=True, connection="strong")
    circles = int((np.bincount(part) > 1).sum())
    return circles + len(set(above[above == below].tolist()))
