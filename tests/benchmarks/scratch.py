"""A database of its own for a benchmark, on the usual server; dropped in the end."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from sqlalchemy import Engine

from kernel.database import Settings
from kernel.rehearsal.scratch import scratch


def scratch_database() -> AbstractContextManager[Engine]:
    """Give an engine on a prepared, empty database."""
    return scratch(Settings.from_environment(os.environ))
