"""How the package hangs together: who imports whom, what an import costs, what is documented."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import sklaug

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "sklaug"

# A module imports from lower floors, and from its siblings where its floor allows it. A name ending
# in a dot stands for all modules of that folder. To add a module, put it on its floor.
FLOORS = [
    # The ground: beside the version, no module here knows an estimator.
    """_version _validation _targets _random _series _filling _supports _scaling _units _lengths _codes
    _flat _averaging _optimizer _threads _training _quantization _inference _partners _perturbation
    _trends _priors _callbacks _persistence
    _caching transforms. networks.""",
    "base preprocessing. datasets density metrics.",
    "generators.",
    "meta.",
    "model_selection. plotting.",
]
# What may stand in a module on its way to a user, whatever the floor of the importer.
FOR_ALL = {"_version"}
# Networks take tensors and give tensors: torch, and of the standard library nothing that draws,
# reads or writes.
NETWORKS_MAY_IMPORT = (sys.stdlib_module_names | {"torch"}) - {
    "random", "secrets", "os", "io", "pathlib", "pickle", "shutil", "tempfile", "subprocess"
}  # fmt: skip


def module_name(path):
    """Return the name within the package: "networks.cvae"; a package goes by its folder's."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules():
    return {
        module_name(path): path.read_text(encoding="utf-8")
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "__init__.py"
    }


def floor_of(module):
    for height, names in enumerate(FLOORS):
        for name in names.split():
            if module == name or (name.endswith(".") and f"{module}.".startswith(name)):
                return height
    return None


def imports(source):
    """Yield every import of a source as (module, name or None), wherever it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((module, alias.name) for alias in node.names)


def internal_imports(source, known):
    """Yield the modules of the package that a source imports, or the complaint about how it does."""
    for module, name in imports(source):
        if module.startswith("."):
            yield None, f"imports {module!r}: write the whole path"
        elif module == "sklaug" or module.startswith("sklaug."):
            inside = module.removeprefix("sklaug").lstrip(".")
            if inside in known and any(other.startswith(f"{inside}.") for other in known):
                yield None, f"imports {name!r} through the __init__ of {module}"
            elif inside not in known:
                yield None, f"imports {name or ''!r} through {module}"
            else:
                yield inside, None


def complaints(module, source, known):
    """Return what is wrong with the imports of a module, as a list of sentences."""
    height = floor_of(module)
    if height is None:
        return [f"{module} has no floor in the table of this test"]
    found = []
    for imported, complaint in internal_imports(source, known):
        if complaint:
            found.append(f"{module} {complaint}")
        elif imported not in FOR_ALL and floor_of(imported) > height:
            found.append(f"{module} imports {imported}, which is on a higher floor")
        elif module.startswith("networks.") and not imported.startswith("networks."):
            found.append(f"{module} imports {imported}, but networks know only networks")
    if module.startswith("networks."):
        outside = {imported.partition(".")[0] for imported, _ in imports(source)}
        for name in sorted(outside - NETWORKS_MAY_IMPORT - {"sklaug"}):
            found.append(f"{module} imports {name}, but networks need torch alone")
    return found


def find_cycle(graph):
    """Return the modules of a cycle, or None."""
    done, path = set(), []

    def visit(module):
        if module in path:
            return [*path[path.index(module) :], module]
        if module in done:
            return None
        path.append(module)
        for imported in sorted(graph.get(module, ())):
            cycle = visit(imported)
            if cycle:
                return cycle
        path.pop()
        done.add(module)
        return None

    for module in sorted(graph):
        cycle = visit(module)
        if cycle:
            return cycle
    return None


# -------------------------------------------------------------------------------------------------
# Floors
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", modules())
def test_a_module_imports_only_from_its_floor_and_below(module):
    assert complaints(module, modules()[module], modules().keys()) == []


@pytest.mark.parametrize(
    "module, source",
    [
        ("_scaling", "from sklaug.base import BaseGenerator"),
        ("base", "import sklaug.generators._latent"),
        ("base", "def f():\n    from sklaug.generators._latent import LatentAugmenter"),
        ("base", "from sklaug import LatentAugmenter"),
        ("base", "import sklaug"),
        ("base", "from sklaug import _random"),
        ("base", "from sklaug.networks import cvae"),
        ("base", "from sklaug.generators import LatentAugmenter"),
        ("base", "from . import _random"),
        ("networks.cvae", "from ..base import BaseGenerator"),
        ("networks.cvae", "import numpy as np"),
        ("networks.cvae", "import random"),
        ("networks.cvae", "from sklearn.base import BaseEstimator"),
        ("networks.cvae", "from sklaug._random import draw_seed"),
        ("networks.cvae", "from sklaug.base import BaseGenerator"),
        ("somewhere_new", ""),
    ],
)
def test_a_breach_of_the_floors_is_found(module, source):
    assert len(complaints(module, source, modules().keys())) >= 1


@pytest.mark.parametrize(
    "module, source",
    [
        ("base", "import numpy as np\nfrom sklaug._random import draw_seed"),
        ("base", "from sklaug._version import __version__"),
        ("networks.cvae", "import torch\nfrom sklaug.networks.encoders import ENCODERS"),
        ("generators._latent", "from sklaug.base import BaseAugmenter"),
    ],
)
def test_what_the_floors_allow_is_allowed(module, source):
    assert complaints(module, source, modules().keys()) == []


def test_no_module_imports_itself_by_a_detour():
    known = modules().keys()
    graph = {
        module: {imported for imported, _ in internal_imports(source, known) if imported}
        for module, source in modules().items()
    }
    assert sum(map(len, graph.values())) > 20
    assert find_cycle(graph) is None


def test_a_detour_is_found():
    assert find_cycle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) == ["a", "b", "c", "a"]
    assert find_cycle({"a": {"a"}}) == ["a", "a"]
    assert find_cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) is None


# -------------------------------------------------------------------------------------------------
# The front door
# -------------------------------------------------------------------------------------------------


def run_python(code):
    """Run code in a new process from the checkout and return what it printed."""
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout


def test_importing_the_package_is_light():
    heavy = ("torch", "tslearn", "numba", "statsmodels", "matplotlib")
    code = f"import sys, sklaug; print([name for name in {heavy!r} if name in sys.modules])"
    assert run_python(code).strip() == "[]"


def test_a_fit_does_not_load_torchs_compiler():
    """It takes seconds, in every worker of a grid."""
    code = (
        "import sys, numpy as np; from sklaug import LatentAugmenter; "
        "LatentAugmenter(hidden_dim=4, max_epochs=1).fit(np.random.rand(4, 9)); "
        "print('torch._dynamo' in sys.modules)"
    )
    assert run_python(code).strip() == "False"


def test_datasets_transforms_and_preprocessing_need_neither_torch_nor_tslearn():
    code = (
        "import sys, sklaug.preprocessing; sklaug.datasets, sklaug.transforms;"
        "print([name for name in ('torch', 'tslearn') if name in sys.modules])"
    )
    assert run_python(code).strip() == "[]"


def test_classical_augmenters_need_no_torch_to_be_fitted_and_drawn_from():
    code = (
        "import sys, numpy as np, sklaug; X, y = np.random.rand(9, 8), np.arange(9) % 3;"
        "print([name for name in sklaug.__all__ if name[0].isupper() and name != 'LatentAugmenter'"
        " and getattr(sklaug, name) and 'torch' in sys.modules]);"
        "augmenter = sklaug.DirectAugmenter().fit(X, y); augmenter.augment(X, y), augmenter.sample(3);"
        "print('torch' in sys.modules)"
    )
    assert run_python(code).split() == ["[]", "False"]


def test_the_estimators_come_without_tslearn():
    code = "import sys, sklaug; sklaug.LatentAugmenter; print('tslearn' in sys.modules)"
    assert run_python(code).strip() == "False"


def test_an_import_leaves_the_global_state_of_numpy_and_torch_as_it_was():
    code = """
import warnings
import numpy as np, torch
def state():
    return (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist(),
            torch.get_num_threads(), torch.get_default_dtype(), np.geterr(), list(warnings.filters))
import sklearn.base, sklearn.mixture, sklearn.covariance, pandas
before = state()
from sklaug import LatentAugmenter
print(before == state())
"""
    assert run_python(code).strip() == "True"


def test_the_public_names_are_listed_and_there():
    assert sorted(dir(sklaug)) == sorted(sklaug.__all__) == sorted(set(sklaug.__all__))
    for name in sklaug.__all__:
        assert getattr(sklaug, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'sklaug' has no attribute 'Nonsense'"):
        _ = sklaug.Nonsense
    with pytest.raises(ImportError):
        exec("from sklaug import Nonsense", {})


# -------------------------------------------------------------------------------------------------
# Documentation
# -------------------------------------------------------------------------------------------------


def public_objects():
    """Return every public class and function: those of the package and those of its public modules."""
    found = {}
    for name in sklaug.__all__:
        thing = getattr(sklaug, name)
        if inspect.ismodule(thing):
            for inner in getattr(thing, "__all__", [n for n in vars(thing) if n[0] != "_"]):
                value = getattr(thing, inner)
                # A package's are written in its private modules.
                own = f"{getattr(value, '__module__', '')}.".startswith(f"{thing.__name__}.")
                if own and (inspect.isclass(value) or inspect.isfunction(value)):
                    found[f"{name}.{inner}"] = value
        elif inspect.isclass(thing) or inspect.isfunction(thing):
            found[name] = thing
    return found


def sections(thing):
    """Return the numpydoc sections of a docstring: lines that are underlined with dashes."""
    lines = inspect.cleandoc(thing.__doc__ or "").splitlines()
    return [
        title
        for title, line in pairwise(lines)
        if title and set(line) == {"-"} and len(line) == len(title)
    ]


@pytest.mark.parametrize("thing", public_objects().values(), ids=public_objects())
def test_what_is_public_is_documented(thing):
    documentation = inspect.cleandoc(thing.__doc__ or "")
    assert documentation.partition("\n")[0].endswith(".")
    assert "Parameters" in sections(thing) or not inspect.signature(thing).parameters


@pytest.mark.parametrize("name", public_objects())
def test_what_is_public_comes_with_an_example_or_names_what_makes_it(name):
    thing, home = public_objects()[name], ".".join(["sklaug", *name.split(".")[:-1]])
    maker = re.search(r"\n *(\w+) : Make (?:one|them), with an example\.\n", thing.__doc__)
    if maker:
        thing = getattr(importlib.import_module(home), maker[1])
    assert "Examples" in sections(thing)
    assert re.search(rf">>> from {home} import .*\b{thing.__name__}\b", thing.__doc__)


@pytest.mark.parametrize("thing", public_objects().values(), ids=public_objects())
def test_every_parameter_and_no_other_is_described(thing):
    _, _, text = inspect.cleandoc(thing.__doc__).partition("\nParameters\n----------\n")
    described = []
    for line in text.split("\n\n")[0].splitlines():
        if line and not line.startswith(" ") and " : " in line:
            described += [name.strip(" *") for name in line.split(" : ")[0].split(",")]
    assert described == list(inspect.signature(thing).parameters)


@pytest.mark.parametrize(
    "name", [name for name in public_objects() if inspect.isclass(public_objects()[name])]
)
def test_every_public_method_is_documented(name):
    for method_name, method in inspect.getmembers(public_objects()[name], inspect.isfunction):
        if method_name.startswith("_") or not method.__module__.startswith("sklaug"):
            continue
        assert method.__doc__, f"{name}.{method_name} has no docstring"
        takes_something = len(inspect.signature(method).parameters) > 1
        assert "Parameters" in sections(method) or not takes_something, f"{name}.{method_name}"


def test_the_picture_of_the_house_shows_every_module():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    picture = text.split("## The house")[1].split("```")[1]
    shown = {path.split("/")[-1] for path in re.findall(r"[\w/]+\.py\b", picture)}
    there = {path.name for path in PACKAGE.rglob("*.py")}
    assert shown == there - {"__init__.py", "_version.py"}


# -------------------------------------------------------------------------------------------------
# What must not be in the repository
# -------------------------------------------------------------------------------------------------


# What every Unix has: an interpreter in a first line, and the files that tell the processor and the memory.
COMMON_PLACES = ("/usr/bin/", "/proc/cpuinfo", "/proc/self/")


def foreign_places(text):
    """Find absolute paths, addresses of package indexes, and private keys."""
    paths = re.findall(r"(?<![\w.:/<)\]}'`*-])/(?:\w[\w.-]*/)+[\w.-]*", text)
    others = re.findall(r"https?://[^\s)>]*/simple\b|-{5}BEGIN [A-Z ]*KEY", text)
    return [path for path in paths if not path.startswith(COMMON_PLACES)] + others


INDEX = "/".join(["https:/", "{}", "simple"])  # joined here, or this file would be found itself


@pytest.mark.parametrize("place", ["/{}/main", "/{}/one/two.py", INDEX, "-----BEGIN {} KEY"])
def test_a_foreign_place_is_found(place):
    assert foreign_places(f"see {place.format('SOME')} there")


def test_no_file_tells_where_it_was_written():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    found = []
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if not path.is_file():  # deleted, and not yet committed
            continue
        content = path.read_bytes()
        try:
            found += [f"{name}: {place}" for place in foreign_places(content.decode("utf-8"))]
        except UnicodeDecodeError:  # a picture: any bytes look like paths, so seek this one
            found += [name] if bytes(ROOT) in content else []
    assert found == []
