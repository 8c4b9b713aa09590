"""What answers to surveys say of satisfaction. Only answers of one scale may be put together."""

import math
from dataclasses import dataclass
from statistics import NormalDist

from advocacy.measures.intervals import CONFIDENCE, mean_interval, rate, wilson

PROMOTERS_FROM, DETRACTORS_TO = 9, 6
# Added before the interval is worked out: ¾ promoters, 1½ passives, ¾ detractors.
_ADDED = (0.75, 1.5, 0.75)


@dataclass(frozen=True)
class Score:
    """``value`` is None without an answer; ``interval`` is (low, high) or None; ``answers`` is how many there were."""

    value: float | None
    interval: tuple | None
    answers: int


def nps(promoters, passives, detractors, *, confidence=CONFIDENCE):
    """Net promoter score (Reichheld 2003): 100 · (promoters − detractors) ÷ answers, between −100 and 100.

    The value is the raw one. Its interval is the adjusted Wald one (Rocks 2016): the plain one has no width where all
    say the same. It is cut at ±100.
    """
    answers = promoters + passives + detractors
    if not answers:
        return Score(None, None, 0)
    up, between, down = (
        number + added for number, added in zip((promoters, passives, detractors), _ADDED, strict=True)
    )
    whole = up + between + down
    score = (up - down) / whole
    spread = math.sqrt(((up + down) / whole - score**2) / whole)
    reach = NormalDist().inv_cdf((1 + confidence) / 2) * spread
    ends = (max(-100.0, 100 * (score - reach)), min(100.0, 100 * (score + reach)))
    return Score(100 * (promoters - detractors) / answers, ends, answers)


def nps_of(answers):
    """The same of answers from 0 to 10; raises ``ValueError`` for others."""
    if any(answer not in range(11) for answer in answers):
        raise ValueError("Answers of a net promoter score are whole numbers from 0 to 10.")
    up = sum(answer >= PROMOTERS_FROM for answer in answers)
    down = sum(answer <= DETRACTORS_TO for answer in answers)
    return nps(up, len(answers) - up - down, down)


def csat(top_two, answers):
    """Customer satisfaction: the share that answered 4 or 5 of 5, with Wilson's interval."""
    return Score(rate(top_two, answers), wilson(top_two, answers), answers)


def ces(sample):
    """Customer effort score: the mean on its own scale with its t interval; ``sample``: an ``intervals.Sample``."""
    return Score(float(sample.mean) if sample.size else None, mean_interval(sample), sample.size)


def response_rate(answers, delivered):
    """Answers ÷ surveys delivered."""
    return rate(answers, delivered)
