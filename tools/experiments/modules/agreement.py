"""How far estimators agree on the same recording: in verdicts, in the order of the records, in bits."""

import collections
import dataclasses
import itertools
import math
import statistics

from conventions import FALLS, OUT, STAYS, LayerAnswer, flags

# A number with one of these says nothing of the order of records: it is a ceiling or no information at all.
_NO_MEASUREMENT = {"saturated", "constant", "dead"}


@dataclasses.dataclass(frozen=True)
class Cell:
    """One layer of one run by one method: its series over the records, and what infoplane verdict says of it."""

    epochs: tuple
    values: tuple
    flags: tuple
    ceiling: float | None
    answer: LayerAnswer | None

    @property
    def says(self):
        return self.answer.says if self.answer else OUT

    @property
    def measured(self):
        """epoch → value of the records that are a measurement."""
        return {epoch: value for epoch, value, own in zip(self.epochs, self.values, self.flags)
                if not _NO_MEASUREMENT & set(own)}

    @property
    def is_usable_at_the_end(self):
        return not (_NO_MEASUREMENT | {"bound-violated"}) & set(self.flags[-1])


def method_name(estimator, discretization, samples, most):
    """`plug-in width:30@run`; with the number of samples where it is not the largest one."""
    name = f"{estimator} {discretization}" if discretization else estimator
    return name if samples == most else f"{name}, n = {samples}"


def cells_of(rows, verdicts, quantities):
    """(quantity, method, layer) → Cell, from exported rows and the objects of infoplane verdict --json."""
    most = max(row["samples"] for row in rows)
    series = collections.defaultdict(list)
    for row in rows:
        if row["quantity"] in quantities and not row["target"]:
            name = method_name(row["estimator"], row["discretization"], row["samples"], most)
            series[row["quantity"], name, row["layer"]].append(row)
    answers = {
        (verdict["quantity"], method_name(method["estimator"], method["discretization"], method["samples"], most),
         verdict["layer"]): LayerAnswer.of(verdict["layer"], method)
        for verdict in verdicts if not verdict["target"] for method in verdict["methods"]}
    cells = {}
    for key, own in series.items():
        own.sort(key=lambda row: row["epoch"])
        cells[key] = Cell(
            *(tuple(row[column] for row in own) for column in ("epoch", "value")), tuple(tuple(flags(row)) for row in own),
            own[-1]["ceiling"], answers.get(key))
    return cells


def kendall(a, b, fewest=5):
    """Kendall's τ_b of two series, epoch → value, over the epochs that both have.

    None where they share fewer than `fewest` of them, or one does not move. (1 + τ)/2 is the share of pairs of records that both
    put in the same order, where there are no ties.
    """
    shared = sorted(set(a) & set(b))
    if len(shared) < fewest:
        return None
    concordant = discordant = 0
    ties = [0, 0]
    for first, second in itertools.combinations(shared, 2):
        x, y = a[first] - a[second], b[first] - b[second]
        ties[0] += x == 0
        ties[1] += y == 0
        concordant += x * y > 0
        discordant += x * y < 0
    pairs = len(shared) * (len(shared) - 1) // 2
    if pairs in ties:
        return None
    return (concordant - discordant) / math.sqrt((pairs - ties[0]) * (pairs - ties[1]))


def mean_of(values):
    """The mean of what is not None; None where nothing is left."""
    kept = [value for value in values if value is not None]
    return statistics.mean(kept) if kept else None


def mean_and_range(per_run, form="{:+.2f}"):
    """`mean [smallest, largest]` of one value per independent run, and how many of the runs have one where not all; – if none."""
    kept = [value for value in per_run if value is not None]
    if not kept:
        return "–"
    shown = [form.format(value) for value in (statistics.mean(kept), min(kept), max(kept))]
    text = f"{shown[0]} [{shown[1]}, {shown[2]}]" if len(kept) > 1 else shown[0]
    return text if len(kept) == len(per_run) else f"{text} ({len(kept)} of {len(per_run)})"


@dataclasses.dataclass
class Share:
    """How many of some cases are so. holds: whether at least `enough` of them are; None where there is no case."""

    good: int = 0
    count: int = 0
    enough: float = 0.9

    def add(self, is_good):
        self.good += bool(is_good)
        self.count += 1

    @property
    def holds(self):
        return self.good >= self.enough * self.count if self.count else None

    def __str__(self):
        return f"{self.good} of {self.count}" + (f" ({self.good / self.count:.0%})" if self.count else "")


def unanimous(answers):
    """Whether nobody contradicts, of those who decide; None where fewer than two do."""
    decided = [answer for answer in answers if answer in (FALLS, STAYS)]
    return len(set(decided)) == 1 if len(decided) > 1 else None
