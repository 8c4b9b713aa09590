"""Correct a mistake, such as 100 % typed for 10 %: propose, see the difference, approve, and have it done as a job.

correction = corrections.propose(version=mistaken, terms={"benefits": …}, starts_at=…, ends_at=…, policy="waive",
    reason="100 typed for 10", by=anna, at=now)
corrections.approve(correction=correction, by=olga, at=later)
"""

from rewards.corrections.approving import JOB, adopt, approve, step, withdraw
from rewards.corrections.four_eyes import needed_now
from rewards.corrections.proposing import PREVIEW, propose, step_of_preview
from rewards.corrections.terms import CORRECTABLE, corrected

__all__ = [
    "CORRECTABLE",
    "JOB",
    "PREVIEW",
    "adopt",
    "approve",
    "corrected",
    "needed_now",
    "propose",
    "step",
    "step_of_preview",
    "withdraw",
]
