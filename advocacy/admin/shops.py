"""On pages of what a shop is told: how much of it waits, with a link to all."""

from django.urls import reverse
from django.utils.html import format_html

from advocacy.models import Errand, ErrandState


def told(connection):
    page = f"{reverse('admin:advocacy_errand_changelist')}?connection__id__exact={connection.pk}"
    mine = Errand.objects.filter(connection=connection)
    waiting = mine.filter(state=ErrandState.WAITING)
    failed = waiting.exclude(failure="").count() + mine.filter(state=ErrandState.FAILED).count()
    count = waiting.count()
    said = f"{count} to be done{f', {failed} failed' if failed else ''}" if count or failed else "Nothing waits"
    return format_html('<a class="text-link" href="{}">{}</a>', page, said)
