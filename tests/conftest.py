"""What every test runs under."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# a busy machine is no defect: examples are judged by what they give, never by how long they took
settings.register_profile("auditor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("auditor")
