"""What an export answers with."""

from dataclasses import dataclass

from advocacy import secrets


@dataclass(frozen=True)
class File:
    name: str
    content_type: str
    text: str


def destination(payout):
    """Where it goes, in full: for the file that leaves, and nothing else."""
    return secrets.open(payout.destination) if payout.destination is not None else ""
