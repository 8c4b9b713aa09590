"""Acme's own server: takes webhooks on a real port and answers as it is told."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """``got`` is what came: ``[(headers by lower-case name, raw body)]``. ``answer`` is set by the test.

    ``answer``: a status, ``(status, headers)``, ``(status, headers, body)``, or a function that returns one of these
    and may take its time.
    """

    def __init__(self, answer=200):
        self.got, self.answer = [], answer
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                owner.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                said = owner.answer() if callable(owner.answer) else owner.answer
                status, headers, *content = said if isinstance(said, tuple) else (said, {})
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(*content or [b"thank you"])

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads, request_queue_size = True, 100

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def told(self):
        """The types that came, in order."""
        return [json.loads(body)["type"] for _, body in self.got]

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _ in self.got]

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def receiving(answer=200):
    receiver = Receiver(answer)
    try:
        yield receiver
    finally:
        receiver.close()
