"""The embedded model for tests, fetched once into the user's cache folder.

python -c "from tests.local_model import data_folder; data_folder()"
"""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path

from bridges._local_models.store import DEFAULT, Store


def data_folder() -> Path:
    """Returns a data folder in whose models the default model lies."""
    folder = user_cache_path("llmspell") / "tests"
    Store(folder / "models").pull(DEFAULT, lambda done, total: None)
    return folder
