"""Hypothesis profiles: the one for every run is derandomised, so that a failure is the change's and not the day's."""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    # explaining a failure tries a thousand more drawings
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink],
)
settings.load_profile("ci")
