"""What is odd about an order, in words for staff. Pure."""

from advocacy import money

_PARTS = {
    "subtotal_minor": "goods",
    "discount_minor": "discount",
    "tax_minor": "tax",
    "shipping_minor": "shipping",
    "other_minor": "other",
    "total_minor": "total",
    "revenue_minor": "revenue",
}
_SOURCES = {"api": "The storefront’s server", "shopify": "Shopify", "stripe": "Stripe", "woocommerce": "WooCommerce"}
_SOURCES |= {"import": "An import"}


def in_words(warning, *, currency):
    """A warning as it is stored with an order, as a sentence; its code where it is not known here.

    Of one that names a customer, ``called`` may be given: who that is, for a colleague.
    """
    sentence = _SENTENCES.get(warning.get("code"))
    return sentence(warning, currency) if sentence else warning.get("message") or str(warning.get("code"))


def _source_differs(warning, currency):
    who = _SOURCES.get(warning.get("source"), warning.get("source"))
    if "currency" in warning:
        return f"{who} tells this order in {warning['currency']}; what was told first, in {currency}, stays."
    parts = [f"{word} {_shown(warning[name], currency)}" for name, word in _PARTS.items() if name in warning]
    parts += (
        ["prices with tax" if warning["tax_included"] else "prices without tax"] if "tax_included" in warning else []
    )
    return f"{who} tells other amounts: {', '.join(parts)}. What was told first stays; compare it with the shop."


def _amount_unreadable(warning, currency):
    who = _SOURCES.get(warning.get("source"), warning.get("source"))
    return f"{who} told amounts that cannot be read, and count as 0: {', '.join(warning['names'])}. Compare it there."


def _total_mismatch(warning, currency):
    computed, said = _shown(warning.get("computed_minor"), currency), _shown(warning.get("total_minor"), currency)
    return f"Its parts come to {computed}, its total is told as {said}. The total counts."


def _currency_changed(warning, currency):
    return f"It was told again in {warning.get('currency')}; the amounts in {currency} stay."


def _names_another_order(warning, currency):
    kind, _, value = str(warning.get("name")).partition(":")
    return f"Its {kind.replace('_', ' ')} {value} belongs to another order: was one payment told as two orders?"


def _customer_differs(warning, currency):
    who = f", {warning['called']}" if warning.get("called") else ""
    return f"It was told again with another customer{who}; it stays with the one who was told first."


def _refund_above_order(warning, currency):
    if "total_minor" in warning:
        given, total = _shown(warning.get("amount_minor"), currency), _shown(warning["total_minor"], currency)
        return (
            f"It was corrected to {total}, less than the {given} that had been refunded: all of it counts as refunded."
        )
    given, left = _shown(warning.get("amount_minor"), currency), _shown(warning.get("remaining_minor"), currency)
    return (
        f"The refund {warning.get('refund_id')} of {given} is more than was left, {left}: all of it counts as refunded."
    )


def _refund_before_order(warning, currency):
    return (
        f"The refund {warning.get('refund_id')} is of a time before the order was placed: are the shop’s clocks right?"
    )


def _line_id_twice(warning, currency):
    return f"Two of its products have the line_id {warning['line_id']}: a refund or parcel of it is that of the first."


def _pieces_above_order(warning, currency):
    said, left = warning.get("quantity"), warning.get("remaining")
    return (
        f"The refund {warning.get('refund_id')} names {said} of line {warning.get('line')}, of which {left} were left."
    )


def _revenue_above_order(warning, currency):
    return "Its revenue is more than its goods after discounts: percentages are taken of too much."


def _paid_before_placed(warning, currency):
    return "It was paid before it was placed: are the shop’s clocks right?"


def _shown(amount_minor, currency):
    return money.plain(amount_minor, currency) if isinstance(amount_minor, int) else "?"


_SENTENCES = {
    "amount_unreadable": _amount_unreadable,
    "source_differs": _source_differs,
    "total_mismatch": _total_mismatch,
    "currency_changed": _currency_changed,
    "names_another_order": _names_another_order,
    "customer_differs": _customer_differs,
    "refund_above_order": _refund_above_order,
    "refund_before_order": _refund_before_order,
    "pieces_above_order": _pieces_above_order,
    "line_id_twice": _line_id_twice,
    "revenue_above_order": _revenue_above_order,
    "paid_before_placed": _paid_before_placed,
}
