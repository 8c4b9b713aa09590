"""An advocate's addresses, and what they show."""

from django.utils import timezone

from advocacy import ids, reading


def address(advocate, rest=""):
    return f"/portal/{ids.encode('adv', advocate.public_id)}/{rest}"


def seen(client, path, language="en", status=200):
    response = client.get(path, headers={"accept-language": language})
    assert response.status_code == status
    return response.content.decode()


def day(moment):
    return reading.day(moment, zone="UTC", at=timezone.now())
