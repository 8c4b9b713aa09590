"""What is said of brands in public, sent by whoever listens."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy import mentions
from advocacy.api import fields
from advocacy.api.examples import BOUGHT
from advocacy.api.lists import Among, ListEndpoint, between
from advocacy.api.schema import Call, documented
from advocacy.models import Mention, Sentiment

MOST = 1000


class MentionCall(fields.StrictSerializer):
    mention_id = fields.Name(max_length=100, help_text="Of your listening tool. The same again corrects it.")
    brand = fields.Name(max_length=60, help_text="Yours, or another that you compare yours with.")
    source = fields.Label(max_length=60, help_text="Where: a word of your own, such as reddit.")
    sentiment = fields.Choice(Sentiment.choices)
    said_at = fields.PastTime()

    example = {
        "mention_id": "m-1",
        "brand": "acme",
        "source": "reddit",
        "sentiment": "positive",
        "said_at": "2026-11-22T10:15:00Z",
    }


class MentionsCall(fields.StrictSerializer):
    mentions = serializers.ListField(child=MentionCall(), min_length=1, max_length=MOST)

    example = {"mentions": [MentionCall.example]}


class MentionAnswer(serializers.ModelSerializer):
    said_at = fields.Moment()
    noted_at = fields.Moment()

    class Meta:
        model = Mention
        fields = ["mention_id", "brand", "source", "sentiment", "said_at", "noted_at"]

    example = MentionCall.example | {"said_at": BOUGHT, "noted_at": BOUGHT}


class MentionsChanged(serializers.Serializer):
    changed = serializers.IntegerField(help_text="How many were new or corrected; the others were known.")

    example = {"changed": 1}


@documented(
    "Mentions",
    get=Call("List mentions", MentionAnswer, many=True),
    put=Call(
        "Put mentions",
        MentionsChanged,
        takes=MentionsCall,
        description="Adds or corrects what was said of brands in public; all of it or nothing. Neither the words nor "
        "who said them are kept.",
    ),
)
class Mentions(ListEndpoint):
    answer = MentionAnswer
    filters = {"sentiment": Among("sentiment", Sentiment), **between("said_at")}

    def rows(self):
        return Mention.objects.filter(storefront=self.request.storefront)

    def put(self, request):
        said = self.taken(MentionsCall)["mentions"]
        heard = [mentions.Heard(place=f"mentions[{place}]", **each) for place, each in enumerate(said)]
        return Response({"changed": mentions.put(storefront=request.storefront, mentions=heard, at=self.at)})
