"""What looks like a cheat is held for a review, each side's reward by itself; no order is ever refused for it.

A check is a module with the same six names, listed in ``config/fraud_checks.py``:

``LABEL`` names it, ``HELP`` says what it looks for, ``POINTS`` what it gives where a program says nothing else,
``SIDES`` whose reward it casts doubt on, ``LIMITS`` its thresholds as ``{name: (default, label)}``.
One whose evidence may come after the order says ``LATER = True``: it is asked again before the reward is credited.
``gather(cases)`` asks the database once for all of them (or is missing), ``find(case, known, limits)`` is pure and
answers the evidence, numbers and ids only, or None; ``words(evidence)`` tells staff of it in a sentence.
"""

from referrals.fraud.screening import screen
from referrals.fraud.second_look import look_again

__all__ = ["look_again", "screen"]
