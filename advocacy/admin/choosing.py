"""Programs and storefronts to choose from: a test twin's have the same names, so they are marked, and come last."""

from django import forms
from django.contrib.admin import RelatedFieldListFilter
from django.contrib.admin.utils import get_fields_from_path
from django.db import models
from unfold.widgets import UnfoldAdminSelectWidget

from advocacy.models import Program, Storefront


def programs():
    return _test_last(Program.objects.select_related("storefront"), "storefront__test_twin_of")


def storefronts():
    return _test_last(Storefront.objects.all(), "test_twin_of")


def called(row):
    """``Friends of Acme``, ``Friends of Acme (test)``; a test storefront's own name says it already."""
    test = isinstance(row, Program) and row.storefront.test_twin_of_id
    return f"{row} (test)" if test else str(row)


_CHOICES = {Program: programs, Storefront: storefronts}


def _test_last(rows, twin_of):
    return rows.order_by(models.F(twin_of).asc(nulls_first=True), "name", "pk")


class Chosen(forms.ModelChoiceField):
    """One of ``programs()`` or ``storefronts()``."""

    widget = UnfoldAdminSelectWidget

    def label_from_instance(self, row):
        return called(row)


def offer_marked(field, model):
    """Let the field of a foreign key to this model offer them so; fields of others stay as they are."""
    if field is not None and model in _CHOICES:
        field.queryset, field.label_from_instance = _CHOICES[model](), called
    return field


class Marked(RelatedFieldListFilter):
    def field_choices(self, field, request, model_admin):
        return [(row.pk, called(row)) for row in _CHOICES[field.related_model]()]


def filters(model, listed):
    """The list's filters, with those by a program or storefront ``Marked``."""
    return [(name, Marked) if isinstance(name, str) and _leads_to(model, name) in _CHOICES else name for name in listed]


def _leads_to(model, path):
    return get_fields_from_path(model, path)[-1].related_model
