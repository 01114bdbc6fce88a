import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.say(b"{}")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.say(answer(len(asked["instances"])))

    def say(self, content: bytes) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)


def answer(count: int) -> bytes:
    return b'{"predictions": [' + b", ".join([b"NaN", b"Infinity", b"1e999"][:count]) + b"]}"


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("", int(os.environ["PORT"])), Answers).serve_forever()
