"""What is said of a consent, in calls of its own and within what is known of a customer."""

from rest_framework import serializers

from advocacy import consents
from advocacy.api import fields
from advocacy.api.examples import SIGNED_UP
from advocacy.models import Channel, Consent, ConsentBasis
from advocacy.models import ConsentState as State

SAID = {
    "channel": "email",
    "state": "confirmed",
    "basis": "consent",
    "wording_version": "newsletter-3",
    "source": "checkout",
    "at": SIGNED_UP,
}


class ConsentFields(fields.StrictSerializer):
    channel = fields.Choice(Channel.choices)
    state = fields.Choice(
        State.choices, help_text="pending: they said yes, and have not yet confirmed it by the channel itself."
    )
    basis = fields.Choice(
        ConsentBasis.choices,
        required=False,
        help_text="customer: an existing customer who has not objected; else consent, which is the default.",
    )
    wording_version = fields.Label(required=False, max_length=consents.LONGEST, help_text="By which words of yours.")
    source = fields.Label(required=False, max_length=consents.LONGEST, help_text="Where, such as checkout.")
    at = fields.PastTime(required=False, help_text="When they said it; left out: now, where it is news.")

    example = SAID


class ConsentSaid(serializers.ModelSerializer):
    at = fields.Moment()

    class Meta:
        model = Consent
        fields = ["channel", "state", "basis", "wording_version", "source", "at"]
