"""What rules may ask for of what a storefront says in its own words: the keys that a program keeps."""

from advocacy import secret_codes

_LONGEST_VALUE = 200
_SCALARS = str | int | float | bool


def kept(*, storefront, said, keys):
    """``{key: text}`` of these keys of an object that have a single value; a coupon of our own by its id.

    ``storefront``: its key. Texts are cut at 200 characters; ``True`` is “true”.
    """
    found = {key: _text(said[key]) for key in keys if isinstance(said.get(key), _SCALARS)}
    texts = secret_codes.hidden(storefront=storefront, codes=found.values())
    return {key: text[:_LONGEST_VALUE] for key, text in zip(found, texts, strict=True)}


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)
