"""Boxes for a day and a time in the zone that their label names: an admin reads and writes the shop's own time."""

from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from unfold.widgets import BASE_INPUT_CLASSES, UnfoldAdminSplitDateTimeWidget

from advocacy import zones


class _Time(forms.TimeInput):
    """Shows seconds only where there are some, so that none are lost."""

    def format_value(self, value):
        return f"{value:%H:%M:%S}".removesuffix(":00") if hasattr(value, "second") else value


class _Boxes(UnfoldAdminSplitDateTimeWidget):
    """The browser's own boxes. Of unfold's kind, or its scripts would take day and time for one value."""

    template_name = forms.SplitDateTimeWidget.template_name
    zone = ZoneInfo("UTC")

    def __init__(self):
        look = {"class": " ".join([*BASE_INPUT_CLASSES, "moment"])}
        day = forms.DateInput(look | {"type": "date", "aria-label": "Day"}, format="%Y-%m-%d")
        hour = _Time(look | {"type": "time", "aria-label": "Time"})
        forms.MultiWidget.__init__(self, [day, hour])

    @property
    def media(self):
        return forms.Media()

    def decompress(self, value):
        with timezone.override(self.zone):
            return super().decompress(value)


class Moment(forms.SplitDateTimeField):
    """Needs ``in_zone`` in the form's constructor: once it is known what the form is about."""

    zone = _Boxes.zone

    def __init__(self, **options):
        super().__init__(widget=_Boxes(), input_time_formats=["%H:%M", "%H:%M:%S"], **options)

    def in_zone(self, name):
        """``name`` of the zone; one that is none is refused where it was written."""
        name = name if name in zones.names() else "UTC"
        self.zone = self.widget.zone = ZoneInfo(name)
        self.label = f"{self.label} (time of {name})"

    def compress(self, parts):
        with timezone.override(self.zone):
            return super().compress(parts)
