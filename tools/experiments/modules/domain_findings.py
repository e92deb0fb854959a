"""What the recordings of the Transformer say together: the rules of the claims, and the tables behind them."""

import collections
import math
import statistics

from domain_evidence import UNSATURATED
from over_runs import MeanOverRuns

# A difference of I(Z;Y) below this, or a relative one of C, is none that matters.
MARGIN, RELATIVE_MARGIN = 0.02, 0.05
# So much I(Z;Y), in bits, that a layer is said to have risen.
RISEN = 0.1
# The readings of the publication's target whose C is finite, and the control without PMI.
READINGS = ["pmi-label", "pmi-soft", "pmi-erasure"]
CONTROL = "soft-label"
READOUTS = ["principal", "probe"]
SPLITS = ["train", "test"]


def write(findings, evidence):
    _falls(findings, evidence)
    _depth(findings, evidence)
    _parts(findings, evidence)
    _learning(findings, evidence)
    _planes(findings, evidence)
    _verdict_table(findings, evidence)
    _complexities(findings, evidence)
    _order(findings, evidence)
    _flags(findings, evidence)
    findings.section("Left out", _left_out(evidence))


# What falls during training


def _conditions(evidence):
    """Those of the claims: of the GIB complexity, and of I(X;Z); each what Z and X are, the quantity, its target."""
    return (
        [((readout, UNSATURATED), "GIB complexity", target) for readout in READOUTS for target in READINGS],
        [("whole", "I(X;Z)", "")] + [((readout, UNSATURATED), "I(X;Z)", "") for readout in READOUTS])


def most(evidence, run, condition, answer):
    counts, _, layers = evidence.counts(run, *condition)
    return 2 * counts[answer] > layers


def fall_holds(evidence, conditions):
    """True: in all conditions and runs more than half of the layers fall. False: in at least half of the conditions more than
    half of the layers do not, in all runs. Else None."""
    falls = [all(most(evidence, run, condition, "compresses") for run in evidence.seeds) for condition in conditions]
    stays = [all(most(evidence, run, condition, "does not compress") for run in evidence.seeds) for condition in conditions]
    return True if all(falls) else False if 2 * sum(stays) >= len(conditions) else None


def _falls(findings, evidence):
    gib, ib = _conditions(evidence)
    for statement, conditions in (
            ("The GIB complexity falls during training in a Transformer, too", gib),
            ("I(X;Z) falls during training in a Transformer", ib)):
        total = collections.Counter()
        for condition in conditions:
            for run in evidence.seeds:
                total += evidence.counts(run, *condition)[0]
        findings.claim(
            statement, fall_holds(evidence, conditions),
            f"""of {sum(total.values())} verdicts ({len(conditions)} conventions, {len(evidence.seeds)} runs,
            {len(evidence.names())} layers) {total['compresses']} say it falls, {total['does not compress']} it does not,
            {total['cannot be decided']} neither""")
    # The control of the first claim: a network that can only memorize.
    below, parts, shuffled = [], [], collections.Counter()
    for condition in gib:
        own = [evidence.counts(run, *condition)[0]["compresses"] for run in evidence.seeds]
        answers = evidence.counts(evidence.shuffled, *condition)[0]
        control = answers["compresses"]
        shuffled += answers
        if max(own) == 0 and control == 0:
            continue
        below.append(control < min(own))
        (readout, _), _, target = condition
        parts.append(f"{readout}, {target}: {control} against {min(own)} to {max(own)}")
    findings.claim(
        """Where the GIB complexity falls, it falls for learning: with shuffled labels fewer layers are said to fall than in any
        run with true ones""",
        None if not below or any(below) != all(below) else all(below),
        f"""layers that fall, one run with shuffled labels against {len(evidence.seeds)} with true ones:
        {'; '.join(parts) or 'none in any run'}. Of its {sum(shuffled.values())} verdicts, {shuffled['does not compress']} say
        that C does not fall, {shuffled['cannot be decided']} neither""")


# Depth, attention and MLP


def _tests(evidence, value, places):
    """One mean over runs per place, at a level that holds for all of them together (Bonferroni)."""
    return {place: MeanOverRuns([value(run, *place) for run in evidence.seeds], 1 - 0.05 / len(places)) for place in places}


def _said(tests):
    return "; ".join(f"{', '.join(place)}: {found}" for place, found in tests.items())


def _depth(findings, evidence):
    blocks = evidence.blocks()

    def gain(run, readout, split):
        last, first = (evidence.relevance(run, readout, split, layer)[-1][1] for layer in (blocks[-1], "embedding"))
        return last - first

    tests = _tests(evidence, gain, [(readout, split) for readout in READOUTS for split in SPLITS])
    way = ["embedding", *blocks]
    steps = [
        evidence.relevance(run, readout, split, after)[-1][1] > evidence.relevance(run, readout, split, before)[-1][1]
        for run in evidence.seeds for readout, split in tests for before, after in zip(way, way[1:])]
    holds = True if all(test.sign > 0 for test in tests.values()) else (
        False if all(test.high < MARGIN for test in tests.values()) else None)
    findings.claim(
        "I(Z;Y) grows with depth", holds,
        f"last block − embedding after training, bits, above chance: {_said(tests)}; from a block to the next it grows in "
        f"{sum(steps)} of {len(steps)} cases")


def _parts(findings, evidence):
    blocks = evidence.blocks()

    def relevance(run, readout, split):
        return statistics.fmean(
            evidence.relevance(run, readout, split, f"{block}-mlp")[-1][1]
            - evidence.relevance(run, readout, split, f"{block}-attention")[-1][1] for block in blocks)

    def complexity(run, readout, target):
        def after(layer):
            return evidence.values(run, (readout, UNSATURATED), "train", layer, "GIB complexity", target)[-1][1]

        mlp, attention = (statistics.fmean(after(f"{block}-{part}") for block in blocks) for part in ("mlp", "attention"))
        return mlp / attention - 1

    for quantity, value, seconds, margin, unit in (
            ("I(Z;Y)", relevance, SPLITS, MARGIN, "MLP − attention, bits"),
            ("GIB complexity", complexity, READINGS[:2], RELATIVE_MARGIN, "MLP/attention − 1")):
        tests = _tests(evidence, value, [(readout, second) for readout in READOUTS for second in seconds])
        signs = {test.sign for test in tests.values()}
        holds = True if len(signs) == 1 and 0 not in signs else (
            False if all(test.lies_within(margin) for test in tests.values()) else None)
        findings.claim(
            f"What attention and MLP add differs in {quantity}", holds,
            f"{unit}, after training, mean over blocks: {_said(tests)}")


def _learning(findings, evidence):
    rows = []
    for run in evidence.runs:
        metrics = evidence.metrics[run.name]
        test = metrics["test_accuracy"]
        rows.append([run.title, *(f"{metrics[name][-1]:.3f}" for name in ("fit_accuracy", "train_accuracy", "test_accuracy")),
                     f"{max(test):.3f}", f"{metrics['train_loss'][-1]:.3f}"])
    findings.section(
        "What the networks learn", """Accuracy after the last step, and the best of the records on `test`; the loss is the
        mean since the record before. `train` and `fit` are both trained on. With shuffled labels `test` is shuffled, too: 0.5
        is chance.""",
        ["run", "fit", "train", "test", "best test", "loss"], rows)


def _planes(findings, evidence):
    rows, rises = [], {}
    for layer in evidence.names():
        row = [layer]
        for split in SPLITS:
            series = [evidence.relevance(run, "probe", split, layer) for run in evidence.seeds]
            row += [f"{statistics.fmean(one[0][1] for one in series):.3f}", str(MeanOverRuns([one[-1][1] for one in series]))]
            row.append(f"{statistics.fmean(max(value for _, value in one) for one in series):.3f}")
            rises[layer, split] = [rise(one) for one in series]
            row.append("–" if None in rises[layer, split] else f"{MeanOverRuns(rises[layer, split]):.0f}")
        row.append(str(MeanOverRuns([evidence.relevance(run, "principal", "train", layer)[-1][1] for run in evidence.seeds])))
        row += [f"{evidence.relevance(evidence.shuffled, 'probe', split, layer)[-1][1]:.3f}" for split in SPLITS]
        rows.append(row)
    findings.section(
        "I(Z;Y) by layer", f"""Z: the probe's score, but where two components are named. Bits above the mean of 99 shuffles of
        the labels; 1 bit is all there is. Means over the runs, with 95% intervals. Rise: the step at which it first has
        {RISEN} bits, on lines between records (– where a run never has). Where `test` ends below its maximum, overfitting has
        taken the difference.

        {_order_of_rises(rises)} The probe is linear: where it finds little, the layer may hold the label in another form.""",
        ["layer", "train, untrained", "train, end", "train, max", "train, rise", "test, untrained", "test, end", "test, max",
         "test, rise", "two components, train, end", "shuffled labels, train", "shuffled labels, test"], rows)
    rows = []
    for readout, key in [("whole", "whole"), *((name, (name, UNSATURATED)) for name in READOUTS)]:
        for layer in evidence.names():
            series = [evidence.values(run, key, "train", layer, "I(X;Z)") for run in evidence.seeds]
            flags = [evidence.series[run.name, key, "train", layer, "I(X;Z)", None][one[-1][0]]["flags"] or ""
                     for run, one in zip(evidence.seeds, series)]
            rows.append([
                readout, layer, f"{statistics.fmean(one[0][1] for one in series):.2f}",
                f"{statistics.fmean(max(value for _, value in one) for one in series):.2f}",
                str(MeanOverRuns([one[-1][1] for one in series])),
                f"{sum('saturated' in flag.split('|') for flag in flags)} of {len(flags)}"])
    samples = evidence.experiment.settings["counts"]["train"]
    findings.section(
        "I(X;Z) by layer", f"""Bits, split `train`, n = {samples:,}: the ceiling is log2 n = {math.log2(samples):.2f}. X: the
        tokens (whole layers) or the bag of words (readouts). The network is deterministic, so that I(X;Z) is H(Z), less what
        texts with one bag share: it says how many texts this binning of Z tells apart.""",
        ["Z", "layer", "untrained", "max", "end", "saturated at the end"], rows)


def _order_of_rises(rises):
    """How much earlier or later the logits rise than the embedding, in words."""
    parts = []
    for split in SPLITS:
        first, last = rises["embedding", split], rises["logits", split]
        if None not in first + last:
            parts.append(f"{MeanOverRuns([after - before for before, after in zip(first, last)]):.0f} steps on `{split}`")
    if not parts:
        return f"Not all runs reach {RISEN} bits."
    return f"From the embedding to the logits, the rise moves by {' and by '.join(parts)} (below 0: the logits rise first)."


def rise(series, level=RISEN):
    """The step at which a series of (step, value) first has the level, on lines between its records; None where it never has."""
    (before, less), *rest = series
    if less >= level:
        return before
    for step, value in rest:
        if value >= level:
            return before + (step - before) * (level - less) / (value - less)
        before, less = step, value
    return None


def _verdict_table(findings, evidence):
    _, ib = _conditions(evidence)
    rows = []
    gib = [((readout, inputs), "GIB complexity", target)
           for inputs in evidence.inputs for target in [*READINGS, CONTROL] for readout in READOUTS]
    for condition in ib + gib:
        key, quantity, target = condition
        readout, inputs = key if isinstance(key, tuple) else (key, "")
        total, reasons = collections.Counter(), collections.Counter()
        for run in evidence.seeds:
            counts, why, _ = evidence.counts(run, *condition)
            total, reasons = total + counts, reasons + why
        row = [f"C {target}" if target else quantity, readout, inputs if target else "",
               *(str(total[answer]) for answer in ("compresses", "does not compress", "cannot be decided")),
               ", ".join(f"{words} ({count})" for words, count in reasons.most_common(2)) or "–"]
        for run in evidence.others:
            counts = evidence.counts(run, *condition)[0]
            row.append(f"{counts['compresses']} / {counts['does not compress']} / {counts['cannot be decided']}")
        rows.append(row)
    findings.section(
        "Verdicts", f"""infoplane verdict of every layer on `train`, counted over layers and {len(evidence.seeds)} runs:
        falls, does not, cannot be decided, with the two most frequent reasons. Right, in this order: runs that stand beside
        them. Verdicts correct for the choice of the maximum, for layers and methods within a results file, not among files;
        the rules of the claims count files.

        Rules, written before any of these numbers: a claim "falls" holds where in every convention and every run more than
        half of the layers compress; it does not hold where in at least half of the conventions and every run more than half
        of the layers do not; else it cannot be decided. The conventions of the GIB complexity are the two readouts times the
        targets pmi-label, pmi-soft and pmi-erasure, with X in 8 components; X in 50 is not counted; soft-label is a control
        without PMI. Claims of differences take one mean per run, and Student intervals that hold together at 95% for the four
        tests of the claim (Bonferroni). They hold where all four exclude 0 on the same side, and do not hold where all four
        lie within {MARGIN} bits of 0 (for depth: below {MARGIN} bits), of the GIB complexity within
        {100 * RELATIVE_MARGIN:.0f}% of that of attention: the {MARGIN} bits that were written for it, too, turned out to be
        as much as C itself has (the claim then read: does not hold). That margin, the number of runs, texts and steps were
        changed after a look at a first five runs; the other rules were not.""",
        ["quantity", "Z", "X", "falls", "does not", "undecided", "why undecided", *(run.title for run in evidence.others)], rows)


def _complexities(findings, evidence):
    rows = []
    for inputs in evidence.inputs:
        for layer in evidence.names():
            row = [inputs, layer]
            for quantity, target in (
                    ("GIB complexity", "pmi-label"), ("GIB complexity (shuffled weights)", "pmi-label"),
                    ("GIB complexity", "pmi-soft"), ("GIB complexity", "pmi-erasure"), ("GIB complexity", "soft-label"),
                    ("GIB complexity", "label")):
                series = [evidence.values(run, ("probe", inputs), "train", layer, quantity, target) for run in evidence.seeds]
                row.append(" → ".join(f"{statistics.fmean(one[place][1] for one in series):.3f}" for place in (0, -1)))
            for target in ("pmi-label", "pmi-soft", "label"):
                series = evidence.values(evidence.shuffled, ("probe", inputs), "train", layer, "GIB complexity", target)
                row.append(f"{series[0][1]:.3f} → {series[-1][1]:.3f}")
            rows.append(row)
    findings.section(
        "GIB complexity by layer", f"""C in bits on `train`, Z the probe's score, untrained → after training, means over the
        runs. X is not the tokens, whose single positions mean little, but the kernel PCA (rbf) of which of the most frequent
        words, chosen without labels, stand in the text: 8 components cut at their medians (at most 256 patterns), or 50
        components in 30 bins, as the publication reduces images. {_saturation(evidence)} `label` is what X says of the labels
        themselves, the same for all layers; with shuffled labels, of which X says nothing, it is all bias of the estimate.
        Where pmi-label ends at `label`, every text weighs
        alike: so where all are classified rightly. {_nearness(evidence)}""",
        ["X", "layer", "pmi-label", "shuffled weights", "pmi-soft", "pmi-erasure", "soft-label", "label",
         "pmi-label, shuffled labels", "pmi-soft, shuffled labels", "label, shuffled labels"], rows)


def _nearness(evidence):
    """How near the complexity after training is to that of the labels themselves, in words."""
    parts = []
    for target in READINGS:
        away = [abs(evidence.values(run, (readout, UNSATURATED), "train", layer, "GIB complexity", target)[-1][1]
                    - evidence.values(run, (readout, UNSATURATED), "train", layer, "GIB complexity", "label")[-1][1])
                for run in evidence.seeds for readout in READOUTS for layer in evidence.names()]
        parts.append(f"{target} {statistics.median(away):.4f} bits (at most {max(away):.4f})")
    return f"""After training, C differs from `label` in the median over runs, readouts and layers by {', '.join(parts)}, X in
        {UNSATURATED}."""


def _saturation(evidence):
    """How much of which choice of X is saturated, in words."""
    parts = []
    for inputs in evidence.inputs:
        places = [("probe", f"GIB complexity, X: {inputs}", flag) for flag in ("saturated-inputs", "all")]
        flagged, count = (evidence.flags[place] for place in places)
        parts.append(f"with {inputs} {100 * flagged / count:.0f}%")
    return f"""Most texts have a pattern of their own even without one component, so that C says nothing of the network
        (saturated-inputs): {', '.join(parts)} of the numbers."""


def _order(findings, evidence):
    way = ["embedding", *evidence.blocks(), "pooled"]
    rows = []
    for name, before, after, must in [
            *((f"{a} → {b}", a, b, "no") for a, b in zip(way, way[1:])), ("pooled → logits", "pooled", "logits", "yes")]:
        row = [name, must]
        for key in ("whole", ("principal", UNSATURATED), ("probe", UNSATURATED)):
            for quantity in ("I(X;Z)", "I(Z;Y)"):
                risen = count = 0
                for run in evidence.seeds:
                    pair = [evidence.series[run.name, key, "train", layer, quantity, None] for layer in (before, after)]
                    for first, second in ([series[step] for series in pair] for step in pair[0]):
                        error = ((first["standard_error"] or 0) ** 2 + (second["standard_error"] or 0) ** 2) ** 0.5
                        risen += second["value"] > first["value"] + 2 * error
                        count += 1
                row.append(f"{risen} of {count}")
        rows.append(row)
    findings.section(
        "The order of layers", """In how many records an estimate on `train` rises from a layer to the next by more than two
        standard errors. By the data processing inequality none may from pooled to logits, of whole layers: the logits are a
        function of pooled. From block to block it may: the mean over tokens is taken of each by itself, and a block sees the
        tokens, which the mean before it has lost. So it may among readouts, each of which leaves out other things. Where
        whole layers are saturated, their order is one of ceilings.""",
        ["from → to", "must not rise", "whole: I(X;Z)", "whole: I(Z;Y)", "principal: I(X;Z)", "principal: I(Z;Y)",
         "probe: I(X;Z)", "probe: I(Z;Y)"], rows)


def _flags(findings, evidence):
    rows = []
    for place in sorted({key[:2] for key in evidence.flags}):
        total = evidence.flags[*place, "all"]
        rows.append([*place, f"{total:,}", *(f"{100 * evidence.flags[*place, flag] / total:.0f}%" for flag in (
            "none", "saturated", "undersampled", "saturated-inputs", "constant"))])
    findings.section(
        "Readouts and flags", """Z is the whole layer, its first two principal components, or the score of a linear probe of
        the label (ridge regression). Both readouts are fitted anew in every record to the texts of the split `fit`, which are
        not analyzed. What they say, the layer says, too; what they do not say may still be there. Below: the numbers of all
        runs, records and splits, and how many of them have which flag.""",
        ["Z", "quantity", "numbers", "no flag", "saturated", "undersampled", "saturated-inputs", "constant"], rows)


def _left_out(evidence):
    ran = [run for run in evidence.runs if run.kind == "minilm"]
    bounds = "Variational bounds of information need training of their own and are left out."
    if not ran:
        return f"""A pretrained MiniLM, fine-tuned, was not run, because nothing is downloaded: `--minilm FOLDER` adds it from
        a local folder, with the package transformers. {bounds}"""
    changes = []
    for layer in evidence.names("minilm"):
        series = evidence.relevance(ran[0], "probe", "test", layer)
        changes.append(f"{layer} {series[0][1]:.3f} → {series[-1][1]:.3f}")
    return f"""The fine-tuned MiniLM is one run, and no evidence of a claim. Its I(Z;Y) by the probe on `test`, bits above
    chance, before → after fine-tuning: {'; '.join(changes)}. {bounds}"""
