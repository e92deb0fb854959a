"""The shared libraries that a program loads: which Debian package each is from, which a machine lacks, their licences.

    libraries.py lacking PROGRAM PACKAGE...      those that a Debian with only these packages (and apt) does not have
    libraries.py grafted PROGRAM FOLDER          those that lie in FOLDER under the names that auditwheel gives
    libraries.py licences FOLDER LIBRARY...      copies the licence texts of these files' packages into FOLDER

Prints paths, one a line. Needs ldd and dpkg.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

COMMON_LICENCES = pathlib.Path("/usr/share/common-licenses")
DOCUMENTS = pathlib.Path("/usr/share/doc")


class LibraryError(Exception):
    """Why the libraries of a program cannot be told; one sentence."""


def output(*command):
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    if done.returncode != 0:
        raise LibraryError(f"{' '.join(command)} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def loaded(listing):
    """What `ldd` printed, as path by name; without the loader and the kernel's own."""
    paths = {}
    for line in listing.splitlines():
        name, arrow, rest = line.strip().partition(" => ")
        if not arrow:
            continue
        if rest.startswith("not found"):
            raise LibraryError(f"{name} is not found; expected every library of the program on this machine. "
                               "Run tools/setup build.")
        paths[name] = rest.rsplit(" (", 1)[0]
    return paths


def package_of(path, search=lambda path: output("dpkg-query", "--search", path)):
    """The Debian package that a file is from.

    Debian 12 has /lib as a link to /usr/lib, and some packages list their files under the one, some under the other.
    """
    real = os.path.realpath(path)
    for spelled in (real, real.removeprefix("/usr")):
        try:
            return search(spelled).split(":")[0]
        except LibraryError:
            continue
    raise LibraryError(f"{path}: no Debian package has this file; expected a library that apt has installed.")


def closure(packages):
    """These packages and all that they depend on, by the lists of apt; of alternatives all."""
    lines = output("apt-cache", "depends", "--recurse", "--important", *packages).splitlines()
    return {line.strip() for line in lines if line and not line.startswith((" ", "<"))}


def lacking(libraries, packages):
    """The libraries, by name, whose packages are none of these."""
    return {name: path for name, path in libraries.items() if package_of(path) not in packages}


def original_name(grafted):
    """libzip-5c554ca2.so.4.0, as auditwheel names its copies → libzip.so.4.0."""
    return re.sub(r"-[0-9a-f]{8}\.", ".", grafted, count=1)


def grafted(libraries, folder):
    """Where the libraries come from that lie in a wheel's folder."""
    sources = {os.path.basename(os.path.realpath(path)): path for path in libraries.values()}
    names = sorted(map(original_name, os.listdir(folder)))
    unknown = [name for name in names if name not in sources]
    if unknown:
        raise LibraryError(f"{folder}: {', '.join(unknown)}: the program loads no such library here.")
    return [sources[name] for name in names]


def copy_licences(folder, paths):
    """The copyright file of each path's package, the common licences that these name, and where the source is."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    lines, common = [], set()
    for path in sorted(paths, key=os.path.basename):
        package = package_of(path)
        copyright = DOCUMENTS / package / "copyright"
        if not copyright.exists():
            raise LibraryError(f"{copyright} is missing; expected the licence of {path}. Reinstall {package}.")
        shutil.copyfile(copyright, folder / f"{package}.txt")
        common |= set(re.findall(r"/usr/share/common-licenses/([A-Za-z0-9.-]*[A-Za-z0-9])", copyright.read_text(
            encoding="utf-8", errors="replace")))
        source = output("dpkg-query", "-W", "-f", "${source:Package} ${source:Version}", package)
        lines.append(f"{os.path.basename(path)}: package {package}, source {source}\n")
    for name in sorted(common):
        if (COMMON_LICENCES / name).exists():
            shutil.copyfile(COMMON_LICENCES / name, folder / f"common-{name}.txt")
    (folder / "libraries.txt").write_text(
        "Libraries of Debian, unchanged but for the names by which they find each other. Their sources are at\n"
        "https://snapshot.debian.org/package/SOURCE/VERSION/.\n\n" + "".join(lines), encoding="utf-8")


def main(arguments):
    match arguments:
        case ["lacking", program, *packages] if packages:
            print(*lacking(loaded(output("ldd", program)), closure([*packages, "apt"])).values(), sep="\n")
        case ["grafted", program, folder]:
            print(*grafted(loaded(output("ldd", program)), folder), sep="\n")
        case ["licences", folder, *paths] if paths:
            copy_licences(folder, paths)
        case _:
            print(__doc__, file=sys.stderr)
            return 64
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except LibraryError as error:
        print(f"tools/release: {error}", file=sys.stderr)
        sys.exit(2)
