"""The whole "why" of an order or a conversion: one read of each app, joined by public id. Read-only.

The answer is ready for JSON; the admin's page draws the same. ``steps`` tell it in order of time, each with ``mood``:
yes, no, soon or info.
"""

from advocacy import ids, money, reasons
from advocacy.models import Advocate
from referrals.models import Conversion
from rewards import explanations
from rewards.models import RewardStatus


def explain_order(*, storefront, order):
    """Why this order brought what it brought. ``order`` belongs to ``storefront``."""
    conversions = list(
        Conversion.objects.filter(storefront=storefront, order=order)
        .select_related("program", "referral__advocate__customer", "referral__friend", "referral__link", "order")
        .order_by("id")
    )
    explained = [_conversion(conversion) for conversion in conversions]
    refusals = [_reason(reason) for reason in order.unattributed] if not conversions else []
    steps = _order_steps(order, refusals)
    for conversion, told in zip(conversions, explained, strict=True):
        steps += _bond_steps(conversion.referral) + _decision_steps(told) + _money_steps(told)
    return {
        "summary": _summary(order, explained, refusals),
        "order": _order(order),
        "not_attributed": refusals,
        "conversions": explained,
        "steps": sorted(steps, key=lambda step: step["at"]),
    }


def explain_conversion(*, storefront, conversion):
    """The same, from one conversion's order."""
    return explain_order(storefront=storefront, order=conversion.order)


# --- the parts -----------------------------------------------------------------------------------------------------


def _order(order):
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


def _conversion(conversion):
    told = explanations.of_subject(
        storefront=conversion.storefront_id, kind="conversion", public_id=conversion.public_id
    )
    return {
        "id": ids.encode("cnv", conversion.public_id),
        "program": conversion.program.name,
        "sequence": conversion.sequence,
        "advocate_review": conversion.advocate_review,
        "friend_review": conversion.friend_review,
        "review_reason": conversion.review_reason,
        "referral": _referral(conversion.referral),
        "decisions": [decision | {"decided_at": decision["decided_at"].isoformat()} for decision in told["decisions"]],
        "rewards": [_reward(reward) for reward in told["rewards"]],
        "transfers": [_transfer(transfer) for transfer in told["transfers"]],
    }


def _referral(referral):
    return {
        "id": ids.encode("ref", referral.public_id),
        "method": referral.method,
        "channel": referral.channel,
        "bound_at": referral.bound_at.isoformat(),
        "advocate": {
            "id": ids.encode("adv", referral.advocate.public_id),
            "name": str(referral.advocate),
            "code": referral.advocate.code,
        },
        "candidates": [_candidate(one) for one in _named(referral.candidates)],
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
        "rule": reward.rule.name,
        "version": reward.rule_version.number,
        "recipient": {"id": ids.encode("cus", reward.recipient.public_id), "name": str(reward.recipient)},
        "status": reward.status,
        "granted": _amount(reward.granted_minor, reward.unit),
        "pending": _amount(reward.pending_minor, reward.unit),
        "available": _amount(reward.available_minor, reward.unit),
        "held": reward.reviewed,
        "due_at": reward.due_at.isoformat(),
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


def _reason(reason):
    numbers = {name: value for name, value in reason.items() if name != "key"}
    key = reason["key"]
    return {"key": key, "staff": reasons.staff(key, **numbers), "advocate": reasons.advocate(key)}


# --- in order of time ----------------------------------------------------------------------------------------------


def _step(at, mood, title, detail="", checks=()):
    return {"at": at, "mood": mood, "title": title, "detail": detail, "checks": list(checks)}


def _order_steps(order, refusals):
    steps = [
        _step(
            order.placed_at.isoformat(),
            "yes" if order.paid_at else "info",
            f"Ordered, {money.plain(order.total_minor, order.currency)}",
            f"{order.get_status_display()}. Received {order.recorded_at:%Y-%m-%d %H:%M:%S} UTC.",
        )
    ]
    steps += [
        _step(
            refund.refunded_at.isoformat(),
            "no",
            f"Refunded {money.plain(refund.amount_minor, order.currency)}",
            refund.reason,
        )
        for refund in order.refunds.filter(undone_at__isnull=True).order_by("id")
    ]
    if refusals:
        text = " ".join(refusal["staff"] for refusal in refusals)
        steps.append(_step(order.recorded_at.isoformat(), "no", "Not attributed", text))
    return steps


def _bond_steps(referral):
    told = _referral(referral)
    lost = "; ".join(
        f"{one['method']} {one['code']} of {one['advocate']}: {one['text']}"
        for one in told["candidates"]
        if not one["won"]
    )
    steps = []
    if referral.clicked_at:
        steps.append(
            _step(referral.clicked_at.isoformat(), "yes", f"Clicked the link of {referral.advocate}", referral.channel)
        )
    window = f"by {referral.get_method_display().lower()}"
    detail = f"Other candidates lost: {lost}" if lost else "No other candidate."
    steps.append(_step(referral.bound_at.isoformat(), "yes", f"Bound to {referral.advocate}, {window}", detail))
    return steps


def _decision_steps(told):
    """Each decision's rules; a later decision only where it says something else."""
    steps, last = [], {}
    for decision in told["decisions"]:
        for rule in decision["rules"]:
            said = [(side["owed_minor"], side["reasons"]) for side in rule["sides"]]
            if last.get(rule["name"]) == said:
                continue
            last[rule["name"]] = said
            steps.append(_rule_step(decision, rule))
    return steps


def _rule_step(decision, rule):
    owed = [f"{side['owed']} to the {side['side']}" for side in rule["sides"] if side["owed_minor"]]
    why = dict.fromkeys(reason["staff"] for side in rule["sides"] for reason in side["reasons"])
    answer = f"yes, {' and '.join(owed)}" if owed else "no"
    return _step(
        decision["decided_at"],
        "yes" if owed else "no",
        f"“{rule['name']}”, version {rule['number']}: {answer}",
        " ".join(why) or rule["sentence"],
        rule["checks"],
    )


def _money_steps(told):
    steps = []
    for reward in told["rewards"]:
        who = f"{reward['recipient']['name']} ({reward['side']})"
        if reward["status"] == RewardStatus.PENDING:
            amount = money.plain(reward["pending"]["amount_minor"], reward["pending"]["currency"])
            detail = "Held by a review." if reward["held"] else "Held in the ledger as pending."
            steps.append(_step(reward["due_at"], "soon", f"Due: {amount} for {who}", detail))
        for transfer in told["transfers"]:
            if transfer["reward"] == reward["id"] and transfer["leg"] != "grant":
                amount = money.plain(transfer["amount"]["amount_minor"], transfer["amount"]["currency"])
                mood = "yes" if transfer["leg"] == "release" else "no"
                steps.append(_step(transfer["at"], mood, f"{transfer['text']}: {amount}, {who}"))
    return steps


def _summary(order, explained, refusals):
    name = f"order {order.external_id}"
    if not explained:
        if not order.paid_at and not refusals:
            return f"No reward for {name} yet: {reasons.staff('order_unpaid')}"
        return f"No reward for {name}: " + (
            " ".join(reason["staff"] for reason in refusals) or reasons.staff("no_attribution")
        )
    if not any(told["decisions"] for told in explained):
        return f"{name.capitalize()} waits to be decided; that takes seconds."
    parts = [_told_reward(reward) for told in explained for reward in told["rewards"] if _worth(reward)]
    return " ".join([_sentence(parts, name), *_refused(explained)])


def _worth(reward):
    return reward["pending"]["amount_minor"] + reward["available"]["amount_minor"]


def _told_reward(reward):
    amount = money.plain(_worth(reward), reward["granted"]["currency"])
    if reward["status"] == RewardStatus.AVAILABLE:
        return f"{reward['recipient']['name']} got {amount}"
    when = "after a review" if reward["held"] else f"on {reward['due_at'][:10]}"
    return f"{reward['recipient']['name']} gets {amount} {when}"


def _sentence(parts, name):
    if not parts:
        return f"Nobody gets anything for {name}."
    return f"For {name}, {' and '.join(parts)}."


def _refused(explained):
    """Why a rule did not pay, once per rule, by its newest decision."""
    for told in explained:
        for rule in told["decisions"][-1]["rules"] if told["decisions"] else ():
            if not any(side["owed_minor"] for side in rule["sides"]):
                why = dict.fromkeys(reason["staff"] for side in rule["sides"] for reason in side["reasons"])
                yield f"“{rule['name']}” did not pay: {' '.join(why)}"
