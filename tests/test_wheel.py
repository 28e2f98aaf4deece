"""What a user installs: a wheel that is complete and works away from the checkout."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

import sklaug

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("sklaug", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")


def run(*command, cwd, **environment):
    # Nothing of the checkout, and none of pip's own settings, may reach the new process.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PIP_", "COV"))
    }
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**inherited, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy of the sources: what an earlier build left is not in it."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignore = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignore)
        else:
            shutil.copy(ROOT / name, source / name)
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--no-cache-dir", "--quiet")
    run(sys.executable, "-m", "pip", "wheel", *options, "-w", folder, source, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def target(wheel):
    target = wheel.parent / "installed"
    options = ("--no-deps", "--no-index", "--no-cache-dir", "--quiet", "--no-compile")
    run(
        sys.executable, "-m", "pip", "install", *options, "--target", target, wheel,
        cwd=wheel.parent,
    )  # fmt: skip
    return target


@pytest.fixture(scope="module")
def run_installed(target, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run_installed(code):
        # -P keeps the current folder off the path.
        return run(
            sys.executable, "-P", "-c", code,
            cwd=elsewhere, PYTHONPATH=str(target), OMP_NUM_THREADS="1",
        ).strip()  # fmt: skip

    return run_installed


def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        licences = [name for name in archive.namelist() if name.endswith("LICENSE")]
    expected = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sklaug").rglob("*.py")}
    assert inside == expected | {"sklaug/py.typed"}
    assert len(licences) == 1


def test_the_wheel_says_its_version_and_what_it_needs(wheel):
    about = metadata(wheel)
    assert about["Name"] == "sklaug"
    assert about["Version"] == sklaug.__version__
    assert f"-{sklaug.__version__}-py3-none-any.whl" in wheel.name
    core = [need for need in about.get_all("Requires-Dist") if "extra ==" not in need]
    names = {re.match(r"[\w-]+", need).group() for need in core}
    assert {"torch", "numpy", "scipy", "scikit-learn", "pandas", "joblib", "tslearn"} == names


def test_the_installed_package_is_the_one_that_is_imported(run_installed, target):
    printed = run_installed("import sklaug; print(sklaug.__file__); print(sklaug.__version__)")
    file, version = printed.splitlines()
    assert Path(file).resolve().is_relative_to(target.resolve())
    assert version == sklaug.__version__


def test_the_installed_package_is_marked_as_typed(target):
    assert (target / "sklaug" / "py.typed").is_file()


def test_every_installed_module_can_be_imported(run_installed, target):
    code = """
import importlib, pathlib, sklaug
root = pathlib.Path(sklaug.__file__).parent
for path in sorted(root.rglob("*.py")):
    name = ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__")
    module = importlib.import_module(name)
    assert pathlib.Path(module.__file__).is_relative_to(root), module.__file__
    print(name)
"""
    assert "sklaug.generators._latent" in run_installed(code).splitlines()


def test_the_installed_package_generates_series(run_installed):
    code = """
from sklaug import LatentAugmenter
from sklaug.datasets import make_labelled_series
X, y = make_labelled_series(n_samples=12, n_timepoints=16, random_state=0)
print(LatentAugmenter(hidden_dim=4, max_epochs=1, random_state=0).fit_transform(X, y).shape)
"""
    assert run_installed(code) == "(12, 16)"
