import pytest

from advocacy.measures import gaps, listening, surveys
from advocacy.measures.intervals import Sample


def rounded(interval, digits=2):
    return interval and tuple(round(end, digits) for end in interval)


@pytest.mark.parametrize(
    ("answers", "value", "interval"),
    [
        ((50, 30, 20), 30, (14.05, 44.20)),
        ((10, 0, 0), 100, (47.50, 100)),
        ((0, 0, 10), -100, (-100, -47.50)),
        ((0, 1, 0), 0, (-60.01, 60.01)),
        ((0, 0, 0), None, None),
    ],
)
def test_a_promoter_score_has_its_adjusted_interval(answers, value, interval):
    said = surveys.nps(*answers)
    assert (said.value, rounded(said.interval), said.answers) == (value, interval, sum(answers))


def test_nine_and_ten_promote_seven_and_eight_are_passive():
    assert surveys.nps_of([10, 9, 8, 7, 6, 0]) == surveys.nps(2, 2, 2)
    with pytest.raises(ValueError, match="from 0 to 10"):
        surveys.nps_of([10, 11])


def test_satisfaction_is_a_share_and_effort_a_mean():
    assert (surveys.csat(81, 263).value, rounded(surveys.csat(81, 263).interval, 5)) == (81 / 263, (0.25529, 0.36621))
    # 1, 2, 3, 4, 5: mean 3, standard error √(2.5 ÷ 5), quantile of 4 degrees of freedom 2.776445.
    effort = surveys.ces(Sample(size=5, total=15, squares=55))
    assert (effort.value, rounded(effort.interval, 5)) == (3, (1.03676, 4.96324))
    assert surveys.ces(Sample(size=0, total=0, squares=0)) == surveys.Score(None, None, 0)
    assert surveys.ces(Sample(size=1, total=4, squares=16)) == surveys.Score(4, None, 1)
    assert (surveys.response_rate(3, 12), surveys.response_rate(0, 0)) == (0.25, None)


def test_a_gap_is_the_mean_of_what_each_met_less_what_they_expected():
    # Differences −2, −1, −3, −2, −2: mean −2, standard error √(0.5 ÷ 5), quantile 2.776445.
    found = gaps.gap([(5, 3), (4, 3), (5, 2), (4, 2), (3, 1)])
    assert (found.value, rounded(found.interval, 5), found.pairs) == (-2, (-2.87799, -1.12201), 5)
    assert gaps.priority(found, importance=4, reach=0.25) == 2


def test_few_pairs_and_gaps_that_may_be_none_have_no_priority():
    assert gaps.gap([(5, 1)] * 4) == gaps.Gap(None, None, 4)
    assert gaps.priority(gaps.gap([(5, 1)] * 4), importance=5, reach=1) is None
    wide = gaps.gap([(5, 1), (1, 5), (3, 2), (2, 2), (4, 3)])
    assert wide.value == -0.4
    assert gaps.priority(wide, importance=5, reach=1) is None
    assert gaps.priority(gaps.gap([(1, 5)] * 5), importance=5, reach=1) is None


@pytest.mark.parametrize(
    ("importance", "experience", "place"),
    [(5, 2, "fix_first"), (5, 4, "keep_up"), (2, 2, "low_priority"), (2, 4, "possible_overkill")],
)
def test_a_touchpoint_lies_in_one_of_four(importance, experience, place):
    assert gaps.quadrant(importance, experience, mean_importance=3, mean_experience=3) == place


def test_an_improvement_is_closed_when_the_later_interval_lies_above_where_it_began():
    before = gaps.gap([(5, 3), (4, 3), (5, 2), (4, 2), (3, 1)])
    assert gaps.closed(before, gaps.gap([(5, 5), (4, 4), (5, 4), (4, 4), (3, 3)]))
    assert not gaps.closed(before, before)
    assert not gaps.closed(before, gaps.gap([(5, 5)] * 4))


def test_sentiment_leaves_out_what_is_neither():
    assert (listening.net_sentiment(6, 2), listening.net_sentiment(0, 0)) == (0.5, None)
    assert (listening.share_of_voice(5, 20), listening.share_of_voice(0, 0)) == (0.25, None)
