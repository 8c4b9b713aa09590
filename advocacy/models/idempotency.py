from django.db import models

from advocacy.models.storefront import Storefront


class IdempotencyKey(models.Model):
    """What a call with an ``Idempotency-Key`` made, so that the same call again finds it; kept for ever.

    The key and the call are digests and the resource is an id: nothing here names a person, whatever a caller put in.
    """

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="+", db_index=False)
    # SHA-256 of the header, and of method, address and body.
    key = models.BinaryField(max_length=32)
    call = models.BinaryField(max_length=32)
    kind = models.CharField(max_length=20, help_text="What was made, such as redemption.")
    resource = models.UUIDField(help_text="Its public id.")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "key"], name="an_idempotency_key_makes_one_thing"),
        ]

    def __str__(self):
        return f"{self.kind} {self.resource}"
