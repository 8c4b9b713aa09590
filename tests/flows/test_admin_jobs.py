"""Olga watches long work until it ends, stops it, and tries it again."""

import pytest
from django.utils import timezone

from advocacy.models import Job
from tests.flows.admin_stage import otto

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, olga):
    client.force_login(olga)
    return client


@pytest.fixture
def job(acme, olga):
    now = timezone.now()
    fields = {"kind": "data_import", "parameters": {"file": "orders.csv"}, "started_by": olga}
    return Job.objects.create(storefront=acme, created_at=now, moved_at=now, **fields)


def now(job, **changes):
    Job.objects.filter(pk=job.pk).update(**changes)


def page(desk, job):
    return desk.get(f"/admin/advocacy/job/{job.pk}/change/").content.decode()


def fragment(desk, job):
    return desk.get(f"/admin/advocacy/job/{job.pk}/progress/")


def test_the_page_follows_a_job_until_it_ends(desk, job):
    assert f'hx-get="/admin/advocacy/job/{job.pk}/progress/" hx-trigger="every 2s"' in page(desk, job)
    assert "Not begun" in fragment(desk, job).content.decode()

    now(job, state="running", done=400, total=1000)
    answer = fragment(desk, job)
    assert '<progress aria-label="Progress" max="1000" value="400">' in answer.content.decode()
    assert "400 of 1,000" in answer.content.decode()
    assert "HX-Refresh" not in answer

    now(job, state="done", done=1000, result={"orders": "17 more"}, ended_at=timezone.now())
    assert fragment(desk, job)["HX-Refresh"] == "true"
    ended = page(desk, job)
    assert "every 2s" not in ended
    assert "17 more" in ended
    assert "orders.csv" in ended


def test_a_running_job_can_be_stopped_and_a_failed_one_tried_again(desk, job):
    assert "/do/cancel/" in page(desk, job)
    desk.post(f"/admin/advocacy/job/{job.pk}/do/cancel/", {"confirmed": "1", "reason": "The wrong file"})
    job.refresh_from_db()
    assert job.state == "cancelled"

    now(job, state="failed", error="There is no order in these months.")
    failed = page(desk, job)
    assert "There is no order in these months." in failed
    assert "/do/cancel/" not in failed
    desk.post(f"/admin/advocacy/job/{job.pk}/do/retry/", {"confirmed": "1"})
    job.refresh_from_db()
    assert (job.state, job.error, job.ended_at) == ("waiting", "", None)


def test_an_empty_list_says_where_its_rows_come_from(desk, db):
    page = desk.get("/admin/advocacy/job/").content.decode()
    assert "Nothing here yet" in page
    assert "once somebody starts one" in page
    searched = desk.get("/admin/advocacy/job/", {"q": "import"}).content.decode()
    assert "Nothing matches" in searched
    assert "Add program" in desk.get("/admin/advocacy/program/").content.decode()


def test_who_may_not_look_does_not_follow(client, olga, job):
    client.force_login(otto("advocacy.view_program"))
    assert fragment(client, job).status_code == 403
    client.force_login(olga)
    assert client.get("/admin/advocacy/job/0/progress/").status_code == 404
