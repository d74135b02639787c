"""A page that says which version and which instance answered. Plain Python; `make demo` changes VERSION."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VERSION = "first"
COLOUR = {"first": "#1f5f8b", "second": "#2e7d4f"}[VERSION]
INSTANCE = os.environ.get("BEANSTALK_INSTANCE_ID") or os.environ["PORT"]
PAGE = f"""<!doctype html><meta charset="utf-8"><title>{VERSION}</title>
<body style="background:{COLOUR};color:white;font:2em system-ui;display:grid;place-content:center;height:90vh">
<h1>The {VERSION} version</h1><p>answered by instance {INSTANCE}</p>
""".encode()


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # keeps connections
    disable_nagle_algorithm = True

    def do_GET(self):
        self.send_response(200)
        for name, value in {"X-Version": VERSION, "X-Instance": INSTANCE, "Content-Type": "text/html"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


Server(("127.0.0.1", int(os.environ["PORT"])), Page).serve_forever()
