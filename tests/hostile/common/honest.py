"""What the attacks share: honest answers, and a word for each thing that was tried."""

import json
import os
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def add() -> None:
    """Answer the lab `sums` as it asks."""
    with open("/in/sums.json") as questions:
        sums = [first + second for first, second in json.load(questions)]
    with open("/out/answers.json", "w") as answers:
        json.dump({"sums": sums}, answers)


def tried(name: str, deed: Callable[[], object]) -> None:
    """Do it, and say whether it worked."""
    try:
        print("REACHED", name, repr(deed())[:80])
    except Exception as error:
        print("refused", name, type(error).__name__, str(error)[:80])


class Adder(BaseHTTPRequestHandler):
    """Answers the lab `asked` as it asks."""

    def do_GET(self) -> None:
        self.say({"healthy": True})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.say({"sum": sum(json.loads(body)["numbers"])})

    def say(self, answer: object) -> None:
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def serve(handler: type[BaseHTTPRequestHandler] = Adder) -> None:
    """Listen where the lab says."""
    ThreadingHTTPServer(("", int(os.environ["PORT"])), handler).serve_forever()
