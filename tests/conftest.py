"""Fixtures that several test files share."""

import pytest


@pytest.fixture
def trainings(monkeypatch):
    """Count the runs of the training loop, in this process."""
    from sklaug import _training

    started = []

    class Counted(_training._Run):
        def train(self, monitor):
            started.append(1)
            return super().train(monitor)

    monkeypatch.setattr(_training, "_Run", Counted)
    return started
