"""Tables to download, sent while they are read."""

from django.http import StreamingHttpResponse

from advocacy import tables


def table(name, header, rows, *, bom=True):
    """A CSV file called ``name`` + ``.csv``. ``rows`` is read while it is sent: give ``queryset.iterator()`` for many.

    With ``bom`` Excel reads it as UTF-8; programs may want it without.
    """
    content = (line.encode() for line in tables.write(header, rows, bom=bom))
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    response["Cache-Control"] = "no-store"
    return response
