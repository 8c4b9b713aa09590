"""Reason keys with their numbers, and in words."""

from rest_framework import serializers

from advocacy import reasons


class ReasonAnswer(serializers.Serializer):
    key = serializers.CharField(help_text="Stable; made for programs.")
    text = serializers.CharField(help_text="For your staff.")
    numbers = serializers.DictField(help_text="What it was decided by.")


def shown(kept):
    """``[{"key": …, number: …}]``, as rows keep reasons, with the text for staff."""
    return [_shown(reason["key"], {name: value for name, value in reason.items() if name != "key"}) for reason in kept]


def _shown(key, numbers):
    return {"key": key, "text": reasons.staff(key, **numbers), "numbers": numbers}
