"""The parts of tools/release that need no build: tools/release check tries the rest."""

import pathlib
import shutil
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = HERE.parent
sys.path.insert(0, str(HERE))

import libraries  # noqa: E402

needs_debian = pytest.mark.skipif(not shutil.which("dpkg-query"), reason="needs Debian's dpkg")

LISTING = """\
\tlinux-vdso.so.1 (0x00007f04d8255000)
\tlibzip.so.4 => /lib/x86_64-linux-gnu/libzip.so.4 (0x00007f04d81fc000)
\tlibdeflate.so.0 => /opt/with (space)/libdeflate.so.0 (0x00007f04d821a000)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f04d8257000)
"""


def test_ldd_is_read():
    assert libraries.loaded(LISTING) == {
        "libzip.so.4": "/lib/x86_64-linux-gnu/libzip.so.4",
        "libdeflate.so.0": "/opt/with (space)/libdeflate.so.0",
    }


def test_a_library_that_is_not_found_is_named():
    with pytest.raises(libraries.LibraryError, match="libzip.so.4 is not found; expected every library"):
        libraries.loaded("\tlibzip.so.4 => not found\n")


def test_a_file_is_searched_under_both_spellings_of_lib():
    asked = []

    def search(path):
        asked.append(path)
        if path.startswith("/usr"):
            raise libraries.LibraryError("no path found")
        return f"libkeyutils1:amd64: {path}"

    assert libraries.package_of("/usr/lib/absent.so.1", search) == "libkeyutils1"
    assert asked == ["/usr/lib/absent.so.1", "/lib/absent.so.1"]


@needs_debian
def test_a_file_of_no_package_is_refused(tmp_path):
    (tmp_path / "own.so").touch()
    with pytest.raises(libraries.LibraryError, match="own.so: no Debian package has this file"):
        libraries.package_of(str(tmp_path / "own.so"))


@needs_debian
def test_what_the_packages_bring_is_not_lacking():
    loaded = libraries.loaded(libraries.output("ldd", "/bin/sh"))
    assert set(loaded) == {"libc.so.6"}
    assert libraries.lacking(loaded, {"libc6"}) == {}
    assert libraries.lacking(loaded, {"libzip4"}) == loaded


@pytest.mark.parametrize("grafted, original", [
    ("libzip-5c554ca2.so.4.0", "libzip.so.4.0"),
    ("libopenblasp-r0-234bd196.3.21.so", "libopenblasp-r0.3.21.so"),
    ("libldap-2-062bb940.5.so.0.1.8", "libldap-2.5.so.0.1.8"),
])
def test_names_of_auditwheel_are_taken_back(grafted, original):
    assert libraries.original_name(grafted) == original


def test_grafted_libraries_are_traced_to_their_files(tmp_path):
    system, wheel = tmp_path / "system", tmp_path / "wheel"
    system.mkdir()
    wheel.mkdir()
    (system / "libzip.so.4.0").touch()
    (system / "libzip.so.4").symlink_to("libzip.so.4.0")
    (wheel / "libzip-5c554ca2.so.4.0").touch()
    assert libraries.grafted({"libzip.so.4": str(system / "libzip.so.4")}, wheel) == [str(system / "libzip.so.4")]
    (wheel / "libother-5c554ca2.so.1").touch()
    with pytest.raises(libraries.LibraryError, match="libother.so.1: the program loads no such library"):
        libraries.grafted({"libzip.so.4": str(system / "libzip.so.4")}, wheel)


@needs_debian
def test_licences_come_with_the_texts_that_they_name(tmp_path):
    libc = libraries.loaded(libraries.output("ldd", "/bin/sh"))["libc.so.6"]
    libraries.copy_licences(tmp_path, [libc])
    assert (tmp_path / "libc6.txt").read_bytes() == pathlib.Path("/usr/share/doc/libc6/copyright").read_bytes()
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (tmp_path / "common-LGPL-2.1.txt").read_text()
    assert "libc.so.6: package libc6, source glibc 2." in (tmp_path / "libraries.txt").read_text()


HDF5 = sorted(pathlib.Path("/usr/lib").glob("*/libhdf5_serial.so.103"))


@pytest.mark.skipif(not HDF5 or not shutil.which("clang"), reason="needs libhdf5-103-1 and clang")
def test_curl_has_what_libhdf5_asks_of_it(tmp_path):
    """A name that is missing would end every command that calls it, or all where LD_BIND_NOW is set."""
    subprocess.run(["clang", "-shared", "-fPIC", "-nostdlib", "-Wall", "-Werror", "-o", tmp_path / "curl.so",
                    HERE / "curl.c"], check=True)

    def names(*command):
        lines = subprocess.run(["nm", "-D", *command], check=True, capture_output=True, text=True).stdout.splitlines()
        return {line.split()[-1].split("@")[0] for line in lines if " curl_" in line}

    assert len(names("--undefined-only", HDF5[0])) == 8
    assert names("--undefined-only", HDF5[0]) == names("--defined-only", tmp_path / "curl.so")


@pytest.mark.parametrize("command, status, sentence", [
    (["release"], 64, "tools/release prefix DIR"),
    (["release", "prefix"], 64, "tools/release prefix DIR"),
    (["release", "wheel", "-x"], 64, "tools/release wheel"),
    (["release", "prefix", "/proc/nothing"], 2, "/proc/nothing: this folder cannot be written. Choose another"),
    (["release", "wheel", "-o", "/proc/nothing"], 2, "/proc/nothing: this folder cannot be written. Choose another"),
    (["release", "check", "other"], 64, "tools/release check [prefix|wheel]"),
    (["setup", "--prefix"], 64, "--prefix: the folder to install in is missing"),
    (["setup", "--prefix="], 64, "no part is named '--prefix='"),
    (["setup", "relaese"], 64, "no part is named 'relaese'"),
])
def test_what_cannot_be_done_is_said_before_anything_is_built(command, status, sentence):
    done = subprocess.run([TOOLS / command[0], *command[1:]], capture_output=True, text=True, timeout=60)
    assert done.returncode == status
    assert sentence in done.stderr
