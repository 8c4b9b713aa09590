"""A small load generator: ``python -m bench.load PORT SECONDS PATH…`` keeps 32 connections busy and counts answers.

It prints one JSON object: answers by status, seconds, and the latencies' middle and 99th percentile in milliseconds.
Plain sockets and one thread, so that it takes little of the processors that the server needs.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections import Counter
from itertools import cycle

CONNECTIONS = 32
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)").search
_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def main(port, seconds, paths):
    requests = cycle([_request(path) for path in paths])
    chosen = selectors.DefaultSelector()
    for _ in range(CONNECTIONS):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        chosen.register(connection, selectors.EVENT_READ, _Waiting())
        _send(connection, chosen, next(requests))
    statuses, latencies = Counter(), []
    began = time.perf_counter()
    end, busy = began + seconds, CONNECTIONS
    while busy:
        for key, _ in chosen.select():
            if not _is_whole(key):
                continue
            statuses[key.data.received[9:12].decode()] += 1
            now = time.perf_counter()
            latencies.append(now - key.data.sent_at)
            if now < end:
                _send(key.fileobj, chosen, next(requests))
            else:
                busy -= 1
    taken = time.perf_counter() - began
    latencies.sort()
    at = [round(1000 * latencies[int(share * (len(latencies) - 1))], 1) for share in (0.5, 0.99)]
    print(json.dumps({"statuses": statuses, "seconds": taken, "latency_ms": at}))


class _Waiting:
    """What a connection waits for."""

    received = b""
    sent_at = 0.0


def _request(path):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {_AGENT}\r\nAccept: text/html\r\n\r\n".encode()


def _send(connection, chosen, request):
    waiting = chosen.get_key(connection).data
    waiting.received, waiting.sent_at = b"", time.perf_counter()
    connection.sendall(request)


def _is_whole(key):
    """Read what came; whether the answer is complete."""
    waiting = key.data
    part = key.fileobj.recv(65536)
    if not part:
        raise ConnectionError("The server closed a connection that should be kept.")
    waiting.received += part
    head, separator, body = waiting.received.partition(b"\r\n\r\n")
    if not separator:
        return False
    length = _LENGTH(head)
    # Without a length the body comes in chunks, of which the last is empty.
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:])
