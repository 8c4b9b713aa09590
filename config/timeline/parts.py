"""The rows behind an explanation, as JSON."""

from advocacy import ids, reasons
from advocacy.models import Advocate
from rewards import explanations
from rewards.payouts import due


def order(order):
    return {
        "id": ids.encode("ord", order.public_id),
        "external_id": order.external_id,
        "customer": ids.encode("cus", order.customer.public_id),
        "status": order.status,
        "total": _amount(order.total_minor, order.currency),
        "refunded": _amount(order.refunded_minor, order.currency),
        "placed_at": order.placed_at.isoformat(),
        "paid_at": order.paid_at.isoformat() if order.paid_at else None,
        "recorded_at": order.recorded_at.isoformat(),
        "warnings": order.warnings,
    }


def conversion(conversion):
    told = explanations.of_subject(
        storefront=conversion.storefront_id, kind="conversion", public_id=conversion.public_id
    )
    return {
        "id": ids.encode("cnv", conversion.public_id),
        "program": conversion.program.name,
        "sequence": conversion.sequence,
        "stands": conversion.stands,
        "advocate_review": conversion.advocate_review,
        "friend_review": conversion.friend_review,
        "review_reason": conversion.review_reason,
        "referral": referral(conversion.referral),
        "milestones": [_milestone(conversion, step) for step in _steps_reached(conversion)],
    } | decided(told)


def _steps_reached(conversion):
    return explanations.reached_by(advocate=conversion.referral.advocate, conversion=conversion.public_id)


def _milestone(conversion, step):
    """The step that its advocate reached by this conversion, which pays what the conversion itself does not."""
    told = explanations.of_subject(storefront=conversion.storefront_id, kind=explanations.STEP, public_id=step)
    return {"id": ids.encode("mst", step)} | decided(told)


def decided(told):
    """What ``explanations`` tells, as JSON."""
    return {
        "decisions": [decision | {"decided_at": decision["decided_at"].isoformat()} for decision in told["decisions"]],
        "rewards": [_reward(reward) for reward in told["rewards"]],
        "transfers": [_transfer(transfer) for transfer in told["transfers"]],
    }


def referral(bond):
    return {
        "id": ids.encode("ref", bond.public_id),
        "method": bond.method,
        "channel": bond.channel,
        "bound_at": bond.bound_at.isoformat(),
        "advocate": {
            "id": ids.encode("adv", bond.advocate.public_id),
            "name": str(bond.advocate),
            "code": bond.advocate.code,
        },
        "candidates": [_candidate(one) for one in _named(bond.candidates)],
    }


def _named(candidates):
    """The candidates with their advocates' names, which the stored ones do not hold."""
    ours = {one["advocate"] for one in candidates if one.get("advocate")}
    names = {
        str(advocate.public_id): str(advocate)
        for advocate in Advocate.objects.filter(public_id__in=ours).select_related("customer")
    }
    return [one | {"name": names.get(one.get("advocate"), "")} for one in candidates]


def _candidate(one):
    reason = one.get("reason", "")
    return {
        "method": one["method"],
        "code": one.get("code", ""),
        "advocate": one["name"],
        "at": one["at"],
        "won": one["won"],
        "reason": reason,
        "text": reasons.staff(reason, **one.get("numbers", {})) if reason else "",
    }


def _reward(reward):
    return {
        "id": ids.encode("rwd", reward.public_id),
        "side": reward.side,
        "rule": reward.rule.name if reward.rule else "",
        "version": reward.rule_version.number if reward.rule_version else None,
        "recipient": {"id": ids.encode("cus", reward.recipient.public_id), "name": str(reward.recipient)},
        "status": reward.status,
        "granted": _amount(reward.granted_minor, reward.unit),
        "form": reward.form,
        "spent": _amount(reward.spent_minor + reward.paid_minor + reward.reserved_minor, reward.unit),
        "expired": _amount(reward.expired_minor, reward.unit),
        "waived": _amount(reward.waived_minor, reward.unit),
        "pays_off": reward.pays_off,
        "payout_waits_for": "terms_not_accepted" if due.waits_for_terms(reward) else "",
        "pending": _amount(reward.pending_minor, reward.unit),
        "available": _amount(reward.available_minor, reward.unit),
        "held": bool(reward.held_by),
        "held_by": reward.held_by,
        "awaits_delivery": reward.awaits_delivery,
        "digital_at_once": reward.digital_at_once,
        "due_at": reward.due_at.isoformat(),
        "expires_at": reward.expires_at.isoformat() if reward.expires_at else None,
        "credited_at": reward.credited_at.isoformat() if reward.credited_at else None,
    }


def _transfer(transfer):
    return {
        "id": ids.encode("trf", transfer.public_id),
        "reward": ids.encode("rwd", transfer.reward.public_id),
        "side": transfer.reward.side,
        "leg": transfer.leg,
        "text": transfer.get_leg_display(),
        "amount": _amount(transfer.amount_minor, transfer.unit),
        "at": transfer.at.isoformat(),
    }


def _amount(amount_minor, unit):
    return {"amount_minor": amount_minor, "currency": unit}


def reason(reason):
    numbers = {name: value for name, value in reason.items() if name != "key"}
    key = reason["key"]
    return {"key": key, "staff": reasons.staff(key, **numbers), "advocate": reasons.advocate(key)}
