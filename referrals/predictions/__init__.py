"""What customers are expected to do: models fitted each night for each storefront, and written to their standings.

``histories`` reads what was bought from Buyer, ``fitting`` makes the night's Fit, ``expecting`` asks it of customers,
``left`` finds the friends whose advocate left, ``working`` does all of it as a job, ``reading`` tells of the newest.
"""

from referrals.predictions.reading import DEFINITION, NONE_YET, advocates_of, at_risk, left_behind, newest, told
from referrals.predictions.working import JOB, begin, step

__all__ = ["DEFINITION", "JOB", "NONE_YET", "advocates_of", "at_risk", "begin", "left_behind", "newest", "step", "told"]
