"""The row that an id in a call names. What another storefront owns is not found, like what does not exist."""

from django.db.models import F

from advocacy import ids
from advocacy.refusals import NotFound

EXTERNAL = "ext_"


def one(rows, kind, text, *, external=None):
    """The row of ``rows`` that ``text`` names: by our id (``ord_…``) or, where ``external`` is the column of the
    storefront's own id, by ``ext_`` and that id, or by that id alone.
    """
    public_id = ids.decode(ids.PREFIXES[kind], text)
    if public_id:
        row = rows.filter(public_id=public_id).first()
    elif external and external_id(text):
        row = rows.filter(**{external: external_id(text)}).first() or _by_another_name(rows, external, text)
    else:
        row = None
    if row is not None and getattr(row, "merged_into_id", None):
        row = rows.filter(public_id=row.merged_into_id).first()
    if row is None:
        raise NotFound(f"unknown_{kind}", f"There is no {kind.replace('_', ' ')} {text[:60]!a} in this storefront.")
    return row


def _by_another_name(rows, kind, text):
    names = getattr(rows.model, "known_also_by", None)
    if names is None:
        return None
    # The storefront of the name is said too, for the index.
    named = {f"{names}__storefront": F("storefront"), f"{names}__kind": kind, f"{names}__value": external_id(text)}
    return rows.filter(**named).first()


def external_id(text):
    """The storefront's own id behind ``ext_5`` or ``5``."""
    return text.removeprefix(EXTERNAL)
