"""Trees of who brought whom, by hand."""

import pytest

from referrals.measures.trees import Trees, trees


@pytest.mark.parametrize(
    ("pairs", "told"),
    [
        ([], Trees(0, 0, (), 0, (), 0, 0, None)),
        # 1 brought 2 and 3, 3 brought 4; 9 brought 8.
        ([(1, 2), (1, 3), (3, 4), (9, 8)], Trees(2, 6, (4, 2), 2, (3, 1), 0, 0, 1)),
        # 4 was brought by 3 and by 1: the shorter way counts.
        ([(1, 2), (2, 3), (3, 4), (1, 4)], Trees(1, 4, (4,), 2, (2, 1), 0, 0, 1)),
        # 1 and 2 brought each other, and 2 brought 3.
        ([(1, 2), (2, 1), (2, 3)], Trees(1, 3, (3,), 0, (), 1, 3, None)),
        # 5 brought 5, and 6.
        ([(5, 5), (5, 6)], Trees(1, 2, (2,), 0, (), 1, 2, None)),
        # A circle below somebody who was brought by nobody is reached from there.
        ([(1, 2), (2, 3), (3, 2)], Trees(1, 3, (3,), 2, (1, 1), 1, 0, 1)),
    ],
)
def test_trees(pairs, told):
    assert trees([one for one, _ in pairs], [two for _, two in pairs]) == told
