"""The page of a job follows it by itself, under the admin's own policy, and shows the result at the end."""

import pytest
from django.utils import timezone

from advocacy.models import Job

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_olga_watches_a_job_to_its_end(visiting, acme, olga):
    now = timezone.now()
    job = Job.objects.create(storefront=acme, kind="data_import", started_by=olga, created_at=now, moved_at=now)
    with visiting(olga) as page:
        page.goto(f"/admin/advocacy/job/{job.pk}/change/")
        page.get_by_text("Not begun").wait_for()
        Job.objects.update(state="running", done=400, total=1000, started_at=now)
        page.get_by_text("400 of 1,000").wait_for()
        Job.objects.update(state="done", done=1000, result={"orders": "17 more"}, ended_at=now)
        page.get_by_text("17 more").wait_for()
        assert page.get_by_role("link", name="Stop").count() == 0
        assert page.complaints == []
