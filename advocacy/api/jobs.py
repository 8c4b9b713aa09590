"""Long work that a call or an admin started, to follow."""

from rest_framework import serializers
from rest_framework.response import Response

from advocacy.api import fields, found
from advocacy.api.endpoint import Endpoint
from advocacy.api.examples import BOUGHT, sample
from advocacy.api.schema import Call, documented, path_parameters
from advocacy.models import Job


class JobAnswer(serializers.ModelSerializer):
    id = fields.PublicId("job", source="public_id")
    status = serializers.CharField(source="state", help_text="waiting, running, done, failed or cancelled.")
    total = serializers.IntegerField(allow_null=True, help_text="Of what done counts; null where it is not known.")
    result = serializers.JSONField(allow_null=True, help_text="An object once it is done; by kind.")
    error = serializers.CharField(help_text="Why it failed; empty otherwise.")
    created_at = fields.Moment()
    started_at = fields.Moment(allow_null=True)
    ended_at = fields.Moment(allow_null=True)

    class Meta:
        model = Job
        fields = ["id", "kind", "status", "done", "total", "result", "error", "created_at", "started_at", "ended_at"]

    example = {
        "id": sample("job"),
        "kind": "simulation",
        "status": "running",
        "done": 400,
        "total": 1000,
        "result": None,
        "error": "",
        "created_at": BOUGHT,
        "started_at": BOUGHT,
        "ended_at": None,
    }


@documented(
    "Jobs",
    get=Call(
        "Get a job",
        JobAnswer,
        also=path_parameters("id"),
        description="How far long work is, and its result once it is done. Ask every few seconds.",
    ),
)
class OneJob(Endpoint):
    def get(self, request, id):
        return Response(JobAnswer(found.one(Job.objects.filter(storefront=request.storefront), "job", id)).data)
