"""Whole lists as files, for a warehouse or a colleague."""

from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from advocacy.api.endpoint import Endpoint
from advocacy.api.lists import invalid
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.refusals import NotFound
from config.exports.lists import LISTS
from config.exports.streaming import FORMS, NDJSON, response


class ExportedRow(serializers.Serializer):
    id = serializers.CharField()

    example = {"id": "ord_01kb1c6d3xf8k9v2q4w7e5r1tn", "external_id": "1001", "total_minor": 5400}


_WHICH = [
    OpenApiParameter("form", str, enum=list(FORMS), description="ndjson (without it) or csv."),
    OpenApiParameter("since", {"type": "string", "format": "date-time"}, description="RFC 3339, included."),
    OpenApiParameter("until", {"type": "string", "format": "date-time"}, description="RFC 3339, not included."),
]


@documented(
    "Exports",
    get=Call(
        "Export a list",
        ExportedRow,
        also=[*path_parameters("list"), *_WHICH],
        description="All rows of one list, the oldest first, sent while they are read: one JSON object a line, or CSV "
        "that no spreadsheet runs. `since` and `until` narrow it by its own moment (orders by placed_at).",
    ),
)
class Export(Endpoint):
    parameters = {"GET": ("form", "since", "until")}

    def get(self, request, list):
        if list not in LISTS:
            raise NotFound("unknown_list", f"There is no list {list[:60]!a}; there are: {', '.join(LISTS)}.")
        form = request.query_params.get("form", NDJSON)
        if form not in FORMS:
            raise invalid("form must be ndjson or csv.")
        period = {name: self._moment_of(name) for name in ("since", "until")}
        return response(name=list, storefront=request.storefront, form=form, **period)

    def _moment_of(self, name):
        text = self.request.query_params.get(name)
        if text is None:
            return None
        try:
            moment = parse_datetime(text.replace(" ", "+"))
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise invalid(f"{name} must be RFC 3339 with an offset, such as 2026-03-01T00:00:00Z.")
        return moment
