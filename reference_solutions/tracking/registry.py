"""The registry of the tracking server: what is registered, and which version is in use."""

import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient, MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

ALIAS = "champion"
WEIGHTS = "weights.pt"


def register(name: str, run: str) -> None:
    """Register the model that the run has logged, and let the alias point at it."""
    client = MlflowClient()
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
            raise
    made = client.create_model_version(name, source=f"runs:/{run}/model", run_id=run)
    client.set_registered_model_alias(name, ALIAS, made.version)


def fetch(name: str) -> Path:
    """The weights of the version that the alias points at, as a file. Raises MlflowException."""
    address = f"models:/{name}@{ALIAS}"
    folder = mlflow.artifacts.download_artifacts(address, dst_path=tempfile.mkdtemp())
    return Path(folder) / WEIGHTS
