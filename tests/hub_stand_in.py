"""A model hub on this machine: the parts of Hugging Face's HTTP API that `core.hub` speaks, and faults on demand.

    with HubStandIn() as hub:
        hub.add("org/name", {"onnx/model.onnx": b"…", "README.md": b"…"}, licence="mit")
        monkeypatch.setenv("PHOTOPLANET_HUB", hub.address)

Large files (by their ending) are sent as the real hub does: by a redirection to another path, with a SHA-256; the
others have the hash that git gives them. The fixture `hub` in tests/conftest.py does all this.
"""

import hashlib
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

LARGE = (".onnx", ".bin", ".safetensors", ".pth", ".pt", ".onnx_data")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class HubStandIn:
    """Repositories to serve; `faults`: what goes wrong with a path; `requests`: (path, Range) of what was asked."""

    def __init__(self):
        self.repos, self.requests, self.faults = {}, [], {}
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                stand_in.answer(self)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *raised):
        self.server.shutdown()
        self.server.server_close()

    def add(self, repo, files, licence="mit", **about):
        """Serve a repository: path → bytes; `about` goes into what the API says: gated="manual", or sha="…"."""
        card = {"license": licence} if licence else {}
        self.repos[repo] = dict(files), {"cardData": card, "gated": False, "private": False, **about}

    def fail(self, path, fault, times=1):
        """Let the next `times` requests of a file go wrong.

        `fault`: an HTTP status, "cut" (half of what was asked for, then the end), "more" (bytes after the file),
        "other" (other bytes), "no range" (Range is ignored), "shifted" (a range that was not asked for), or an address
        to redirect to.
        """
        self.faults[path] = [fault] * times

    def about(self, repo):
        files, facts = self.repos[repo]
        siblings = []
        for path, data in files.items():
            git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
            entry = {"rfilename": path, "size": len(data), "blobId": git}
            if path.endswith(LARGE):
                sha256 = hashlib.sha256(data).hexdigest()
                entry["lfs"] = {"sha256": sha256, "size": len(data), "pointerSize": 130}
            siblings.append(entry)
        return {"id": repo, "modelId": repo, "sha": COMMIT, "tags": [], "siblings": siblings, **facts}

    def answer(self, request):
        path = unquote(urlsplit(request.path).path)
        self.requests.append((path, request.headers.get("Range")))
        if asked := re.fullmatch(r"/api/models/([^/]+/[^/]+)/revision/(.+)", path):
            commit = self.repos.get(asked[1], ({}, {}))[1].get("sha", COMMIT)
            known = asked[1] in self.repos and asked[2] in ("main", commit)
            # the real hub says 401 to strangers for what does not exist
            self.send(request, 200 if known else 401, json.dumps(self.about(asked[1]) if known else {}).encode())
            return
        found = re.fullmatch(r"/(cdn/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path)
        files = self.repos.get(found[2], ({}, {}))[0] if found else {}
        if not found or found[4] not in files:
            self.send(request, 404, b"")
        elif found[4].endswith(LARGE) and not found[1]:
            self.send(request, 302, b"", {"Location": f"{self.address}/cdn{path}"})
        else:
            self.send_file(request, files[found[4]], self.next_fault(found[4]))

    def next_fault(self, path):
        waiting = self.faults.get(path)
        return waiting.pop(0) if waiting else None

    def send_file(self, request, data, fault):
        if isinstance(fault, int):
            self.send(request, fault, b"")
            return
        if isinstance(fault, str) and ":" in fault:
            self.send(request, 302, b"", {"Location": fault})
            return
        if fault in ("more", "other"):
            data = data + b"more" if fault == "more" else bytes(each ^ 255 for each in data)
        asked, status, headers = request.headers.get("Range"), 200, {}
        if asked and fault != "no range":
            begin = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) - (fault == "shifted")
            if begin >= len(data):
                self.send(request, 416, b"")
                return
            status, headers = 206, {"Content-Range": f"bytes {begin}-{len(data) - 1}/{len(data)}"}
            data = data[begin:]
        self.send(request, status, data, headers, cut=fault == "cut")

    def send(self, request, status, data, headers=(), cut=False):
        request.send_response(status)
        for name, value in {**dict(headers), "Content-Length": str(len(data))}.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(data[: len(data) // 2] if cut else data)
        request.close_connection = request.close_connection or cut
