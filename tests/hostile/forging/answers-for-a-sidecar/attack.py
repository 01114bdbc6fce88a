import os
import threading
import time

from honest import Adder, serve

LISTENS, OTHERS = "0A", "10003"


def listening() -> set[int]:
    with open("/proc/net/tcp") as rows:
        found = [row.split() for row in list(rows)[1:]]
    return {
        int(row[1].rsplit(":", 1)[1], 16) for row in found if row[3] == LISTENS and row[7] == OTHERS
    }


class Forger(Adder):
    def do_GET(self) -> None:
        self.say("forged")


def watch() -> None:
    known: set[int] = set()
    while True:
        known |= listening()
        for port in known - listening():
            print("took it", port)
            os.environ["PORT"] = str(port)
            serve(Forger)
        time.sleep(0.02)


threading.Thread(target=watch, daemon=True).start()
serve()
