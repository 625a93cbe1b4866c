"""Requests generated from the description of the API: nothing falls over, and every answer is as described."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import door
from tests.attacks.target import CPF, Target

EXAMPLES = 15
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip


@pytest.mark.parametrize("who", ["admin", "clerk"])
def test_generated_requests_get_described_answers(target: Target, who: str) -> None:
    """Each is asked by the description that they themselves get."""
    token = door.made_token(getattr(target, who), escrever="sim")
    headers = {"Authorization": f"Bearer {token}"}
    config = SchemathesisConfig.from_dict({"generation": {"max-examples": EXAMPLES, "deterministic": True}})
    there = f"{target.address}/api/v1/openapi.json"
    schema = schemathesis.openapi.from_url(there, config=config, headers=headers)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) >= (25 if who == "admin" else 15)
    for operation in operations:
        _ask(operation, headers, is_limited=who == "clerk")
    assert door.is_in(target.admin)


def _ask(operation: Any, headers: dict[str, str], *, is_limited: bool) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call_and_validate(checks=CHECKS, headers=headers)
        assert not is_limited or CPF not in answer.text

    ask()
