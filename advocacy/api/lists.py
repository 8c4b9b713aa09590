"""Lists: newest first, by cursor, narrowed by named filters. No filter's name or value reaches a query as code."""

import re
import zoneinfo
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.response import Response

from advocacy import ids, persons, zones
from advocacy.api import found
from advocacy.api.endpoint import Endpoint
from advocacy.api.fields import Time
from advocacy.api.problems import Unreadable

ZONE = "time_zone"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch
DEFAULT_LIMIT, HIGHEST_LIMIT = 20, 100
_LARGEST_KEY = 2**63 - 1
_LIMIT = {"type": "integer", "minimum": 1, "maximum": HIGHEST_LIMIT, "default": DEFAULT_LIMIT}


@dataclass(frozen=True)
class Among:
    """``?status=a,b`` any of these; ``?status=-a`` any but this."""

    column: str
    choices: type

    @property
    def description(self):
        return f"Any of these, separated by commas; -x leaves x out. Of: {', '.join(self.choices.values)}."

    @property
    def shape(self):
        """Of the parameter, for the schema."""
        one = f"-?({'|'.join(re.escape(value) for value in self.choices.values)})"
        return {"type": "string", "pattern": f"^{one}(,{one})*$"}

    def narrow(self, rows, text, storefront):
        parts = text.split(",")
        wanted = [part for part in parts if not part.startswith("-")]
        unwanted = [part[1:] for part in parts if part.startswith("-")]
        for part in wanted + unwanted:
            if part not in self.choices.values:
                raise invalid(f"{part[:60]!a} is none of: {', '.join(self.choices.values)}.")
        if wanted:
            rows = rows.filter(**{f"{self.column}__in": wanted})
        return rows.exclude(**{f"{self.column}__in": unwanted}) if unwanted else rows


@dataclass(frozen=True)
class Of:
    """``?customer=cus_…``: of this row only. ``model`` must belong to a storefront."""

    column: str
    model: type
    kind: str
    external: str | None = None

    @property
    def description(self):
        return f"The id of one {self.kind}" + (", ours or ext_ and yours." if self.external else ".")

    def narrow(self, rows, text, storefront):
        mine = self.model.objects.filter(storefront=storefront)
        row = found.one(mine, self.kind, text, external=self.external)
        if hasattr(row, "merged_into_id"):
            return rows.filter(**{f"{self.column}__in": persons.records(row).values("pk")})
        return rows.filter(**{self.column: row})


@dataclass(frozen=True)
class Moment:
    """``?made_after=…`` (included) and ``?made_before=…`` (excluded), of ``made_at``."""

    lookup: str
    # The name that it has now, where this is an older one.
    now: str = ""
    shape = {"type": "string", "anyOf": [{"format": "date-time"}, {"format": "date"}]}

    @property
    def description(self):
        if self.now:
            return f"An older name of {self.now}."
        return (
            "RFC 3339 with an offset, or a day with time_zone: when it begins. After includes the moment, before does "
            "not."
        )

    def narrow(self, rows, text, storefront, name):
        try:
            # A plus sign of an offset arrives as a space where it was not escaped.
            moment = Time().to_internal_value(text.replace(" ", "+"))
        except serializers.ValidationError as error:
            raise invalid(f"{name} {error.detail[0]}.") from error
        return rows.filter(**{self.lookup: moment})


def _beginning(text, name, zone):
    """A day's beginning as RFC 3339; what is no day stays as it is."""
    if not _DAY(text):
        return text
    if zone is not None and zone not in zones.names():
        raise invalid(f"time_zone {zone[:60]!a} is not known; send an IANA name such as Europe/Berlin.")
    if zone is None:
        raise invalid(f"{name} is a day: send time_zone with it, an IANA name such as Europe/Berlin.")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(zone)).isoformat()
    except (ValueError, OverflowError) as error:
        raise invalid(f"{name} is not a day that exists.") from error


def between(column, *, shown=None):
    """The filters of a moment, named by it: ``made_at`` by ``made_after`` and ``made_before``.

    ``shown``: its name in the answer, where that is another. Whatever it is, ``created_after`` and ``created_before``
    are taken too, as all lists once named it.
    """
    named = (shown or column).removesuffix("_at")
    ends = {"after": f"{column}__gte", "before": f"{column}__lt"}
    older = {f"created_{end}": Moment(lookup, now=f"{named}_{end}") for end, lookup in ends.items()}
    return older | {f"{named}_{end}": Moment(lookup) for end, lookup in ends.items()}


class ListEndpoint(Endpoint):
    """``rows()`` are the storefront's, with all that ``answer`` shows selected beforehand."""

    answer = None
    filters = {}

    def rows(self):
        raise NotImplementedError

    def known_parameters(self, method):
        paging = ("limit", "cursor", *self.filters) if method == "GET" else ()
        if paging and takes_days(self.filters):
            paging += (ZONE,)
        return (*paging, *super().known_parameters(method))

    def get(self, request, **path):
        rows = listed = self.rows()
        for name, narrowing in self.filters.items():
            if name in request.query_params:
                text = request.query_params[name]
                if isinstance(narrowing, Moment):
                    moment = _beginning(text, name, request.query_params.get(ZONE))
                    rows = narrowing.narrow(rows, moment, request.storefront, name)
                else:
                    rows = narrowing.narrow(rows, text, request.storefront)
        page, cursor = page_of(rows, listed, request.query_params)
        shown = self.answer(self.shown(page), many=True, context=self.context())
        return Response({"data": shown.data, "next_cursor": cursor})

    def shown(self, page):
        """What ``answer`` shows of the rows of a page."""
        return page

    def context(self):
        return {"at": self.at}


def page_of(rows, listed, parameters):
    """One page and the next one's cursor: the public id of the last row shown, so that no count leaks.

    ``listed`` are the rows before any filter: a row may have left the filter since its page was read.
    """
    limit = limit_of(parameters.get("limit"))
    rows = rows.order_by("-id")
    if "cursor" in parameters:
        rows = rows.filter(id__lt=_place(listed, parameters["cursor"]))
    page = list(rows[: limit + 1])
    if len(page) <= limit:
        return page, None
    return page[:limit], ids.encode("cur", _name(page[limit - 1]))


def _name(row):
    """Its public id; of rows that have none, such as what a channel cost, their key."""
    return getattr(row, "public_id", None) or UUID(int=row.pk)


def limit_of(text):
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(HIGHEST_LIMIT))):
        raise invalid(f"limit must be a whole number from 1 to {HIGHEST_LIMIT}.")
    if not 1 <= int(text) <= HIGHEST_LIMIT:
        raise invalid(f"limit must be from 1 to {HIGHEST_LIMIT}.")
    return int(text)


def _place(listed, cursor):
    name = ids.decode("cur", cursor)
    has_names = "public_id" in listed.query.annotations or hasattr(listed.model, "public_id")
    named = name and ({"public_id": name} if has_names else {"pk": min(name.int, _LARGEST_KEY)})
    place = named and listed.filter(**named).values_list("id", flat=True).first()
    if not place:
        raise invalid("cursor must be a next_cursor of this list; begin again without one.")
    return place


def invalid(sentence):
    return Unreadable("invalid_parameter", sentence)


def takes_days(filters):
    return any(isinstance(each, Moment) for each in filters.values())


def parameters_of(filters):
    """The query parameters of a list, for the schema."""
    paging = [
        OpenApiParameter("limit", _LIMIT, description=f"1 to {HIGHEST_LIMIT}; default {DEFAULT_LIMIT}."),
        OpenApiParameter("cursor", str, description="next_cursor of the page before."),
    ]
    if takes_days(filters):
        words = "An IANA name such as Europe/Berlin: whose days recorded_after and the like mean, where they are days."
        paging.append(OpenApiParameter(ZONE, str, description=words))
    return paging + [
        OpenApiParameter(name, getattr(each, "shape", str), description=each.description)
        for name, each in filters.items()
    ]
