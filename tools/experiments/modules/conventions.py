"""Whether a quantity falls during training by one convention of estimating it: in a layer, in a run, in several runs."""

import collections
import dataclasses
import math
import statistics

FALLS, STAYS, OPEN, OUT = "falls", "stays", "undecided", "excluded"
_ANSWERS = {"compresses": FALLS, "does not compress": STAYS, "cannot be decided": OPEN}


@dataclasses.dataclass(frozen=True)
class LayerAnswer:
    """What one convention says of one layer of one run."""

    layer: str
    says: str
    exclusion: str | None
    fall: float
    peak_epoch: int

    @classmethod
    def of(cls, layer, method):
        """From one of the methods of infoplane verdict --json."""
        says = OUT if method["exclusion"] else _ANSWERS[method["answer"]]
        return cls(layer, says, method["exclusion"], method["fall"], method["peak_epoch"])


def any_layer(answers):
    """A run falls where any layer that counts does; it stays where all of them do."""
    said = [answer for answer in answers if answer != OUT]
    if not said:
        return OUT
    return FALLS if FALLS in said else STAYS if set(said) == {STAYS} else OPEN


def most_layers(answers):
    """What more than half of the layers that count say."""
    said = [answer for answer in answers if answer != OUT]
    return majority(said) if said else OUT


def last_layer(answers):
    """What the layer nearest to the output says."""
    return answers[-1] if answers else OUT


def majority(answers):
    """What more than half of the runs say."""
    found, count = collections.Counter(answers).most_common(1)[0]
    return found if 2 * count > len(answers) else OPEN


class Tally:
    """In how many conventions a claim holds, and in how many the contrary is found.

    holds: True where it holds in more than half of them, False where more than half find the contrary, else None.
    """

    def __init__(self, conventions):
        """conventions: pairs (expected, found) of equally long lists of answers, one entry per group of runs."""
        opposite = {FALLS: STAYS, STAYS: FALLS}
        self.count = len(conventions)
        self.holding = sum(expected == found for expected, found in conventions)
        self.against = sum(
            any(b == opposite[a] for a, b in zip(expected, found, strict=True)) for expected, found in conventions)

    @property
    def holds(self):
        if 2 * self.holding > self.count:
            return True
        return False if 2 * self.against > self.count else None

    def __str__(self):
        return (f"in {self.holding} of {self.count} conventions; the contrary in {self.against}, "
                f"undecided in {self.count - self.holding - self.against}")


def own_fall(values):
    """(max − last)/max of a series; 0 where nothing is positive."""
    peak = max(values)
    return (peak - values[-1]) / peak if peak > 0 else 0.0


def answer_of(rows, layers, level=0.05, smallest_fall=0.05):
    """Whether the value falls over these rows (in the order of epochs), by the interval of infoplane verdict.

    R = (max − final)/max over the rows that are not saturated, SE(R) = sqrt((s_f/p)² + (f·s_p/p²)²), R ± c·SE with c the
    normal quantile of 1 − level/(2·m·layers), m the number of rows that the peak could have been beside the final one. Falls:
    the interval lies above 0, and R is at least the smallest fall; stays: it lies below the smallest fall. The p-value adjusted
    for the false discovery rate, which verdict asks for as well, is left out: it needs all quantities of the run.
    """
    last = rows[-1]
    usable = [row for row in rows if not {"saturated", "saturated-inputs"} & set(flags(row))]
    if not usable or last not in usable or {"dead", "constant"} & set(flags(last)):
        return OUT
    if len(usable) == 1:
        # It only ever rose to what it is: nothing before it could have been the peak.
        return OUT
    peak = max(usable, key=lambda row: row["value"])
    p, f, s_p, s_f = peak["value"], last["value"], peak["standard_error"], last["standard_error"]
    if p <= 0 or s_p is None or s_f is None or s_p == s_f == 0 and p != f:
        return OUT
    fall = (p - f) / p
    critical = statistics.NormalDist().inv_cdf(1 - level / (2 * max(1, len(usable) - 1) * layers))
    half = critical * math.hypot(s_f / p, f * s_p / p**2)
    if fall - half > 0 and fall >= smallest_fall:
        return FALLS
    return STAYS if fall + half < smallest_fall else OPEN


def flags(row):
    """The flags of an exported row."""
    found = row["flags"]
    return found if isinstance(found, list) else [flag for flag in (found or "").split("|") if flag]


def counted(answers):
    """`3 falls, 1 stays`, in the order of interest."""
    counts = collections.Counter(answers)
    return ", ".join(f"{counts[name]} {name}" for name in (FALLS, STAYS, OPEN, OUT) if counts[name])
