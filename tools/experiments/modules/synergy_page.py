"""The page of the experiment on synergy and generalization: its claims in figures, and its tables."""

import dataclasses
import statistics

import boolean_functions
from rank_correlation import RankCorrelation
from strata import MeanCorrelation
from synergy_runs import FITTED, FLIP, column, correlated, grouped

# What I(X;Q) − mean I(X_-i;Q) may differ from the influence: six entropies of at most 12 bits, sums of at most 4096 terms.
ROUNDING = 6 * 12 * 4096 * 2.0**-53


@dataclasses.dataclass
class Function:
    """A function that was learned several times from as many samples: what it is, and the means over its runs."""

    task: str
    size: int
    relevant: int
    task_synergy: float
    influence: float
    worst_influence: float
    sensitivity: float
    train_accuracy: float
    test_accuracy: float
    gap: float


def functions_of(runs):
    known = boolean_functions.functions()
    found = []
    for (task, size), group in grouped(runs, "task", "size").items():
        table, relevant = known[task]
        influences = boolean_functions.influences(table)
        found.append(Function(
            task, size, relevant, group[0].task_synergy, float(influences.mean()), float(influences.max()),
            boolean_functions.noise_sensitivity(table, FLIP),
            *(statistics.fmean(column(group, name)) for name in ("train_accuracy", "test_accuracy", "gap"))))
    return found


def identity(boolean):
    """The claim of the known answer: statement, whether it holds, figures."""
    worst = max(run.deviation for run in boolean)
    return ("Known answer: of every learned function, I(X;Q) − mean I(X_-i;Q) is the mean influence",
            worst <= ROUNDING,
            f"they differ by at most {worst:.1e} bits over all records of {len(boolean)} runs; rounding allows {ROUNDING:.1e}; "
            "the influence is counted by flipping bits, the terms are those of the results files")


def figures(claim):
    """How the strata decide, and the mean of their correlations."""
    usable = claim.usable.values()
    if not usable:
        return "no stratum can be used"
    if isinstance(next(iter(usable)), RankCorrelation):
        size = f"mean ρ {MeanCorrelation(usable)}"
    else:
        size = f"by {min(test.mean for test in usable):+.3f} to {max(test.mean for test in usable):+.3f} bits"
    return f"shown in {len(claim.agreeing)} of {len(claim.usable)} strata, the contrary in {len(claim.contrary)}; {size}"


def theory(findings, functions):
    once = {function.task: function for function in functions}.values()
    least, *_, most = sorted(once, key=lambda function: function.sensitivity)
    between = RankCorrelation(column(once, "task_synergy"), column(once, "sensitivity"))
    worst = RankCorrelation(column(once, "task_synergy"), column(once, "worst_influence"))
    findings.section("What is known before any network is trained", f"""
The bits of X are independent and uniform, and the prediction is a function, Q = f(X). Then I(X;Q) − I(X_-i;Q) = H(Q|X_-i)
is the influence of bit i: the chance that flipping it changes f. Its mean over the bits less the mean of the single terms
is the synergy: II = mean influence − mean I(X_i;Q). Since bits are independent, I(X_i;Q) is at most the influence of i, and
so 0 ≤ II ≤ mean influence.

So where single bits say nothing, synergy *is* the chance that a flip of a random bit changes the answer: more synergy is
more sensitivity to noise, not less. Parity of all bits is the most synergistic function of all (1 bit), and every flip
changes it. A function of one bit has no synergy at all, and no balanced function is less sensitive to noise on all bits
(every term of its Fourier expansion of higher degree would add sensitivity). What speaks for the publication's argument is
another noise, that on one single input: a flip of the one bit changes every answer of the former, and a flip of one of 11
bits few answers of their majority.

Of the {len(once)} functions here, the least sensitive is {least.task} (II = {least.task_synergy:.3f} bits, sensitivity
{least.sensitivity:.3f}), the most sensitive {most.task} (II = {most.task_synergy:.3f} bits, {most.sensitivity:.3f}). Over
them, the rank correlation of synergy is {between}, with the sensitivity to noise on all bits, and {worst}, with the largest
influence of one bit. These are functions chosen by us, not drawn from a population: read the intervals as descriptions.""")


def strata_table(findings, title, text, runs, claims):
    """What was learned in every stratum, and its correlations; * where they are decided."""
    names = {"noise": "ρ(II, noise)", "worst": "ρ(II, worst bit)", "gap": "ρ(II, gap)", "sensitivity": "ρ(noise, gap)",
             "distance": "ρ(distance, gap)", "growth": "ρ(growth, gap)"}
    keys = [key for key in names if key in claims]
    bits = all(run.influence is not None for run in runs)
    header = ["task", "samples", "n", "fitted", "train", "test", "gap", "II of task", "II", "noise",
              "influence" if bits else "II, 3 bins", *(names[key] for key in keys)]
    means = ["train_accuracy", "test_accuracy", "gap", "task_synergy", "synergy", "sensitivity",
             "influence" if bits else "finer_synergy"]
    rows = [
        [*stratum, len(group), sum(run.train_accuracy >= FITTED for run in group), *(mean(group, name) for name in means),
         *(decided(claims[key], stratum) for key in keys)]
        for stratum, group in grouped(runs, "task", "size").items()]
    findings.section(title, text, header, rows)


def mean(runs, name):
    return f"{statistics.fmean(column(runs, name)):.3f}"


def decided(claim, stratum):
    test = claim.tests.get(stratum)
    if test is None or test.p_value is None:
        return "–"
    return f"{test.estimate:+.2f}" + ("*" if stratum in (*claim.agreeing, *claim.contrary) else "")


def other_ways(findings, runs, pairs):
    """The same correlations counted otherwise: what depends on how the confounders are treated?"""
    fitted = [run for run in runs if run.train_accuracy >= FITTED]
    rows = []
    for x, y in pairs:
        strata = ("task", "size")
        ways = [("in task and size", runs, [], strata), ("… given train accuracy", runs, ["train_accuracy"], strata),
                ("… given train accuracy and architecture", runs, ["train_accuracy", "architecture"], strata),
                ("… fitted networks only", fitted, [], strata), ("in task, sizes pooled", runs, [], ("task",)),
                ("in size, tasks pooled", runs, [], ("size",)), ("all runs pooled", runs, [], ())]
        if y != "gap":
            ways[1:3] = [("… given architecture", runs, ["architecture"], strata)]
        for name, used, third, by in ways:
            found = [test for test in correlated(used, x, y, third, by).values() if test.sign is not None]
            rows.append([f"{TITLES[x]}, {TITLES[y]}", name, str(MeanCorrelation(found)), len(found),
                         *(sum(test.sign == sign for test in found) for sign in (1, -1))])
    findings.section("Counted otherwise", """
Mean ρ over the groups with its 95% interval, and in how many groups the group's own 95% interval lies above and below 0,
here without correction for their number. Runs of different tasks or sizes are pooled only to show what pooling does: a
correlation then says mostly which task or size a run belongs to.""",
                     ["rank correlation of", "groups", "mean ρ", "groups used", "above 0", "below 0"], rows)


TITLES = {"synergy": "II", "sensitivity": "noise sensitivity", "worst_influence": "influence of the worst bit", "gap": "gap",
          "distance": "distance of II to the task's", "growth": "growth of II"}


def between_functions(findings, functions):
    rows = []
    for (size,), group in grouped(functions, "size").items():
        synergy, gap, relevant = (column(group, name) for name in ("task_synergy", "gap", "relevant"))
        rows += [
            [size, "II, gap", str(RankCorrelation(synergy, gap))],
            [size, "II, gap, given the number of bits that matter", str(RankCorrelation(synergy, gap, given=[relevant]))],
            [size, "noise sensitivity, gap", str(RankCorrelation(column(group, "sensitivity"), gap))],
            [size, "number of bits that matter, gap", str(RankCorrelation(relevant, gap))]]
    findings.section("Which functions are learned with a small gap", """
Here the unit is the function to learn: its own II (target `label`) beside the mean gap of its runs, in one architecture.
All functions have H(f) = 1 bit.""", ["samples", "rank correlation of", "ρ"], rows)
    families = {}
    for function in functions:
        families.setdefault(function.task.split(" no. ")[0], []).append(function)
    sizes = sorted({function.size for function in functions})
    rows = []
    for family, members in sorted(families.items(), key=lambda item: statistics.fmean(column(item[1], "task_synergy"))):
        of_size = [[member for member in members if member.size == size] for size in sizes]
        rows.append([
            family, len(of_size[0]), members[0].relevant,
            *(mean(members, name) for name in ("task_synergy", "influence", "worst_influence", "sensitivity")),
            *(mean(group, name) for group in of_size for name in ("test_accuracy", "gap"))])
    findings.section("The functions, by synergy", "", [
        "function", "of them", "bits that matter", "II", "influence", "worst bit", "noise",
        *(f"{name}, {size}" for size in sizes for name in ("test", "gap"))], rows)


def during_training(findings, runs, claims):
    rows = []
    for stratum, group in grouped(runs, "task", "size").items():
        claim = next(claim for claim in claims if stratum in claim.tests)
        test = claim.tests[stratum]
        change = "–" if test.mean is None else f"{test.mean:+.3f} [{test.low:+.3f}, {test.high:+.3f}]"
        rows.append([*stratum, len(group), mean(group, "first_synergy"), mean(group, "synergy"), change,
                     sum(run.growth > 0 for run in group)])
    findings.section("During training", """
II before training and at the end, the mean change with its 95% interval over runs, all in bits, and in how many runs II
grew. A network that was not trained often gives one answer to nearly all inputs, and a constant has no synergy.""",
                     ["task", "samples", "n", "before", "at the end", "change", "grew in"], rows)
