"""Whatever is sent to any route, by anybody: an answer of ours, no fault, nothing given away."""

import pytest
from hypothesis import HealthCheck, given, settings

CALLS = 8
"""Requests for each route, role and mode: what the route describes, and what breaks that."""


def operations(app):
    """Every route as FastAPI describes it, with a strategy of requests."""
    import schemathesis  # here, since only these slow tests need what takes a second to import

    schema = schemathesis.openapi.from_dict(app.openapi())
    for found in schema.get_all_operations():
        yield found.ok()


LEFT_OUT = {"/login", "/logout"}
"""They begin and end sessions, and have tests of their own."""


def modes(operation):
    """Requests as they should be, and wrong ones where the route takes anything at all."""
    from schemathesis import GenerationMode

    yield GenerationMode.POSITIVE
    if "{" in operation.path or operation.method != "get":
        yield GenerationMode.NEGATIVE


def asking(operation, mode, hold):
    """A property: whatever request this route gets, `hold` must hold for the answer."""

    @settings(
        max_examples=CALLS, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        hold(case)

    return ask


@pytest.mark.slow
@pytest.mark.parametrize("name", [None, "anna", "coordinator", "pathology", "statistician"])
def test_no_request_brings_a_fault_or_a_secret(hospital, serve, name):
    server = serve(hospital.app)
    client = hospital.client(name)
    cookie = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
    headers = {"cookie": cookie, "x-csrf-token": client.csrf}
    seen = set()

    def hold(case):
        answer = case.call(base_url=server.address, headers=headers)
        seen.add(case.operation.label)
        assert answer.status_code < 500, case.operation.label
        assert "default-src 'none'" in answer.headers["content-security-policy"][0]
        if name in (None, "anna"):
            assert hospital.canary not in answer.text

    asked = [each for each in operations(hospital.app) if each.path not in LEFT_OUT]
    for operation in asked:
        for mode in modes(operation):
            asking(operation, mode, hold)()
    assert len(seen) == len([path for _, path, _ in hospital.routes() if path not in LEFT_OUT])
    assert hospital.room.trail.broken() == []
