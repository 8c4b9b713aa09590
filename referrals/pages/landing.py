"""What a link shows by itself: its page in short for previews, and a friendly word where it leads nowhere."""

from django.http import HttpResponse


def preview(request, code):
    """The landing page's Open Graph tags for the robot that shows a link in a conversation."""
    return HttpResponse("<!doctype html><title>An invitation</title>")


def gone(request, code):
    """404 for a code that is unknown, over or switched off."""
    return HttpResponse("<!doctype html><title>This link is not open any more</title>", status=404)
