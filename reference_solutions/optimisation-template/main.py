"""A start for the optimisation lab: it builds, it knows its two commands, the rest is yours."""

import os
import sys


def export() -> None:
    raise NotImplementedError("write base/, optimised/ and variants.json to /models")


def serve() -> None:
    port = int(os.environ["PORT"])
    raise NotImplementedError(f"load the variant in /model and serve it on port {port}")


if __name__ == "__main__":
    commands = {"export": export, "serve": serve}
    name = " ".join(sys.argv[1:])
    if name not in commands:
        sys.exit(f"unknown command {name!r}: say export or serve")
    commands[name]()
