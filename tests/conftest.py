"""What every test runs under."""

from hypothesis import HealthCheck, settings

# These machines are shared: how long an example takes to make says nothing about the code.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")
