"""A real Chromium: started once for a file, a fresh context for each test, skipped where there is none."""

import shutil
from contextlib import contextmanager

import pytest
from django.test import Client

from tests.browser.snippet_stage import shop, visitor  # noqa: F401 - fixtures

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed.")
    playwright = pytest.importorskip("playwright.sync_api")
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as tool:
        # Playwright runs a loop in this thread, which Django takes for asynchronous code.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        opened = tool.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield opened
        opened.close()


@pytest.fixture
def visiting(browser, live_server):
    """``with visiting(user, locale="de-DE") as page``: signed in, or a stranger; page.complaints is the console's."""

    @contextmanager
    def visit(user=None, *, width=1280, **options):
        context = browser.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 844}, **{"locale": "en-GB"} | options
        )
        if user is not None:
            context.add_cookies([_session(user, live_server.url)])
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda said: said.type == "error" and page.complaints.append(said.text))
        page.on("request", lambda request: _stays_here(request, live_server.url, page.complaints))
        yield page
        context.close()

    return visit


def _session(user, url):
    client = Client()
    client.force_login(user)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}


def _stays_here(request, url, complaints):
    """No page may fetch anything from elsewhere."""
    if not request.url.startswith((url, "data:")):
        complaints.append(f"fetched {request.url}")
