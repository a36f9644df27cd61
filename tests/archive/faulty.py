"""A server between a client and an archive that answers 503, cuts answers short, asks for a token, ignores paging."""

from __future__ import annotations

import random
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


@dataclass
class Faults:
    """What the server does to answers, and what it was asked."""

    busy: float = 0.0
    cut: float = 0.0
    retry_after: str | None = None
    token: str | None = None
    ignores_limit: bool = False
    ignores_keys: bool = False
    lost: str | None = None
    busy_first: int = 0
    redirect: str | None = None
    connections: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    served: Counter[str] = field(default_factory=Counter)
    queries: list[str] = field(default_factory=list)
    authorizations: set[str | None] = field(default_factory=set)


@contextmanager
def faulty_server(upstream: str, faults: Faults, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Pass requests on to an archive, with faults; gives the port."""
    chance = random.Random(7)  # noqa: S311 - the same faults in each run
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            with lock:
                faults.connections += 1
            super().setup()

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            with lock:
                faults.asked[parts.path] += 1
                faults.queries.append(parts.query)
                faults.authorizations.add(self.headers.get("Authorization"))
                fault = chance.random()
            if faults.redirect is not None:
                return self._plain(302, {"Location": faults.redirect})
            if faults.token is not None and self.headers.get("Authorization") != faults.token:
                return self._plain(401)
            if fault < faults.busy or sum(faults.asked.values()) <= faults.busy_first:
                return self._plain(503, {"Retry-After": faults.retry_after} if faults.retry_after else {})
            if faults.lost is not None and parts.path.endswith(faults.lost):
                return self._plain(404)
            answer = client.get(upstream + self._path_for_archive(), headers={"Accept": self.headers["Accept"]})
            return self._pass_on(answer, cut=fault < faults.busy + faults.cut)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name: self.headers[name] for name in ("Accept", "Content-Type")}
            with lock:
                fault = chance.random()
            if fault < faults.busy:
                return self._plain(503)
            return self._pass_on(client.post(upstream + self.path, headers=headers, content=body), cut=False)

        def _path_for_archive(self) -> str:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            for name in ("limit", "offset") if faults.ignores_limit else ():
                query.pop(name, None)
            if faults.ignores_keys:
                query = {name: value for name, value in query.items() if name in ("limit", "offset")}
            return f"{parts.path}?{urlencode(query)}" if query else parts.path

        def _plain(self, status: int, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _pass_on(self, answer: httpx.Response, *, cut: bool) -> None:
            self.send_response(answer.status_code)
            self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            if cut:
                self.wfile.write(answer.content[: len(answer.content) // 2])
                self.close_connection = True
                return
            self.wfile.write(answer.content)
            with lock:
                faults.served[urlsplit(self.path).path] += 1

    with httpx.Client(trust_env=False, timeout=60) as client:
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
