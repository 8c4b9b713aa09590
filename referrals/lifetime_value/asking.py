"""Who is compared with whom."""

from django.db.models import OuterRef, Subquery

from advocacy.models import Storefront
from referrals.lifetime_value import comparing, parts, sums, words
from referrals.lifetime_value.curves import CURVE, curve
from referrals.models import BuyerMark

# Of more parts those with the most customers are shown.
MOST_PARTS = 100


def compare(*, storefront, at):
    """Per horizon what referred customers were worth and the others, and the difference: plain and matched.

    Money is in minor units of the storefront's currency. What cannot be said is None, and ``reason`` says why.
    ``rejected`` customers are on no side: a review rejected all that they bought as friends. Nor are those who had
    ordered ``began_before`` anything was known here: nobody knows when.
    """
    return compare_all(storefronts=[storefront], at=at)[storefront.pk]


def compare_all(*, storefronts, at):
    """``compare`` of several storefronts at once, by their id; three questions however many they are."""
    keys = [storefront.pk for storefront in storefronts]
    groups, strata = (sums.of(question, storefronts=keys, at=at) for question in ("all", "strata"))
    pairs, moments = parts.pairs(strata), _counted_at(keys, at)
    return {
        storefront.pk: [
            {
                "horizon_days": each["horizon_days"],
                "currency": storefront.currency,
                "counted_at": moments[storefront.pk],
                "referred": each.pop("group"),
                "rejected": _left_out(groups, storefront.pk, "rejected"),
                "began_before": _left_out(groups, storefront.pk, "before"),
            }
            | each
            for each in _of_all(storefront, groups, pairs)
        ]
        for storefront in storefronts
    }


def _of_all(storefront, groups, pairs):
    sides = [groups.get((storefront.pk, side), {}) for side in ("referred", "other")]
    strata = list(pairs[storefront.pk].values())
    return comparing.over_horizons(*sides, strata=strata, share=storefront.kept_share, nobody=not any(sides))


def _left_out(groups, key, why):
    worth = next(iter(groups.get((key, why), {}).values()), sums.NOBODY)
    return worth.sample.size + worth.too_young


def _counted_at(keys, at):
    """Up to when everything is counted: now, or since when the oldest change waits."""
    oldest = BuyerMark.objects.filter(storefront=OuterRef("pk")).order_by("pk").values("marked_at")[:1]
    waiting = Storefront.objects.filter(pk__in=keys).annotate(since=Subquery(oldest)).values_list("pk", "since")
    return {key: min(since, at) if since else at for key, since in waiting}


def answer(*, storefront, cut=None, key=None, at):
    """All of it: ``data`` as ``compare``, ``curve``, and the ``parts`` of a cut with ``compared_with``."""
    if cut is None and key is not None:
        raise parts.refused("cut", f"Say of which cut the key is: one of {', '.join(parts.CUTS)}.")
    by = compare_by(storefront=storefront, cut=cut, key=key, at=at) if cut is not None else {"parts": [], "left_off": 0}
    drawn = curve(storefront=storefront, at=at, cut=cut if cut in ("channel", "program") else "all")
    return {
        "data": compare(storefront=storefront, at=at),
        "margin": float(storefront.kept_share) if storefront.margin is not None else None,
        "curve": {"definition": {"id": "lifetime_value_curve", "sentence": CURVE}, "lines": drawn},
        "cut": cut,
        "compared_with": words.COMPARED_WITH.get(cut),
        **by,
    }


def compare_by(*, storefront, cut, key=None, at):
    """The same for each part of a cut, or for the one that ``key`` names: ``{"parts": […], "left_off": how many}``.

    A part is ``{"key", "name", "values": per horizon}``, with ``group`` in place of
    ``referred``: ``COMPARED_WITH`` says who both are. Those with the most customers come first; the rest is left off.
    Raises BadCut for a cut that there is not and where no advocate is named; NotFound for what is not here.
    """
    found = parts.of(storefront=storefront, cut=cut, key=key, at=at)
    moment = _counted_at([storefront.pk], at)[storefront.pk]
    shown = sorted(found, key=parts.size, reverse=True)[:MOST_PARTS]
    made = [
        {
            "key": part.key,
            "name": part.name,
            "values": [
                each | {"currency": storefront.currency, "counted_at": moment}
                for each in comparing.over_horizons(
                    *part.sides, strata=part.strata, share=storefront.kept_share, called=part.called
                )
            ],
        }
        for part in shown
    ]
    return {"parts": made, "left_off": len(found) - len(made)}
