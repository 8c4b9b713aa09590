"""The admin's first page."""


def show(request, context):
    return context
