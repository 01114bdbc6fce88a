"""Starts the service: `python -m drift_service` listens on `$PORT`, or on 8000."""

import os

import torch
import uvicorn

from drift_service.app import create_app


def main() -> None:
    """Serve until the end."""
    torch.set_num_threads(1)  # the tables are small: more threads only wait for each other
    port = int(os.environ.get("PORT", "8000"))
    uvicorn.run(create_app(), host="0.0.0.0", port=port)


if __name__ == "__main__":
    main()
