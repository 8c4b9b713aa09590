"""What an advocate reads of what a program promises: friends first, then oneself."""

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advocacy.models import BenefitKind
from advocacy.offers.benefit import in_its_form, is_share, maximum, minimum, named
from advocacy.offers.triggers import JOINING, ORDER, SIGN_UP, SURVEY, TESTIMONIAL


def headline(promise):
    """The portal's headline: ``Give €10, get €10``."""
    return capfirst(_headline(promise))


def _headline(promise):
    if promise.friend and promise.advocate:
        return _("Give %(give)s, get %(get)s") % {
            "give": in_its_form(promise.friend),
            "get": in_its_form(promise.advocate),
        }
    if promise.friend:
        return _("Give %(give)s") % {"give": in_its_form(promise.friend)}
    if promise.advocate:
        return _("Get %(get)s for every friend") % {"get": in_its_form(promise.advocate)}
    milestone = next((offer for offer in promise.further if offer.friends), None)
    if milestone:
        again, once = _("Get %(get)s for every %(friends)s friends"), _("Get %(get)s for %(friends)s friends")
        return (again if milestone.repeats else once) % {"get": in_its_form(milestone), "friends": milestone.friends}
    return _("Tell your friends")


def lines(promise):
    """What the headline means: the friend's and the advocate's of one rule in one line, each further offer in its own.

    Each line says its own conditions.
    """
    friend, advocate = promise.friend, promise.advocate
    if friend and advocate and (friend.rule_version == advocate.rule_version or not (promise.further or promise.also)):
        said = [_line([_friends_get(friend), _paired(friend, advocate)], [friend, advocate], told=friend)]
    else:
        said = [_line([_friends_get(friend)], [friend], told=friend)] if friend else []
        said += [_line([_you_get(advocate)], [advocate])] if advocate else []
    said += [_line([_friends_get(offer)], [offer], told=offer) for offer in promise.also]
    return said + [_line([_you_get(offer)], [offer]) for offer in promise.further]


def _paired(friend, advocate):
    if not (friend.first_order_only and _is_once(advocate)):
        return _you_get(advocate)
    words = {"benefit": in_its_form(advocate)}
    waits, at_once = _("You get %(benefit)s once they keep it."), _("You get %(benefit)s for it.")
    return _joined((waits if advocate.hold_days else at_once) % words, named(advocate))


def _line(said, offers, *, told=None):
    return " ".join([*said, *_small_print(offers, told=told)])


def _small_print(offers, *, told):
    """What the sentences leave out: a minimum that the friend's own does not say, and that there are conditions."""
    known = told.minimum_order_minor if told and told.trigger == ORDER else 0
    further = {minimum(offer) for offer in offers if offer.minimum_order_minor not in (0, known)}
    said = [_("Orders count from %(minimum)s.") % {"minimum": each} for each in sorted(further)]
    return [*said, _("Further conditions apply.")] if any(offer.conditional for offer in offers) else said


def _is_once(offer):
    return offer.trigger == ORDER and offer.first_order_only and offer.kind == BenefitKind.FIXED


def _friends_get(offer):
    return _joined(_promised_to_friends(offer), named(offer))


def _promised_to_friends(offer):
    words = {"benefit": in_its_form(offer), "minimum": minimum(offer) if offer.minimum_order_minor else ""}
    if offer.trigger == SIGN_UP:
        return _("Your friends get %(benefit)s when they sign up.") % words
    return (_friends_get_of(offer) if is_share(offer) else _friends_get_for(offer)) % words


def _friends_get_of(offer):
    if offer.first_order_only and offer.minimum_order_minor:
        return _("Your friends get %(benefit)s of their first order from %(minimum)s.")
    if offer.first_order_only:
        return _("Your friends get %(benefit)s of their first order.")
    if offer.minimum_order_minor:
        return _("Your friends get %(benefit)s of every order from %(minimum)s.")
    return _("Your friends get %(benefit)s of every order.")


def _friends_get_for(offer):
    if offer.first_order_only and offer.minimum_order_minor:
        return _("Your friends get %(benefit)s for their first order from %(minimum)s.")
    if offer.first_order_only:
        return _("Your friends get %(benefit)s for their first order.")
    if offer.minimum_order_minor:
        return _("Your friends get %(benefit)s for every order from %(minimum)s.")
    return _("Your friends get %(benefit)s for every order.")


def _you_get(offer):
    return _joined(_promised_to_you(offer), named(offer))


def _promised_to_you(offer):
    words = {"benefit": in_its_form(offer), "friends": offer.friends, "orders": offer.order_limit}
    if offer.friends:
        again, once = (
            _("You get %(benefit)s for every %(friends)s friends who order."),
            _("You get %(benefit)s once %(friends)s friends have ordered."),
        )
        return (again if offer.repeats else once) % words
    if offer.trigger != ORDER:
        return _for_a_deed(offer.trigger) % words
    if is_share(offer) and offer.maximum_minor and offer.hold_days and not offer.order_limit:
        words["maximum"] = maximum(offer)
        if offer.first_order_only:
            return _("You get %(benefit)s of their first order, up to %(maximum)s, once they keep it.") % words
        return _joined(_("You get %(benefit)s of every order they keep, up to %(maximum)s each.") % words, _long(offer))
    most = _("At most %(maximum)s each.") % {"maximum": maximum(offer)} if _is_bounded(offer) else ""
    return _joined((_of_orders(offer) if is_share(offer) else _for_orders(offer)) % words, most, _long(offer))


def _for_a_deed(trigger):
    return {
        SIGN_UP: _("You get %(benefit)s for each friend who signs up."),
        JOINING: _("You get %(benefit)s for joining."),
        TESTIMONIAL: _("You get %(benefit)s for what you say about us, once it is published."),
        SURVEY: _("You get %(benefit)s for answering a survey."),
    }[trigger]


def _of_orders(offer):
    if offer.first_order_only:
        waits, at_once = (
            _("You get %(benefit)s of their first order once they keep it."),
            _("You get %(benefit)s of their first order."),
        )
    elif offer.order_limit:
        waits, at_once = (
            _("You get %(benefit)s of each of their first %(orders)s orders that they keep."),
            _("You get %(benefit)s of each of their first %(orders)s orders."),
        )
    else:
        waits, at_once = _("You get %(benefit)s of every order they keep."), _("You get %(benefit)s of every order.")
    return waits if offer.hold_days else at_once


def _for_orders(offer):
    if offer.first_order_only:
        waits, at_once = (
            _("You get %(benefit)s once they keep their first order."),
            _("You get %(benefit)s for their first order."),
        )
    elif offer.order_limit:
        waits, at_once = (
            _("You get %(benefit)s for each of their first %(orders)s orders that they keep."),
            _("You get %(benefit)s for each of their first %(orders)s orders."),
        )
    else:
        waits, at_once = _("You get %(benefit)s for every order they keep."), _("You get %(benefit)s for every order.")
    return waits if offer.hold_days else at_once


def _is_bounded(offer):
    return bool(offer.maximum_minor) and is_share(offer)


def _long(offer):
    number = offer.months_limit
    if not number:
        return ""
    return ngettext("That is for %(months)s month.", "That is for %(months)s months.", number) % {"months": number}


def _joined(*said):
    return " ".join(part for part in said if part)
