"""What a change costs for complete series of equal length: the checkout against another revision, interleaved.

Both run in processes of their own, in turn (A B A B), on the same series; each figure is the median of
the ratios of neighbours.

Run: python examples/benchmarks/overhead.py [--against REVISION] [--quick]
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from report import Table, parse_arguments

ROOT = Path(__file__).resolve().parents[2]
SHAPES = ((100, 275, 1), (1000, 100, 3), (241, 10, 89))
PROBE = """
import json, sys, time, warnings
import numpy as np
from sklaug import LatentAugmenter
shape = json.loads(sys.argv[1])
X = np.random.default_rng(0).normal(size=shape).cumsum(axis=1)
y = np.arange(len(X)) % 3
augmenter = LatentAugmenter(max_epochs=20, batch_size=64, random_state=0)
augmenter.set_params(max_epochs=1).fit(X, y)
augmenter.set_params(max_epochs=20)
seconds = {}
for name, call in {
    "fit": lambda: augmenter.fit(X, y),
    "augment": lambda: [augmenter.augment(X, y) for _ in range(10)],
    "sample": lambda: [augmenter.sample(len(X)) for _ in range(10)],
    "transform": lambda: [augmenter.transform(X) for _ in range(20)],
}.items():
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # transform after fit warns
        call()
    seconds[name] = time.perf_counter() - start
print(json.dumps(seconds))
"""


def main():
    arguments = parse_arguments(
        __doc__.splitlines()[0],
        against={"default": "HEAD~1", "help": "revision to compare with (default: HEAD~1)"},
    )
    table = Table(arguments, "overhead", ["shape", "round"])
    with tempfile.TemporaryDirectory() as folder:
        earlier = Path(folder) / "earlier"
        subprocess.run(
            ["git", "worktree", "add", "--detach", earlier, arguments.against], cwd=ROOT, check=True
        )
        try:
            measure(table, earlier, arguments)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", earlier], cwd=ROOT, check=True)
    write(table, arguments.against)


def measure(table, earlier, arguments):
    for shape in SHAPES[:1] if arguments.quick else SHAPES:
        for turn in range(2 if arguments.quick else 6):
            if not table.has(shape=str(shape), round=turn):
                # Whoever goes second finds another machine than the first: take turns at that too.
                order = (earlier, ROOT) if turn % 2 else (ROOT, earlier)
                seconds = {checkout: probe(checkout, shape) for checkout in order}
                before, now = seconds[earlier], seconds[ROOT]
                ratios = {f"{name}_ratio": now[name] / before[name] for name in now}
                table.add(shape=str(shape), round=turn, **ratios)


def probe(checkout, shape):
    environment = os.environ | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", PROBE, json.dumps(shape)]
    run = subprocess.run(command, env=environment, cwd=checkout, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(run.stderr)
    return json.loads(run.stdout)


def write(table, revision):
    rows = table.frame()
    medians = rows.groupby("shape", sort=False).median(numeric_only=True).drop(columns="round")
    spread = rows.groupby("shape", sort=False)["fit_ratio"].agg(
        lambda values: "{:.3f} to {:.3f}".format(*np.quantile(values, [0.25, 0.75]))
    )
    table.write(
        "Cost of a change for complete series",
        f"Seconds of this checkout : seconds at {revision}; medians over neighbouring runs. `fit` is twenty epochs in batches "
        "of 64, `augment` and `sample` ten calls, `transform` twenty.",
        {"Ratios": pd.DataFrame(medians).assign(fit_quartiles=spread).reset_index()},
    )


if __name__ == "__main__":
    main()
