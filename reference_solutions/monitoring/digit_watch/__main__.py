"""`python -m digit_watch` serves on `$PORT`; `python -m digit_watch monitoring` hands out files."""

import os
import shutil
import sys
from pathlib import Path

MODELS, FILES, OUT = Path("models"), Path("files"), Path("/out")


def serve() -> None:
    """Serve until the end."""
    # Imported here: who only wants the files need not wait for PyTorch.
    import torch
    import uvicorn

    from digit_watch.app import create_app
    from digit_watch.logs import LOGGING
    from digit_watch.models import load_models

    torch.set_num_threads(1)  # the batches are small: more threads only wait for each other
    port = int(os.environ.get("PORT", "8000"))
    app = create_app(load_models(MODELS))
    uvicorn.run(app, host="0.0.0.0", port=port, log_config=LOGGING, access_log=False)


def hand_out() -> None:
    """Copy what Prometheus and Grafana need to a volume of theirs."""
    for path in FILES.iterdir():
        shutil.copyfile(path, OUT / path.name)


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            serve()
        case ["monitoring"]:
            hand_out()
        case _:
            sys.exit("usage: python -m digit_watch [monitoring]")
