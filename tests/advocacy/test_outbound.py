"""No address that somebody gives us leads into an inner network, and no answer is waited for without end."""

import contextlib
import socket
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from advocacy import outbound
from advocacy.refusals import Refused

HOSTILE = """
https://127.0.0.1/ https://127.1/ https://127.0.0.1:8000/healthz https://localhost/ https://localhost.localdomain/
https://0.0.0.0/ https://0/ https://[::]/ https://[::1]/ https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/
https://[::ffff:169.254.169.254]/ https://2130706433/ https://0x7f000001/ https://0177.0.0.1/ https://0x7f.1/
https://10.0.0.1/ https://10.255.255.254/ https://172.16.0.1/ https://172.31.255.254/ https://192.168.0.1/
https://169.254.169.254/latest/meta-data/ https://169.254.1.1/ https://100.64.0.1/ https://192.0.0.192/
https://198.18.0.1/ https://224.0.0.1/ https://255.255.255.255/ https://240.0.0.1/ https://192.0.2.1/
https://[fe80::1]/ https://[fc00::1]/ https://[fd12:3456::1]/ https://[ff02::1]/ https://[64:ff9b::7f00:1]/
https://[2002:7f00:1::]/ https://[2001:db8::1]/ http://acme.example/ ftp://acme.example/ file:///etc/passwd
gopher://127.0.0.1:6379/_FLUSHALL https://user@acme.example/ https://acme.example@127.0.0.1/
https://127.0.0.1\\@acme.example/ https://acme.example/#x javascript:alert(1) //127.0.0.1/ https:///etc https://①②⑦.0.0.1/
""".split()


@pytest.fixture(autouse=True)
def strict(settings):
    settings.OUTBOUND_LOOPBACK = False


@pytest.mark.parametrize("address", HOSTILE)
def test_no_inner_address_is_ever_reached(address, monkeypatch):
    def connect(*_):
        raise AssertionError("It was called.")

    monkeypatch.setattr(socket.socket, "connect", connect)
    # Some are no names at all to some resolvers: then nobody answers.
    with pytest.raises(outbound.NoAnswer):
        outbound.call(method="POST", address=address)


def test_a_name_that_leads_inside_is_seen_when_it_is_called(monkeypatch):
    inside = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: inside)
    assert outbound.checked_address("https://hooks.acme.example/")
    with pytest.raises(outbound.NotAllowed, match="private"):
        outbound.call(method="POST", address="https://hooks.acme.example/")


@pytest.mark.parametrize("address", ["http://acme.example/", "https://", "https://a b.example", None, "x" * 3000])
def test_what_is_no_address_is_refused_in_words(address):
    with pytest.raises(Refused) as refusal:
        outbound.checked_address(address)
    assert refusal.value.errors["url"].startswith("Write ")


INNER = "10.0.0.1 169.254.169.254 [::ffff:10.0.0.1] 127.0.0.1 [fd12::1] [fe80::1%25eth0] 10.0.0.1. 0 2130706433 "
INNER += "[64:ff9b::a00:1] [2002:a00:1::]"


@pytest.mark.parametrize("host", [*INNER.split(), "0xA000001", "１０.0.0.1", "10。0。0。1"])
def test_a_number_of_an_inner_network_is_refused_when_it_is_entered(host, monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: 1 / 0)  # nothing is asked for that
    with pytest.raises(Refused, match="private"):
        outbound.checked_address(f"https://{host}/x")
    for public in ("93.184.215.14", "[2606:4700::1]", "deadbeef.example"):
        assert outbound.checked_address(f"https://{public}/x")


class Speaker(BaseHTTPRequestHandler):
    def do_POST(self):
        said = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "/here")
            self.end_headers()
            return
        self.send_response(201)
        self.send_header("X-Agent", self.headers["User-Agent"])
        self.end_headers()
        self.wfile.write(said * (1000 if self.path == "/long" else 1))

    def log_message(self, *_):
        pass


class Dripper(socketserver.BaseRequestHandler):
    """Says one byte of a header that never ends, again and again."""

    def handle(self):
        self.request.recv(1000)
        with contextlib.suppress(OSError):
            self.request.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            for _ in range(200):
                self.request.sendall(b"x")
                time.sleep(0.05)


@contextlib.contextmanager
def served(server):
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_an_answer_is_read_as_far_as_asked_and_no_redirect_is_followed(settings):
    settings.OUTBOUND_LOOPBACK = True
    with served(ThreadingHTTPServer(("127.0.0.1", 0), Speaker)) as base:
        answer = outbound.call(method="POST", address=f"{base}/here", body=b"hello")
        assert (answer.status, answer.body, answer.whole) == (201, b"hello", True)
        assert answer.headers["x-agent"] == "AdvocacyProgram/1.0"
        cut = outbound.call(method="POST", address=f"{base}/long", body=b"hello", most_bytes=7)
        assert (cut.body, cut.whole) == (b"hellohe", False)
        assert outbound.call(method="POST", address=f"{base}/away", body=b"hello").status == 302


def test_nobody_and_somebody_who_drips_are_given_up(settings):
    settings.OUTBOUND_LOOPBACK = True
    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripper)) as base:
        with pytest.raises(outbound.NoAnswer, match=r"within 0\.3 seconds"):
            outbound.call(method="POST", address=base, seconds=0.3)
        settings.OUTBOUND_LOOPBACK = False
        with pytest.raises(outbound.NotAllowed):
            outbound.call(method="POST", address=base)
        settings.OUTBOUND_LOOPBACK = True
    with pytest.raises(outbound.NoAnswer, match="cannot be reached"):
        outbound.call(method="POST", address=base)
