"""``?expand=customer,program``: whole answers in the place of ids, one deep, with one look-up a field for any page.

Each kind of answer says by ``whole`` how it is read; what an answer may expand follows from the ids it shows.
"""

from collections.abc import Callable
from dataclasses import dataclass

from advocacy import ids
from advocacy.api import fields, scopes
from advocacy.api.problems import Unreadable
from advocacy.models import KeyKind

PARAMETER = "expand"
WHOLE = {}
# The fields of each answer that may be whole answers themselves, by the answer's name; for the schema.
EXPANDED = {}


@dataclass(frozen=True)
class Whole:
    """``rows(storefront)``: with all that ``answer`` shows; ``tag``: the heading whose read scope it takes.

    ``ready(rows)``: the rows with what ``answer`` asks of all of them at once.
    """

    answer: type
    rows: Callable
    tag: str
    public: bool = False
    ready: Callable = list


def whole(kind, answer, rows, *, tag, public=False, ready=list):
    """``public``: also for publishable keys."""
    WHOLE[kind] = Whole(answer, rows, tag, public, ready)


def fields_of(answer):
    """``{name: kind}`` of the ids in an answer beside its own."""
    shown = answer().fields.items()
    found = {name: each.kind for name, each in shown if isinstance(each, fields.PublicId) and name != "id"}
    EXPANDED[answer.__name__] = sorted(name for name, kind in found.items() if kind in KINDS)
    return {name: kind for name, kind in found.items() if kind in KINDS}


# Those that the apps give a Whole for.
KINDS = {"customer", "program", "advocate", "link", "order", "referral", "conversion", "reward"}


def wanted(request, known):
    """``{name: Whole}`` of what a call asks for. Raises where it cannot be, or this key may not read it."""
    text = request.query_params.get(PARAMETER)
    names = text.split(",") if text is not None else []
    for name in names:
        if name not in known:
            raise Unreadable("invalid_parameter", f"expand takes {', '.join(sorted(known))}; not {name[:60]!a}.")
    found = {name: WHOLE[known[name]] for name in names}
    for each in found.values():
        _check(request.auth, each)
    return found


def _check(key, asked):
    scope = scopes.of(asked.tag, "get")
    if key.scopes and scope not in key.scopes:
        raise scopes.ScopeMissing("scope_missing", f"This key may not expand that: it lacks the scope {scope}.")
    if key.kind == KeyKind.PUBLISHABLE and not asked.public:
        raise scopes.ScopeMissing("secret_key_needed", "A publishable key cannot expand this; use a secret key (sk_…).")


def expand(data, asked, *, storefront, context):
    """Put whole answers into a page or into one answer, in place."""
    rows = data["data"] if isinstance(data.get("data"), list) else [data]
    for name, each in asked.items():
        found = _found({row[name] for row in rows if row.get(name)}, each, storefront, context)
        for row in rows:
            row[name] = found.get(row.get(name), row.get(name))


def _found(names, asked, storefront, context):
    wanted = {public_id for name in names if (public_id := ids.decode(name.partition("_")[0], name))}
    rows = asked.rows(storefront).filter(public_id__in=wanted) if wanted else ()
    return {shown["id"]: shown for shown in asked.answer(asked.ready(rows), many=True, context=context).data}
