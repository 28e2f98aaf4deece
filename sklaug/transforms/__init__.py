"""Transformations: small random changes of known strength, for series and for latent codes alike.

A transformation is a function ``f(Z, *, eta, rng)``. It takes an array `Z` of shape ``(n_ts, sz,
d)``, float32 or float64 and in units of one standard deviation, and returns a new array of the same
shape and dtype; `Z` may be read-only. Where it needs them it declares more keywords, ``mask`` or
``partner``, and gets only what it declares. To write one, keep these rules:

- ``eta=0`` gives `Z` itself, and a larger `eta` a larger change.
- Draws come first and do not depend on `eta`, so that two strengths with one seed differ in strength alone.
- Draws have the row as their leading axis, ``rng.standard_normal((len(Z), ...))``: what happens to a row depends on that
  row and its draws, never on the other rows.
- Series may differ in length: the rest of a short row is padding. Where it matters where a series ends, declare
  ``mask=None``, True where a value was observed, shape ``(n_ts, sz, d)`` or ``(n_ts, sz, 1)``. A series ends at the last
  step at which any channel was observed; a gap before it is no end. What happens to a series is what would happen to it
  alone, cut at its end; steps beyond come back as they are in `Z`. Draws do not depend on lengths, and None means that
  all series are of full length.

Where the order of the steps has to mean something, set ``f.needs_time_axis = True``. A line in
`TRANSFORMS` gives it a name. `restrict` keeps a transformation to some channels or to a range of
steps.
"""

from sklaug.transforms._calling import TRANSFORMS
from sklaug.transforms._restricting import restrict
from sklaug.transforms._time_warps import time_warp, window_warp
from sklaug.transforms._values import drift, jitter, magnitude_warp, mixup, scaling, trend

__all__ = [
    "TRANSFORMS",
    "drift",
    "jitter",
    "magnitude_warp",
    "mixup",
    "restrict",
    "scaling",
    "time_warp",
    "trend",
    "window_warp",
]
