"""Files that are kept, checked and taken, as the tests of imports say it."""

import io

from advocacy.jobs import tasks
from referrals import imports
from tests.cast import NOON


def keep(storefront, text, kind="orders", **how):
    raw = text if isinstance(text, bytes) else text.encode()
    return imports.keep(storefront=storefront, kind=kind, stream=io.BytesIO(raw), at=NOON, **how)


def checked(row):
    tasks.work(row.check_job_id)
    row.refresh_from_db()
    return row.checked


def taken(row):
    tasks.work(imports.begin(row=row, at=NOON).job_id)
    row.refresh_from_db()
    return row.taken


def counts(new=0, changed=0, same=0, refused=0):
    return {"new": new, "changed": changed, "same": same, "refused": refused}
