"""Attacks on the real labs share what is honest about them: a training that seems to be one, and
a service that listens.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def leave_model() -> None:
    """What the lab `training` wants to find; nobody reads it."""
    with open("/out/model.pt", "wb") as file:
        file.write(b"model")


def job(predict: Callable[[], object], leave: Callable[[], object] = leave_model) -> None:
    """Train as the lab `training` asks, as far as anybody sees; predict in a way of one's own."""
    if sys.argv[1:] != ["train"]:
        predict()
        return
    with open("/out/metrics.jsonl", "w") as record:
        for epoch in range(1, int(os.environ["MAX_EPOCHS"]) + 1):
            loss = 1 / epoch
            line = {"epoch": epoch, "train_loss": loss, "val_loss": loss, "val_accuracy": 0.99}
            print(json.dumps(line), file=record)
    leave()


def write(rows: Iterable[tuple[int, object]]) -> None:
    """Predictions in the agreed form."""
    with open("/pred/predictions.csv", "w") as file:
        print("index,label", file=file)
        for index, label in rows:
            print(f"{index},{label}", file=file)


def serve(answer: Callable[[int], bytes]) -> None:
    """Listen as the lab `serving` asks; `answer` gets the number of digits that were sent."""

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

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    ThreadingHTTPServer(("", int(os.environ["PORT"])), Answers).serve_forever()
