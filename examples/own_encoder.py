"""Bring your own encoder and transformation: a dilated convolution, and a perturbation that fades with time.

Run: python examples/own_encoder.py
"""

import numpy as np
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from torch import nn
from tslearn.neighbors import KNeighborsTimeSeriesClassifier

from sklaug import LatentAugmenter
from sklaug.datasets import make_labelled_series


class DilatedEncoder(nn.Module):
    """Residual convolutions that look 2, 4 and 8 steps to either side; one code for every 4 steps."""

    def __init__(self, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        self.n_outputs = hidden_dim = hidden_dim or 32
        self.first = nn.Conv1d(n_channels, hidden_dim, kernel_size=4, stride=4, padding=2)
        self.blocks = nn.ModuleList(
            nn.Conv1d(hidden_dim, hidden_dim, kernel_size=3, dilation=d, padding=d)
            for d in (2, 4, 8)
        )

    def forward(self, x):  # (b, sz, c)
        h = self.first(x.transpose(1, 2))  # (b, h, t_z)
        for block in self.blocks:
            h = h + torch.relu(block(h))
        return h.transpose(1, 2)  # (b, t_z, h)


def fading_jitter(Z, *, eta, rng):
    """Add noise that is strongest at the first code and gone at the last."""
    fade = np.linspace(1, 0, Z.shape[1], dtype=Z.dtype)[:, None]
    return Z + eta * fade * rng.standard_normal(Z.shape, dtype=Z.dtype)


def main():
    X, y = make_labelled_series(n_samples=120, n_timepoints=80, random_state=0)
    X_train, y_train, X_test, y_test = X[:60], y[:60], X[60:], y[60:]
    pipeline = make_pipeline(
        LatentAugmenter(max_epochs=60, random_state=0),
        KNeighborsTimeSeriesClassifier(n_neighbors=1, metric="euclidean"),
    )
    search = GridSearchCV(
        pipeline,
        {
            "latentaugmenter__encoder": [DilatedEncoder, "cnn_gru"],
            "latentaugmenter__transformation": [fading_jitter, ["drift", fading_jitter]],
            "latentaugmenter__eta": [0.1, 0.5],
        },
        cv=3,
    ).fit(X_train, y_train)

    print("TSTR by cross-validation on the training rows:")
    for params, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        encoder = getattr(params["latentaugmenter__encoder"], "__name__", "cnn_gru")
        chain = np.atleast_1d(np.array(params["latentaugmenter__transformation"], dtype=object))
        steps = " + ".join(getattr(step, "__name__", step) for step in chain)
        print(f"  {encoder:15} {steps:22} eta={params['latentaugmenter__eta']:<4} {score:.3f}")
    augmenter = search.best_estimator_[0]
    print(
        f"Chosen: test score {search.score(X_test, y_test):.3f}, {augmenter.n_parameters_:,} parameters,"
    )
    print(
        f"codes of shape {augmenter.code_shape_} a series, reconstruction score {augmenter.score(X_test, y_test):.3f}"
    )


if __name__ == "__main__":
    main()
