"""What all lists of the admin have in common: nothing is counted twice, nothing is deleted, ids can be searched."""

from django import forms
from django.contrib.auth import get_permission_codename
from django.db import models
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from advocacy import given, ids
from advocacy.admin import choosing


class Line(forms.CharField):
    """What staff type is one line without control characters, as what comes through the API is."""

    def to_python(self, value):
        value = super().to_python(value)
        return value and given.in_line(value)


class Listing(ModelAdmin):
    # What an empty list says: where its rows will come from, or what to do first.
    empty = ""
    # A page's route and its words, where that is to be read or done.
    empty_leads_to = ()
    list_per_page = 50
    list_filter_submit = False
    compressed_fields = True
    warn_unsaved_form = True

    def has_delete_permission(self, request, obj=None):
        return False

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        # Its descendants, such as addresses, have rules of their own.
        if type(db_field) is models.CharField and not db_field.choices:
            kwargs.setdefault("form_class", Line)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        return choosing.offer_marked(field, db_field.related_model)

    def get_list_filter(self, request):
        return choosing.filters(self.model, super().get_list_filter(request))

    def may_change(self, request):
        """Whether this person may act on these rows, also where their columns are read-only."""
        codename = get_permission_codename("change", self.opts)
        return request.user.has_perm(f"{self.opts.app_label}.{codename}")

    def get_search_results(self, request, queryset, search_term):
        """An id as the API writes it finds its row; anything else is searched for as usual."""
        value = any_public_id(search_term.strip())
        if value and any(field.name == "public_id" for field in self.opts.fields):
            return queryset.filter(public_id=value), False
        return super().get_search_results(request, queryset, search_term)


class ReadOnlyListing(Listing):
    """Rows that the admin shows and nobody edits, superusers included; what may be done to them are acts."""

    warn_unsaved_form = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class ReadOnlyInline:
    """Rows shown on the page of what they belong to, and not edited there. Goes before the inline's own kind."""

    extra = 0
    can_delete = False
    show_change_link = False

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False


class LongListing(ReadOnlyListing):
    """A list of millions: pages without a count."""

    paginator = InfinitePaginator
    show_full_result_count = False
    ordering = ["-id"]


def any_public_id(text):
    """The UUID of an id as the API writes it, of whatever kind; None for any other text."""
    prefix = text.partition("_")[0]
    return ids.decode(prefix, text) if prefix in ids.PREFIXES.values() else None
