"""The one exception of the package."""

from __future__ import annotations

import difflib
from typing import Iterable, NamedTuple


class Finding(NamedTuple):
    """One thing that is wrong: where, what, and what to do."""

    location: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.location}: {self.problem}. {self.remedy}"


class ArchiveError(Exception):
    """What cannot be recorded or read, as sentences that say where, what is wrong and what to do.

    ``findings`` holds all contradictions that were found, not the first one only.
    """

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*findings)
        self.findings = findings

    def __str__(self) -> str:
        return "\n".join(map(str, self.findings))


def refusal(location: str, problem: str, remedy: str) -> ArchiveError:
    """An error with one finding."""
    return ArchiveError(Finding(location, problem, remedy))


def counted(count: int, noun: str) -> str:
    """``1 record``, ``2 records``."""
    plural = noun + ("es" if noun.endswith("s") else "s")
    return f"{count} {noun if count == 1 else plural}"


def listed(names: Iterable[str], most: int = 20) -> str:
    """Names for a sentence; of very many the first ones."""
    names = list(names)
    if not names:
        return "none"
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def suggestion(name: str, names: Iterable[str]) -> str:
    """A sentence that names the nearest of ``names``, or asks for one of them."""
    found = difflib.get_close_matches(name, list(names), n=3, cutoff=0.5)
    return "Did you mean " + " or ".join(f"“{near}”" for near in found) + "?" if found else "Name one of these."
