"""The site of the viewer on the loopback: its pages, its configuration, and the archive below /dicom-web."""

from __future__ import annotations

import json
import mimetypes
import threading
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ARCHIVE = {
    "friendlyName": "archive",
    "name": "archive",
    "qidoRoot": "/dicom-web",
    "wadoRoot": "/dicom-web",
    "wadoUriRoot": "/dicom-web",
    "qidoSupportsIncludeField": False,
    "imageRendering": "wadors",
    "thumbnailRendering": "wadors",
    "enableStudyLazyLoad": True,
    "supportsFuzzyMatching": False,
    "supportsWildcard": True,
    "omitQuotationForMultipartRequest": True,
    "bulkDataURI": {"enabled": True, "relativeResolution": "studies"},
    "singlepart": "bulkdata,video",
}
_CONFIGURATION = {
    "routerBasename": "/",
    "extensions": [],
    "modes": [],
    "customizationService": {},
    "showStudyList": True,
    "maxNumberOfWebWorkers": 1,
    "strictZSpacingForVolumeViewport": True,
    # An outline is shown as soon as a person opens it: nobody has to be asked first.
    "disableConfirmationPrompts": True,
    "investigationalUseDialog": {"option": "never"},
    "showErrorDetails": "always",
    "defaultDataSourceName": "archive",
    "dataSources": [
        {
            "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
            "sourceName": "archive",
            "configuration": _ARCHIVE,
        }
    ],
}


@contextmanager
def site(pages: Path, archive_port: int) -> Iterator[str]:
    """Serve the viewer, and give its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path.startswith("/dicom-web"):
                self._answer(*self._archive())
            elif path == "/app-config.js":
                self._answer(200, "text/javascript", f"window.config = {json.dumps(_CONFIGURATION)};".encode())
            else:
                file = pages / path.lstrip("/")
                file = file if file.is_file() else pages / "index.html"
                kind = "application/wasm" if file.suffix == ".wasm" else mimetypes.guess_type(file.name)[0]
                self._answer(200, kind or "application/octet-stream", file.read_bytes())

        def _archive(self) -> tuple[int, str, bytes]:
            connection = HTTPConnection("127.0.0.1", archive_port, timeout=60)
            try:
                # The archive writes addresses with the host that it was asked by: the viewer asks no other.
                headers = {"Accept": self.headers.get("Accept", "*/*"), "Host": self.headers["Host"]}
                connection.request("GET", self.path, headers=headers)
                answer = connection.getresponse()
                return answer.status, answer.getheader("Content-Type", "application/octet-stream"), answer.read()
            finally:
                connection.close()

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            # The viewer shares memory between its threads only where a page is isolated so.
            self.send_header("Cross-Origin-Opener-Policy", "same-origin")
            self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
