"""What templates need of the reader's language and of a storefront's colour."""

from django import template
from django.utils.html import format_html

from advocacy import colours, reading
from advocacy.pages import brand

register = template.Library()

NEUTRAL = "#0b6e4f"


@register.simple_tag
def amount(minor, unit):
    return reading.amount(minor, unit)


@register.simple_tag
def short_amount(minor, unit):
    return reading.short_amount(minor, unit)


@register.simple_tag
def day(moment, zone, at):
    return reading.day(moment, zone=zone, at=at)


@register.simple_tag(takes_context=True)
def brand_colours(context, storefront=None):
    """The page's one colour as a style element that our content security policy lets through."""
    brand_colour = storefront.colour if storefront else NEUTRAL
    return format_html(
        '<style nonce="{}">:root{{--brand:{};--on-brand:{};--brand-ink:light-dark({},{});'
        "--brand-edge:light-dark({},{})}}</style>",
        context.get("CSP_NONCE", ""),
        brand_colour,
        colours.text_on(brand_colour),
        colours.text_in(brand_colour, scheme="light"),
        colours.text_in(brand_colour, scheme="dark"),
        colours.edge_of(brand_colour, scheme="light"),
        colours.edge_of(brand_colour, scheme="dark"),
    )


@register.simple_tag(takes_context=True)
def storefront_here(context):
    """The storefront whose sign-in this is, or None where this server has several."""
    request = context.get("request")
    return brand.of_host(request) if request else None
