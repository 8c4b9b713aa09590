from django.db import models

from advocacy.models.columns import one_of
from advocacy.models.storefront import Storefront


class Sentiment(models.TextChoices):
    POSITIVE = "positive", "Positive"
    NEUTRAL = "neutral", "Neutral"
    NEGATIVE = "negative", "Negative"


class Mention(models.Model):
    """That a brand was spoken of in public: where, when and how; neither the words nor who said them."""

    storefront = models.ForeignKey(Storefront, models.CASCADE, related_name="mentions", db_index=False)
    # Of whoever listens: the same id again corrects what was said of it.
    mention_id = models.CharField(max_length=100)
    brand = models.CharField(max_length=60, help_text="The shop’s own, or another of those it compares itself with.")
    source = models.CharField(max_length=60, help_text="Where, such as reddit.")
    sentiment = models.CharField(max_length=10, choices=Sentiment)
    said_at = models.DateTimeField()
    noted_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["storefront", "mention_id"], name="a_mention_is_counted_once"),
            one_of("sentiment", Sentiment, name="a_mention_has_a_known_sentiment"),
        ]
        indexes = [
            # Used by: lists of the API, newest first.
            models.Index(fields=["storefront", "-id"], name="mentions_newest_first"),
            # Used by: what is said of brands in a period.
            models.Index(fields=["storefront", "said_at"], name="mentions_by_time"),
        ]

    def __str__(self):
        return f"{self.brand}: {self.get_sentiment_display().lower()}"
