"""This file holds the settings of the product's own PostgreSQL, fitted to the machine."""

from __future__ import annotations

import psutil


def memory(share: int, least: int, most: int) -> str:
    """Return 1/share of the machine's memory within limits, as PostgreSQL writes it."""
    total = psutil.virtual_memory().total // (1024 * 1024)
    return f"{max(least, min(most, total // share))}MB"


def settings() -> dict[str, str]:
    """Return settings for one interactive application on a machine that does other things too."""
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "shared_buffers": memory(8, 64, 512),
        "effective_cache_size": memory(2, 256, 16384),
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "random_page_cost": "1.1",
        "jit": "off",  # it costs more than it saves on short queries
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "logging_collector": "on",
        "log_directory": "log",
        "log_filename": "postgresql-%a.log",  # a week of logs that overwrite themselves
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_line_prefix": "%m [%p] %a ",
        "log_min_duration_statement": "5s",
    }
