"""What an admin does to rows: asked with its consequence, confirmed with a reason, written into the admin's log."""

from collections.abc import Callable
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.admin import helpers
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextareaWidget

from advocacy import tables
from advocacy.refusals import Refused

MOST_AT_ONCE = 500


class Confirm(forms.Form):
    """Nothing to fill in: the question is enough."""


class Reason(forms.Form):
    reason = forms.CharField(
        label="Reason",
        max_length=200,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="For your colleagues and the log. Customers do not read it.",
    )


@dataclass(frozen=True, kw_only=True)
class Act:
    """``do(*, row, by, at, **answers)`` calls a verb; ``answers`` are the form's fields. It may raise Refused.

    ``then(page, request, outcome)`` answers with a page of its own what ``do`` returned; such an act takes one row.
    ``told(outcome)``: what was done, where ``done`` does not always say it.
    """

    name: str
    label: str
    consequence: str
    do: Callable
    done: str
    form: type = Reason
    danger: bool = False
    applies: Callable = lambda row: True
    # Whether this person is offered it and asked; the verb decides.
    may: Callable = lambda row, by: True
    then: Callable | None = None
    told: Callable | None = None
    # ``shown(row)``: what the question shows of a row beside its name.
    shown: Callable | None = None
    # ``asked(row)``: hidden fields of the form with what they hold of this one row as the question shows it.
    asked: Callable = lambda row: {}

    def said(self, outcome):
        return self.told(outcome) if self.told else self.done


class Acting:
    """Gives a ModelAdmin its ``acts``: in the list for many rows, on the page of one row as buttons."""

    acts = ()

    def get_actions(self, request):
        actions = super().get_actions(request)
        if self.may_change(request):
            actions |= {act.name: (_in_list(act), act.name, act.label) for act in self.acts if not act.then}
        return actions

    def get_urls(self):
        view = self.admin_site.admin_view(self.act_on_one)
        return [path("<path:object_id>/do/<slug:act>/", view, name=self._route()), *super().get_urls()]

    def render_change_form(self, request, context, *args, obj=None, **options):
        if obj and self.may_change(request):
            context["actions_detail"] = [*context.get("actions_detail", []), *self._buttons(obj, request.user)]
        return super().render_change_form(request, context, *args, obj=obj, **options)

    def act_on_one(self, request, object_id, act):
        row = self.get_object(request, object_id)
        chosen = next((each for each in self.acts if each.name == act), None)
        if row is None or chosen is None:
            raise Http404
        page = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[object_id])
        return self.perform(request, chosen, [row], back=page)

    def perform(self, request, act, rows, *, back):
        """Ask for what the act needs; once confirmed do it to each row and go back."""
        if not self.may_change(request):
            raise PermissionDenied
        sent = (request.POST, request.FILES) if "confirmed" in request.POST else ()
        if not sent and not any(act.may(row, request.user) for row in rows):
            raise PermissionDenied
        form = act.form(*sent, initial=act.asked(rows[0]) if len(rows) == 1 else None)
        if not form.is_valid():
            return self._ask(request, act, rows, form, back)
        moved, refused = self._done(request, act, rows, form.cleaned_data)
        if refused and len(rows) == 1 and form.fields:
            form.add_error(None, _sentences(refused[0][1]))
            return self._ask(request, act, rows, form, back)
        for row, why in refused:
            messages.error(request, f"{row}: {why.message}")
        if moved and act.then:
            return act.then(self, request, moved[0])
        if moved:
            messages.success(request, f"{act.said(moved[0])}: {rows[0] if len(rows) == 1 else len(moved)}.")
        return HttpResponseRedirect(back)

    @staticmethod
    def _applies(request, act, row):
        """Whether there is anything to do; somebody else may have done it while the question was on the screen."""
        if not act.applies(row):
            messages.warning(request, f"{row}: nothing to do.")
        return act.applies(row)

    def _done(self, request, act, rows, answers):
        """What came of each row where there was anything to do, and ``[(row, the refusal)]``."""
        moved, refused = [], []
        for row in rows:
            if self._applies(request, act, row):
                try:
                    moved.append(self._do(request, act, row, answers))
                except Refused as why:
                    refused.append((row, why))
        return moved, refused

    @transaction.atomic
    def _do(self, request, act, row, answers):
        outcome = act.do(row=row, by=request.user, at=timezone.now(), **answers)
        filled_in = [answer for name, answer in answers.items() if name not in act.asked(row)]
        said = "; ".join(str(answer) for answer in filled_in if answer is not False and answer not in ("", None))
        self.log_change(request, row, f"{act.said(outcome)}{': ' + said if said else ''}")
        return outcome

    def _ask(self, request, act, rows, form, back):
        context = self.admin_site.each_context(request) | {
            "title": act.label,
            "act": act,
            "rows": rows,
            "shown": act.shown(rows[0]) if act.shown and len(rows) == 1 else "",
            "form": form,
            "back": back,
            "opts": self.opts,
            "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/act.html", context)

    def _buttons(self, row, by):
        def button(act):
            address = reverse(f"admin:{self._route()}", args=[row.pk, act.name])
            look = {"variant": ActionVariant.DEFAULT, "attrs": {}, "icon": None, "dialog": None}
            return {"title": act.label, "path": address} | look

        return [button(act) for act in self.acts if act.applies(row) and act.may(row, by)]

    def _route(self):
        return f"{self.opts.app_label}_{self.opts.model_name}_do"


def _sentences(refused):
    """Lines of a file, each for itself; what names fields otherwise says them in its message."""
    return tables.told(refused) if refused.code == "invalid_table" else [refused.message]


def _in_list(act):
    def run(page, request, queryset):
        rows = list(queryset[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            messages.error(request, f"Choose at most {MOST_AT_ONCE} at once.")
            return None
        return page.perform(request, act, rows, back=request.get_full_path())

    return run
