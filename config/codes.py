"""``POST /codes/validate``: what a code that somebody typed is worth, or why nothing. Read-only.

``POST /codes/{code}/validate`` answers the same for a code in the address, which logs along the way keep.

One look-up of each app: a referral's code promises the friend's offer, a coupon or gift card its own worth. An unknown
code asks the database the same questions as a known one, and with a publishable key a coupon is as unknown as any.
"""

from django.utils import translation
from django.utils.text import capfirst
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from advocacy import customers, money, offers, reading
from advocacy.api.endpoint import Endpoint
from advocacy.api.keys import AnyKey, SecretKey
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import KeyKind, Side
from advocacy.refusals import NotFound
from config.code_answers import LONGEST, CodeAnswer, CodeCall, TypedCodeCall
from referrals import attribution
from referrals.attribution.candidates import earlier_orders
from rewards.coupons import asking

# For whoever stands at a checkout; ``advocacy.reasons`` has the same keys for staff and advocates.
SENTENCES = {
    "link_disabled": "This code is switched off.",
    "link_expired": "This code has expired.",
    "link_limit_reached": "This code was used as often as it may be.",
    "program_paused": "The program is paused just now.",
    "program_ended": "The program has ended.",
    "advocate_banned": "This code is switched off.",
    "self_referral": "This is your own code; it is for your friends.",
    "existing_customer": "This offer is for new customers.",
    "attributed_to_other": "Somebody else has invited you already.",
    "not_first_order": "This offer is for a first order.",
    "limit_of_orders_reached": "You have used this offer as often as one may.",
    "below_minimum": "Add {missing} to use this code: it is for {minimum} or more.",
    "budget_exhausted": "The offer of this code is used up for now.",
    "cap_reached": "The offer of this code is used up for now.",
    **asking.SENTENCES,
}

# For what one code's offer asks and another's does not.
_NO_OFFER = "The offer of this code does not apply here."


_WHAT = (
    "What a code is worth to this customer with this cart, or the reasons why nothing. Nothing is written, and nothing "
    "reserved. A publishable key learns of referral codes only, and names no customer. A code that is nobody's is 404 "
    "unknown_code."
)


class Validation(Endpoint):
    permission_classes = [AnyKey]

    def told(self, call, code):
        request = self.request
        secret = request.auth.kind == KeyKind.SECRET
        if "customer" in call and not secret:
            raise PermissionDenied(SecretKey.message)
        person = customers.named(storefront=request.storefront, name=call["customer"]) if "customer" in call else None
        link = attribution.link_of(storefront=request.storefront, code=code[:LONGEST])
        coupon = asking.find(storefront=request.storefront, code=code[:LONGEST])
        cart = call.get("cart")
        if link:
            with translation.override(_language(call.get("language", "en"), request.storefront)):
                told = _of_link(link, person, cart, self.at)
            told["click_precedence"] = link.program.click_precedence
        elif coupon and secret:
            told = _of_coupon(coupon, person, cart, self.at)
        else:
            raise NotFound("unknown_code", "There is no such code here. Look for a mistyped letter.")
        return Response(CodeAnswer({"code": code, **told}).data)


@documented("Codes", post=Call("Validate a code", CodeAnswer, takes=TypedCodeCall, reads=True, description=_WHAT))
class ValidateTypedCode(Validation):
    def post(self, request):
        call = self.taken(TypedCodeCall)
        return self.told(call, call["code"])


@documented(
    "Codes",
    post=Call(
        "Validate a public code",
        CodeAnswer,
        takes=CodeCall,
        reads=True,
        also=path_parameters("code"),
        description=f"{_WHAT} For referral codes and others that are public: an address is kept by logs, so send "
        "coupons and gift cards to POST /codes/validate.",
    ),
)
class ValidateCode(Validation):
    def post(self, request, code):
        return self.told(self.taken(CodeCall), code)


def _language(asked, storefront):
    """The one asked for, or the shop's own where offers have no words in that."""
    return reading.supported(asked) or reading.supported(storefront.language) or "en"


def _of_link(link, person, cart, at):
    program = link.program
    bond = person and attribution.bond_of(program=program, customer=person)
    facts = _known(link, person, bond, cart, at)
    promise = offers.in_force(program=program, at=at, advocate=link.advocate, friend=person, facts=facts)
    mine = _within_reach(promise.of_friend, cart, program)
    offer, reasons = next(iter(mine), promise.friend), []
    if offer is None and (nearest := _nearest(promise.left_out)):
        offer, reasons = nearest.offer, [_withheld(nearest, program)]
    keys = attribution.speaks_against(link, customer=person, at=at)
    told = [*map(_reason, keys), *(reason for reason in reasons if reason["key"] not in keys)]
    if offer and not _within_reach([offer], cart, program):
        told.append(_below(offer.minimum_order_minor, cart["amount_minor"], program.currency))
    told = _one_minimum(told)
    return {
        "kind": "referral",
        "valid": not told,
        "offer": offer and _promised(offer, program),
        "offers": [] if told else [_promised(each, program) for each in mine],
        "reasons": told,
    }


def _within_reach(promised, cart, program):
    """Those whose minimum this cart has; without a cart in the program's currency all."""
    if not cart or cart["currency"] != program.currency:
        return promised
    return [offer for offer in promised if offer.minimum_order_minor <= cart["amount_minor"]]


def _one_minimum(reasons):
    """Of two minimums, a rule's own and a condition's, the one that fulfils both is told."""
    small = [reason for reason in reasons if reason["key"] == "below_minimum"]
    most = max(small, key=lambda reason: reason["missing"]["amount_minor"], default=None)
    return [reason for reason in reasons if reason["key"] != "below_minimum" or reason is most]


def _known(link, person, bond, cart, at):
    """What conditions may ask and is known before the order; what is the order's own may still be met."""
    facts = {"channel": bond.channel if bond else link.channel}
    if person:
        facts["earlier_orders"] = earlier_orders(customer=person, occurred_at=at)
        facts |= {} if bond else {"new_customer": facts["earlier_orders"] == 0}
    if cart:
        facts["currency"] = cart["currency"]
        facts |= {"goods_minor": cart["amount_minor"]} if cart["currency"] == link.program.currency else {}
    return facts


def _nearest(left_out):
    """Of the friend's: what a bigger cart brings, then what others have used up, then what is for others."""
    theirs = [each for each in left_out if each.offer.side == Side.FRIEND]
    return min(theirs, key=lambda each: (each.why.reason != "below_minimum", not each.why.whose), default=None)


def _withheld(left_out, program):
    """Why the offer cannot be had, with its numbers where it is the cart's value that is too small."""
    why = left_out.why
    if why.reason == "below_minimum":
        return _below(why.check.threshold, why.check.input, program.currency)
    text = SENTENCES.get(why.reason, _NO_OFFER)
    if why.until:
        text += f" It opens again on {reading.day(why.until, zone=program.time_zone, at=why.until)}."
    return {"key": why.reason, "text": text, "missing": None}


def _promised(offer, program):
    return {
        "text": capfirst(offers.to_friend(offer)),
        "conditions": offers.conditions(offer),
        "form": offer.form,
        "amount": _money(offer.amount_minor, offer.unit) if offer.amount_minor else None,
        "percent_bp": offer.percent_bp,
        "maximum": _money(offer.maximum_minor, offer.unit),
        "minimum_order": _money(offer.minimum_order_minor or None, program.currency),
        "ends_at": offer.ends_at,
    }


def _of_coupon(coupon, person, cart, at):
    keys = asking.obstacles(coupon, customer=person, currency=cart and cart["currency"], at=at)
    pool = coupon.pool
    amount = asking.left(coupon) if pool.kind == "gift_card" and coupon.customer_id else pool.amount_minor
    offer = {
        "text": money.plain(amount, pool.currency) if pool.currency else pool.worth,
        "conditions": "",
        "form": str(pool.kind),
        "amount": _money(amount, pool.currency) if pool.currency else None,
        "percent_bp": pool.percent_bp,
        "maximum": None,
        "minimum_order": None,
        "ends_at": coupon.expires_at,
    }
    return {
        "kind": str(pool.kind),
        "valid": not keys,
        "offer": offer,
        "offers": [] if keys else [offer],
        "reasons": [_reason(key) for key in keys],
    }


def _reason(key):
    return {"key": key, "text": SENTENCES[key], "missing": None}


def _below(minimum, amount, currency):
    missing = minimum - amount
    text = SENTENCES["below_minimum"].format(
        missing=money.plain(missing, currency), minimum=money.plain(minimum, currency)
    )
    return {"key": "below_minimum", "text": text, "missing": _money(missing, currency)}


def _money(amount_minor, unit):
    return None if amount_minor is None else {"amount_minor": amount_minor, "currency": unit}
