"""A file of rows in place of a form: read whole, shown as what it would change, and taken once somebody says so."""

import base64
import binascii
import zlib

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminFileFieldWidget

from advocacy import tables
from advocacy.admin import choosing
from advocacy.admin.listing import Listing
from advocacy.refusals import Refused

_SHOWN = 20
# What is looked at goes to the page and back, packed; a hundred thousand lines are about half as much.
_LARGEST_PACKED = 2_000_000


class Upload(forms.Form):
    storefront = choosing.Chosen(choosing.storefronts(), empty_label=None)
    file = forms.FileField(label="CSV file", widget=UnfoldAdminFileFieldWidget)


class Uploads(Listing):
    """A list whose rows come by files. ``verbs``: a module with ``read``, ``changes`` and ``put`` of such rows;
    ``upload``: its title, lead, help and what the rows are called.
    """

    verbs, upload = None, {}

    def said(self, storefront, rows, at, *, put):
        """``changes`` of these rows, or how many were new or corrected once they are ``put``."""
        verb = self.verbs.put if put else self.verbs.changes
        return verb(storefront=storefront, at=at, **{self.upload["rows"]: rows})

    def told(self, each, before):
        """``(what it is of, as it is now, as it will be)`` of a row that would change."""
        raise NotImplementedError

    def has_change_permission(self, request, obj=None):
        return False

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        looked_at = "packed" in request.POST
        form = Upload(request.POST or None, request.FILES or None)
        form.fields["file"].help_text = self.upload["help"]
        form.fields["file"].required = not looked_at
        told = self._taken(request, form, looked_at=looked_at) if form.is_valid() else {}
        if told is None:
            return HttpResponseRedirect(self._list)
        context = self.admin_site.each_context(request) | self.upload | told
        context |= {"form": form, "back": self._list, "opts": self.opts}
        return TemplateResponse(request, "admin/upload.html", context)

    @property
    def _list(self):
        return reverse(f"admin:{self.opts.label_lower.replace('.', '_')}_changelist")

    def _taken(self, request, form, *, looked_at):
        """None once the file is taken; else what the page says of it."""
        storefront, at = form.cleaned_data["storefront"], timezone.now()
        try:
            raw = _unpacked(request.POST["packed"]) if looked_at else form.cleaned_data["file"].read()
            rows = self.verbs.read(raw)
            if not looked_at:
                return {"preview": self._preview(rows, self.said(storefront, rows, at, put=False), raw)}
            changed = self.said(storefront, rows, at, put=True)
        except Refused as refused:
            form.add_error(None if looked_at else "file", tables.told(refused))
            return {}
        messages.success(request, f"{changed} of {len(rows)} {self.upload['rows']} were new or corrected.")
        return None

    def _preview(self, rows, changes, raw):
        corrected = sum(before is not None for _, before in changes)
        return {
            "rows": len(rows),
            "added": len(changes) - corrected,
            "corrected": corrected,
            "same": len(rows) - len(changes),
            "lines": [(each.place, *self.told(each, before)) for each, before in changes[:_SHOWN]],
            "more": max(0, len(changes) - _SHOWN),
            "packed": _packed(raw),
        }


def _packed(raw):
    packed = base64.b64encode(zlib.compress(raw)).decode()
    if len(packed) > _LARGEST_PACKED:
        raise Refused("file_too_large", "The file is too large to be looked at here; send it in parts.")
    return packed


def _unpacked(text):
    try:
        unpacking = zlib.decompressobj()
        raw = unpacking.decompress(base64.b64decode(text, validate=True), tables.LARGEST_BYTES + 1)
    except (ValueError, binascii.Error, zlib.error) as error:
        raise _lost() from error
    if not unpacking.eof:
        raise _lost()
    return raw


def _lost():
    return Refused("not_a_table", "The file got lost on its way; choose it again.")
