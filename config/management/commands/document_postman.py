import json
import re

from django.conf import settings
from django.core.management.base import BaseCommand

from config.api import schema

PAGE = settings.BASE_DIR / "docs" / "postman.json"
_FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_KINDS = ("path", "query", "header")


def document():
    """The text of docs/postman.json: every call of the OpenAPI file with its example, in a folder for each tag."""
    told, folders = schema(), {}
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            folders.setdefault(operation["tags"][0], []).append(_item(path, method, operation))
    collection = {
        "info": {"name": told["info"]["title"], "description": told["info"]["description"], "schema": _FORMAT},
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{key}}", "type": "string"}]},
        "variable": [{"key": "server", "value": "http://localhost:8000"}, {"key": "key", "value": "sk_live_…"}],
        "item": [{"name": tag, "item": items} for tag, items in sorted(folders.items())],
    }
    return json.dumps(collection, indent=1, ensure_ascii=False) + "\n"


def _item(path, method, operation):
    named = {kind: [] for kind in _KINDS}
    for parameter in operation.get("parameters", ()):
        named[parameter["in"]].append(parameter)
    headers = [_filled(one, "{{$guid}}") for one in named["header"]]
    request = {
        "method": method.upper(),
        "header": headers,
        "url": _address(path, named),
        "description": operation["description"],
    }
    body = operation.get("requestBody")
    if body:
        (example,) = body["content"]["application/json"]["examples"].values()
        written = json.dumps(example["value"], indent=2, ensure_ascii=False)
        headers.append({"key": "Content-Type", "value": "application/json"})
        request["body"] = {"mode": "raw", "raw": written, "options": {"raw": {"language": "json"}}}
    return {"name": operation["summary"], "request": request}


def _address(path, named):
    """Postman writes ``:id`` where OpenAPI has ``{id}``; what may be left out is switched off."""
    inside = re.sub(r"\{(\w+)\}", r":\1", path)
    return {
        "raw": "{{server}}" + inside,
        "host": ["{{server}}"],
        "path": inside.strip("/").split("/"),
        "variable": [_filled(one, "") for one in named["path"]],
        "query": [_filled(one, "") | {"disabled": not one.get("required", False)} for one in named["query"]],
    }


def _filled(parameter, value):
    return {"key": parameter["name"], "value": value, "description": parameter["description"]}


class Command(BaseCommand):
    help = "Write docs/postman.json, a collection for Postman, from the OpenAPI file."

    def handle(self, **options):
        PAGE.write_text(document())
        self.stdout.write(f"Wrote {PAGE.relative_to(settings.BASE_DIR)}.")
