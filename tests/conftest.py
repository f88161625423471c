"""What every test runs under."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# a busy machine is no defect: examples are judged by what they give, never by how long they took
settings.register_profile("auditor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("auditor")

# what a pipeline or a developer has set for the auditor itself is not for the auditors under test
for _name in ("AUDITOR_CONFIG", "AUDITOR_LANG", "GITHUB_ACTIONS", "GITHUB_WORKSPACE", "SOURCE_DATE_EPOCH"):
    os.environ.pop(_name, None)
