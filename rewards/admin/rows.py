"""A form field of rows, such as tiers or limits: each row a dict of texts, rows added and removed in the browser."""

import re
from dataclasses import dataclass

from django import forms
from unfold.widgets import BASE_INPUT_CLASSES, SELECT_CLASSES

MOST = 60


@dataclass(frozen=True)
class Column:
    """One box of each row; with ``choices`` a select. A row in which no box without choices is filled is no row."""

    name: str
    label: str
    choices: tuple = ()
    hint: str = ""
    wide: bool = False
    decimal: bool = False


class RowsWidget(forms.Widget):
    template_name = "admin/rows.html"

    class Media:
        js = ["rewards/rows.js"]

    def __init__(self, columns, *, add):
        super().__init__()
        self.columns, self.add = columns, add

    def value_from_datadict(self, data, files, name):
        numbered = re.compile(rf"{re.escape(name)}-(\d{{1,6}})-\w+").fullmatch
        places = sorted({int(found[1]) for key in data if (found := numbered(key))})[:MOST]
        rows = [
            {one.name: data.get(f"{name}-{place}-{one.name}", "").strip() for one in self.columns} for place in places
        ]
        return [row for row in rows if any(row[one.name] for one in self.columns if not one.choices)]

    def value_omitted_from_data(self, data, files, name):
        return False

    def get_context(self, name, value, attrs):
        rows = value or [{}]
        return {
            "widget": {
                "name": name,
                "rows": [self._row(name, place, row) for place, row in enumerate(rows)],
                "empty": self._row(name, "__n__", {}),
                "next": len(rows),
                "add": self.add,
                "row_label": self.add.removeprefix("Add ").capitalize(),
                "input_classes": " ".join(BASE_INPUT_CLASSES),
                "select_classes": " ".join(SELECT_CLASSES),
            }
        }

    def _row(self, name, place, row):
        return [
            {
                "name": f"{name}-{place}-{one.name}",
                "value": row.get(one.name, ""),
                "label": one.label,
                "choices": one.choices,
                "hint": one.hint,
                "wide": one.wide,
                "decimal": one.decimal,
            }
            for one in self.columns
        ]


class RowsField(forms.Field):
    """Cleaned it is a list of dicts of texts; a choice that does not exist is refused."""

    def __init__(self, columns, *, add, **options):
        super().__init__(widget=RowsWidget(columns, add=add), required=False, **options)
        self.columns = columns

    def offer(self, columns):
        """Other columns than those it was made with, for what is only known when the form is shown."""
        self.columns = self.widget.columns = columns

    def clean(self, value):
        rows = value or []
        for place, row in enumerate(rows, start=1):
            for one in self.columns:
                if one.choices and row[one.name] not in [known for known, _ in one.choices]:
                    raise forms.ValidationError(f"Row {place}: choose one of the list for “{one.label}”.")
        return rows

    def has_changed(self, initial, data):
        return (initial or []) != (data or [])
