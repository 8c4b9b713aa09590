"""What is kept of one person: told as a file, or erased.

Each app knows its own part: ``config/privacy.py`` lists them. A part has ``told(customer)``, which answers ``{what:
its rows}``, and ``erase(customer, at=)``, which takes away who the person is. Amounts, orders and the ledger stay: the
row of the customer remains as a pseudonym that they belong to.
"""

from advocacy.privacy.erasing import JOB, digest_of, erase, erase_rows, jobs_of, step, suppressed
from advocacy.privacy.exporting import export, same_mailbox

__all__ = ["JOB", "digest_of", "erase", "erase_rows", "export", "jobs_of", "same_mailbox", "step", "suppressed"]
