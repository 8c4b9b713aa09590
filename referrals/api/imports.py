"""Files of customers, orders and referrals, sent as they are; checked first, begun by a call of its own."""

import json
import tempfile
from datetime import UTC

from django.conf import settings
from django.http import StreamingHttpResponse
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from advocacy import ids
from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.lists import Among, ListEndpoint, between, invalid
from advocacy.api.programs import named
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.refusals import Refused, TooLarge
from referrals import imports
from referrals.models import Import, ImportKind, ImportState

_CHUNK = 1024 * 1024
_IN_MEMORY = 4 * 1024 * 1024
_NAMES = ("kind", "history", "live_since", "program", "currency", "time_zone", "dates", "decimal", "mapping", "name")


class _FileParser(BaseParser):
    """The body as a file, which may be longer than the memory."""

    def parse(self, stream, media_type=None, parser_context=None):
        kept, size = tempfile.SpooledTemporaryFile(_IN_MEMORY), 0  # noqa: SIM115 - closed when it is forgotten
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > settings.IMPORT_MOST_BYTES:
                most = settings.IMPORT_MOST_BYTES // 1024 // 1024
                raise TooLarge("body_too_large", f"A file has at most {most} MiB here; send it in parts.")
            kept.write(chunk)
        kept.seek(0)
        return {"file": kept}


class CsvParser(_FileParser):
    media_type = "text/csv"


class NdjsonParser(_FileParser):
    media_type = "application/x-ndjson"


class ImportAnswer(serializers.ModelSerializer):
    id = fields.PublicId("import", source="public_id")
    status = serializers.CharField(source="state", help_text="checking, checked, running, done or discarded.")
    recognised_as = serializers.SerializerMethodField(help_text="What wrote the file, in words.")
    columns = serializers.SerializerMethodField(help_text="The file's columns, each with the field it is taken for.")
    live_since = fields.Moment(
        source="past_until", allow_null=True, help_text="Orders placed before it are of the past; null: none is."
    )
    would = serializers.JSONField(
        source="checked", allow_null=True, help_text="new, changed, same, refused: once checked."
    )
    did = serializers.JSONField(source="taken", allow_null=True, help_text="The same, once it is done.")
    job = serializers.SerializerMethodField(help_text="To follow it: GET /jobs/{id}.")
    created_at = fields.Moment()
    ended_at = fields.Moment(allow_null=True)

    class Meta:
        model = Import
        fields = [
            *("id", "kind", "status", "name", "recognised_as", "encoding", "columns", "live_since", "rows"),
            *("would", "did", "job", "created_at", "ended_at"),
        ]

    def get_recognised_as(self, row) -> str:
        return imports.title(row)

    def get_columns(self, row) -> dict:
        return dict(row.columns)

    def get_job(self, row) -> str | None:
        job = row.job or row.check_job
        return ids.encode("job", job.public_id) if job else None

    example = {
        "id": sample("import"),
        "kind": "orders",
        "status": "checked",
        "name": "orders.csv",
        "recognised_as": "A table of orders",
        "encoding": "utf-8-sig",
        "columns": {"Order": "external_id", "Mail": "email", "Total": "total", "Date": "placed_at", "Note": ""},
        "live_since": BOUGHT,
        "rows": 812,
        "would": {"new": 800, "changed": 2, "same": 7, "refused": 3},
        "did": None,
        "job": sample("job"),
        "created_at": BOUGHT,
        "ended_at": None,
    }


def _of(storefront):
    return Import.objects.filter(storefront=storefront).select_related("job", "check_job", "storefront")


def _text(name, words):
    return OpenApiParameter(name, str, description=words)


_HOW = [
    OpenApiParameter("kind", str, required=True, enum=ImportKind.values, description="What the file holds."),
    _text(
        "history", "true (so it is without it): orders are of the past and earn nothing. false: each counts like any."
    ),
    _text("live_since", "RFC 3339: orders placed since then count like any other, those before are of the past."),
    _text("program", "Of referrals, where the file has no column program: its id or short name."),
    _text("currency", "ISO 4217, where the file names none; else the storefront's."),
    _text("time_zone", "IANA name, of times without an offset; else the storefront's."),
    _text("dates", "day_first or month_first, for dates such as 3/4/2026."),
    _text("decimal", "The sign before the cents, . or a comma, where amounts can be read in two ways."),
    _text("mapping", 'A JSON object from the file\'s columns to fields: {"Order No": "external_id"}.'),
    _text("name", "What the file is called, for people."),
]


@documented(
    "Imports",
    get=Call("List imports", ImportAnswer, many=True),
    post=Call(
        "Send a file",
        ImportAnswer,
        creates=True,
        repeats=False,
        also=_HOW,
        description="The body is the file itself, as `text/csv` or `application/x-ndjson`: what Shopify or WooCommerce "
        "export, or our own names. It is read and checked; nothing is taken before `POST /imports/{id}/begin`. The "
        "same file again changes nothing.",
    ),
)
class Imports(ListEndpoint):
    answer = ImportAnswer
    parameters = {"POST": _NAMES}
    filters = {
        "kind": Among("kind", ImportKind),
        "status": Among("state", ImportState),
        **between("created_at"),
    }

    def get_parsers(self):
        if self.request and self.request.method == "POST":
            return [CsvParser(), NdjsonParser()]
        return super().get_parsers()

    def rows(self):
        return _of(self.request.storefront)

    def post(self, request):
        how = _how(request)
        file = request.data["file"] if request.data else None
        if file is None:
            raise Refused("empty_file", "The body is empty; send the file itself.")
        row = imports.keep(storefront=request.storefront, stream=file, at=self.at, **how)
        return Response(ImportAnswer(row).data, status=201)


def _how(request):
    said = request.query_params
    if "kind" not in said:
        said = "Say what the file holds: kind=customers, orders or referrals."
        raise Refused("missing_field", said, errors={"kind": said})
    how = {name: said[name] for name in ("kind", "currency", "time_zone", "dates", "decimal", "name") if name in said}
    if "program" in said:
        how["program"] = named(storefront=request.storefront, name=said["program"])
    if "mapping" in said:
        how["mapping"] = _mapping(said["mapping"])
    return how | _past(said)


def _mapping(text):
    try:
        mapping = json.loads(text)
    except (ValueError, RecursionError):
        mapping = None
    if not isinstance(mapping, dict):
        raise invalid("mapping must be a JSON object from the file's columns to fields.")
    return mapping


def _past(said):
    if said.get("history", "true") not in ("true", "false"):
        raise invalid("history must be true or false.")
    if said.get("history") == "false":
        return {"past_until": None}
    if "live_since" not in said:
        return {}
    try:
        moment = parse_datetime(said["live_since"].replace(" ", "+"))
        moment = moment.astimezone(UTC) if moment and moment.tzinfo else None
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise invalid("live_since must be RFC 3339 with an offset, such as 2026-03-01T00:00:00Z.")
    return {"past_until": moment}


@documented(
    "Imports",
    get=Call(
        "Get an import", ImportAnswer, also=path_parameters("id"), description="How far it is, and what came out."
    ),
)
class OneImport(Endpoint):
    def get(self, request, id):
        return Response(ImportAnswer(found.one(_of(request.storefront), "import", id)).data)


@documented(
    "Imports",
    post=Call(
        "Begin an import",
        ImportAnswer,
        also=path_parameters("id"),
        repeats=False,
        description="Takes what was sent, part by part; follow its job. Once begun it is refused (`import_begun`).",
    ),
)
class BeginImport(Endpoint):
    def post(self, request, id):
        row = found.one(_of(request.storefront), "import", id)
        return Response(ImportAnswer(imports.begin(row=row, at=self.at)).data)


@documented(
    "Imports",
    post=Call(
        "Discard an import",
        ImportAnswer,
        also=path_parameters("id"),
        repeats=False,
        description="Nothing more of it is taken, and its rows are deleted here. What was taken stays.",
    ),
)
class DiscardImport(Endpoint):
    def post(self, request, id):
        row = found.one(_of(request.storefront), "import", id)
        return Response(ImportAnswer(imports.discard(row=row, at=self.at)).data)


class RefusedLine(serializers.Serializer):
    line = serializers.IntegerField(help_text="Of the file, the first being 1.")
    why = serializers.CharField()

    example = {"line": 4, "why": "total: “five” is no amount."}


@documented(
    "Imports",
    get=Call(
        "Get the refused lines",
        RefusedLine,
        also=path_parameters("id"),
        description="One JSON object a line (`application/x-ndjson`), each with why; of the check until it has begun.",
    ),
)
class RefusedLines(Endpoint):
    def get(self, request, id):
        row = found.one(_of(request.storefront), "import", id)
        lines = (json.dumps({"line": line, "why": why}) + "\n" for line, why in imports.refused(row))
        return StreamingHttpResponse(lines, content_type="application/x-ndjson")
