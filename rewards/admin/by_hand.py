"""What an admin changes in a wallet: the questions that are asked for it, and the verbs behind them."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from advocacy import money
from advocacy.admin import acts, choosing
from advocacy.refusals import Refused
from rewards import adjustments, redemptions
from rewards.admin import amounts
from rewards.models import AdjustmentKind, Form, RedemptionState

_FORMS = [(form.value, form.label) for form in adjustments.FORMS]


def _day(label, help_text):
    widget = UnfoldAdminTextInputWidget(attrs={"type": "date"})
    return forms.DateField(label=label, required=False, help_text=help_text, widget=widget)


def _amount(help_text, *, required=True):
    widget = UnfoldAdminTextInputWidget(attrs={"inputmode": "decimal"})
    return forms.CharField(label="Amount", max_length=20, help_text=help_text, widget=widget, required=required)


class Adjust(forms.Form):
    program = choosing.Chosen(
        choosing.programs(),
        label="Program",
        help_text="Of the customer’s own shop; amounts are in its currency.",
    )
    form = forms.ChoiceField(label="Paid in", choices=_FORMS, widget=UnfoldAdminSelectWidget)
    amount = _amount("Such as 10.00; points are whole.")

    def clean(self):
        said = super().clean()
        if "amount" in said and "program" in said and "form" in said:
            try:
                if not amounts.minor(said["amount"], _unit(said["program"], said["form"])):
                    self.add_error("amount", "Write more than 0.")
            except amounts.Unreadable as error:
                self.add_error("amount", str(error))
        # What is not said does not stand in the log.
        return {name: value for name, value in said.items() if value not in ("", None, False)}


class Give(Adjust):
    hold_days = forms.IntegerField(
        label="Credited after (days)",
        min_value=0,
        max_value=365,
        initial=0,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="0: at once.",
    )
    expires_on = _day("Expires after", "The last day on which it can be spent. Empty: never.")
    reason = acts.Reason.base_fields["reason"]


class Take(Adjust):
    allow_negative = forms.BooleanField(
        label="Also more than there is",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="The balance falls below 0, and later credits pay that off.",
    )
    reason = acts.Reason.base_fields["reason"]


class Undo(forms.Form):
    allow_negative = Take.base_fields["allow_negative"]
    reason = acts.Reason.base_fields["reason"]


class Prolong(forms.Form):
    expires_on = _day("Expires after", "The last day on which it can be spent. Empty: never.")
    reason = acts.Reason.base_fields["reason"]


class Reverse(forms.Form):
    amount = _amount("Empty: all that was not given back yet.", required=False)
    reason = acts.Reason.base_fields["reason"]


def _unit(program, form):
    return money.POINTS if form == Form.POINTS else program.currency


def _end_of(day, zone):
    """The last moment of a day there, or None."""
    return day and datetime.combine(day, time.max, ZoneInfo(zone)).astimezone(UTC)


def _adjusted(verb):
    def do(*, row, by, at, program, form, amount, reason, expires_on=None, **said):
        if expires_on:
            said["expires_at"] = _end_of(expires_on, program.time_zone)
        minor = amounts.minor(amount, _unit(program, form))
        verb(program=program, customer=row, form=form, amount_minor=minor, reason=reason, by=by, at=at, **said)

    return do


def _undo(*, row, by, at, reason, allow_negative=False):
    adjustments.undo(adjustment=row, reason=reason, allow_negative=allow_negative, by=by, at=at)


def _prolong(*, row, by, at, reason, expires_on=None):
    until = _end_of(expires_on, row.program.time_zone)
    adjustments.prolong(reward=row, until=until, reason=reason, by=by, at=at)


def _give_back(*, row, by, at, reason):
    redemptions.give_back(redemption=row, at=at)


def _reverse(*, row, by, at, reason, amount=""):
    try:
        minor = amounts.minor(amount, row.unit) if amount else None
    except amounts.Unreadable as error:
        raise Refused("invalid_amount", str(error)) from error
    redemptions.reverse(redemption=row, amount_minor=minor, at=at)


OF_WALLETS = [
    acts.Act(
        name="give",
        label="Give",
        done="Given",
        consequence="It is theirs to spend, as if a rule had given it. The reason is kept with your name.",
        form=Give,
        do=_adjusted(adjustments.give),
    ),
    acts.Act(
        name="take",
        label="Take",
        done="Taken",
        danger=True,
        consequence="It leaves what expires soonest, as spending does. The reason is kept with your name.",
        form=Take,
        do=_adjusted(adjustments.take),
    ),
]
OF_ADJUSTMENTS = [
    acts.Act(
        name="undo",
        label="Undo",
        done="Undone",
        danger=True,
        consequence="The opposite is done, once: what was given is taken back, what was taken is given back.",
        form=Undo,
        do=_undo,
        applies=lambda row: row.kind != AdjustmentKind.PROLONGED and not row.undoes_id and not row.is_undone,
    )
]
OF_REWARDS = [
    acts.Act(
        name="prolong",
        label="Prolong",
        done="Prolonged",
        consequence="It expires later, or never; what of it has expired is theirs again.",
        form=Prolong,
        do=_prolong,
        applies=lambda row: row.expires_at is not None and (row.available_minor > 0 or row.expired_minor > 0),
    )
]
OF_REDEMPTIONS = [
    acts.Act(
        name="give-back",
        label="Give back",
        done="Given back",
        consequence="The basket’s credit is theirs again at once; the shop can no longer confirm it.",
        do=_give_back,
        applies=lambda row: row.state == RedemptionState.RESERVED,
    ),
    acts.Act(
        name="reverse",
        label="Reverse",
        done="Reversed",
        danger=True,
        consequence="What was spent, or a part of it, is theirs again. The shop’s order does not change.",
        form=Reverse,
        do=_reverse,
        applies=lambda row: row.state == RedemptionState.CONFIRMED,
    ),
]
