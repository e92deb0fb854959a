"""Where conclusions agree among estimators: claims and tables."""

import collections
import itertools
import re
import statistics

from agreement import Share, kendall, mean_and_range, mean_of, unanimous
from conventions import FALLS, OUT, STAYS, counted
from every_estimator import BINNINGS, COPULA, CORRECTIONS, ENTROPY, IB, KINDS, LABEL, METHODS, family
from findings import Findings

QUESTION = """The same recordings under every estimator: where do the conclusions agree? The field expects that they depend
on the estimator (Saxe et al. 2018; Goldfeld et al. 2019); the publication (arXiv:2509.26327) saw nothing interpretable by
the Gaussian copula on ResNet. Variational bounds (MINE, CLUB and others) train a network of their own beside each estimate,
and are left out."""

RULES = """Of every layer and run, `infoplane verdict` says by each method whether the quantity falls below its maximum by 5%
at least, stays, or cannot be decided, or why the method is excluded: saturated, constant, out of its bounds. Methods that
decide agree in a layer of a run where none contradicts another. The order of records is compared by Kendall's τ over the
records of a run that both methods measure (not saturated, not constant; at least 5): τ = 0.5 says that three of four pairs
of records come in the same order. Means over the layers of a run come first; the runs are independent, and are shown as mean
[smallest, largest].

A claim of agreement holds where at least 90% of its cases agree. The copula is interpretable in a layer of a run where it
has an answer at every record, never above what is possible (H(Y) for I(Z;Y), log2 n for I(X;Z), as n samples hold no more),
and follows something: τ ≥ 0.5 with the train accuracy for I(Z;Y), and on average with the other kinds of estimators for
I(X;Z).

Two settings were changed after a first look. The second binning had eight bins, which saturated `fc1` of the MLP and `stage2` of
the ResNet-20. The MLP had four units in its last hidden layer, and one run of four learned nothing: all four were recorded anew
with six."""

MEANINGS = """A deterministic network tells all its inputs apart: I(X;Z) of its values as they are is infinite or log2 of the
number of inputs, and every finite number is one of a resolution: the bins, the noise of the pairwise bounds (variance 0.001
or 0.1; `pairwise-upper:variance=V` is the same with another V), or the number of samples. `plug-in exact` says log2 n.

`ksg1` and `ksg2` compare distances of inputs with distances in the layer as they are, and their number moves with the scale
of either. Two patterns of the 12-bit task are 1 apart by the maximum norm, whichever they are: so ksg1 counts there how many
samples lie nearer than 1 in the layer. The tool flags such numbers `unconverged`, or `saturated` near the ceiling ψ(n) −
ψ(k); they are no I(X;Z). Between classes and values there is `ross` instead of them, which has no I(X;Z).
It counts as saturated above 90% of H(Y), and so in layers that have learned a label.

`kozachenko-leonenko` gives h(Z), the differential entropy, which changes with the scale of the units: no verdict, no bits to
compare. The GIB complexity of PMI targets has plug-in only, as corrections know counts and not weights: it is left out here."""


class EstimatorFindings:
    """The page of all networks: name → every_estimator.Network."""

    def __init__(self, experiment, networks):
        self.networks = networks
        self.settings = settings = experiment.settings
        self.runs = [(name, network, run) for name, network in networks.items() for run in network.runs]
        accuracy = "; ".join(
            f"{name}: {len(network.runs)} runs of {len(network.runs[0].epochs)} records, n = {network.runs[0].samples}, train accuracy "
            + "–".join(f"{chosen(run.accuracy[run.epochs[-1]] for run in network.runs):.1%}" for chosen in (min, max))
            for name, network in networks.items())
        self.findings = Findings("Estimator sensitivity", QUESTION, f"""{accuracy}. The 12-bit task: 12-10-7-5-4-3-2, all
            patterns, {settings["szt_epochs"]} epochs. MLP: Fashion-MNIST, 784-{networks["MLP"].hidden.replace(",", "-")}-10
            ReLU, {settings["mlp_epochs"]} epochs. ResNet-20: Fashion-MNIST, {settings["resnet_train"]} training images,
            {settings["resnet_epochs"]} epochs, each channel's mean over its positions. Nearest neighbours and the copula take
            the images by kernel PCA ({settings["reduce"]}), ksg2 the first {settings["ksg2"]} samples, for its time.""")
        self.methods = {}
        for quantity in (IB, LABEL, ENTROPY):
            there = {key[1] for _, _, run in self.runs for key in run.cells if key[0] == quantity}
            self.methods[quantity] = [method for method in METHODS if method in there] + sorted(there - set(METHODS))
        self.contradictions = []
        self.agreement_of_verdicts()
        self.agreement_of_order()
        self.agreement_of_bits()
        copula = self.copula()
        self.findings.section("What counts", RULES)
        self.findings.section("What some of the numbers are", MEANINGS)
        self.verdicts()
        self.order()
        self.bits()
        self.distances()
        self.excluded()
        self.findings.section(*copula)

    def claim_by_network(self, statement, shares):
        """shares: network → Share. The claim is about all of them together."""
        total = Share(sum(share.good for share in shares.values()), sum(share.count for share in shares.values()))
        self.findings.claim(statement, total.holds, f"{total}: " + ", ".join(f"{name} {share}" for name, share in shares.items()))

    def agreement_of_verdicts(self):
        for quantity in (IB, LABEL):
            layers = {name: Share() for name in self.networks}
            corrected = {name: Share() for name in self.networks}
            for name, network, run in self.runs:
                for layer in network.layers:
                    said = {method: run.cells[quantity, method, layer].says for method in self.methods[quantity]
                            if (quantity, method, layer) in run.cells}
                    agree = unanimous(said.values())
                    if agree is not None:
                        layers[name].add(agree)
                    if agree is False:
                        self.contradictions.append((name, layer, quantity, said))
                    for correction, binning in itertools.product(CORRECTIONS, BINNINGS):
                        pair = [said.get(f"{estimator} {binning}", OUT) for estimator in ("plug-in", correction)]
                        if unanimous(pair) is not None:
                            corrected[name].add(unanimous(pair))
            self.claim_by_network(f"{quantity}: of a layer, no method's verdict contradicts another's", layers)
            self.claim_by_network(
                f"{quantity}: the verdict of a bias correction is that of plug-in on the same symbols", corrected)

    def agreement_of_order(self):
        """Pairs of kinds of estimators in a network, and the rows of the table of pairs."""
        self.pairs = {}
        for quantity in (IB, LABEL):
            shares = {name: Share() for name in self.networks}
            self.pairs[quantity] = []
            for one, other in itertools.combinations(KINDS[quantity], 2):
                row = [f"{one}, {other}"]
                for name, network in self.networks.items():
                    taus = [self.tau(run, network, quantity, one, other) for run in network.runs]
                    if mean_of(taus) is not None:
                        shares[name].add(mean_of(taus) >= 0.5)
                    row.append(mean_and_range(taus))
                self.pairs[quantity].append(row)
            self.claim_by_network(f"{quantity}: two kinds of estimators order the records alike (τ ≥ 0.5)", shares)

    def tau(self, run, network, quantity, one, other):
        """The mean over the layers."""
        return mean_of([
            kendall(run.measured(quantity, one, layer), run.measured(quantity, other, layer)) for layer in network.layers])

    def agreement_of_bits(self):
        for quantity in (IB, LABEL):
            shares = {name: Share() for name in self.networks}
            for name, network, run in self.runs:
                for layer in network.layers:
                    last = [cell.values[-1] for method in KINDS[quantity]
                            if (cell := run.cells.get((quantity, method, layer))) and cell.is_usable_at_the_end]
                    if len(last) > 1:
                        shares[name].add(max(last) - min(last) <= 0.1 * run.bound(quantity))
            bound = "H(Y)" if quantity == LABEL else "log2 n"
            self.claim_by_network(f"{quantity}: at the last record, all kinds lie within 10% of {bound}", shares)

    def verdicts(self):
        for quantity in (IB, LABEL):
            self.findings.section(
                f"Verdicts on {quantity}", "Layers and runs by what a method says of them.", ["method", *self.networks], [
                    [method, *(counted([
                        run.cells[quantity, method, layer].says if (quantity, method, layer) in run.cells else OUT
                        for run in network.runs for layer in network.layers]) for network in self.networks.values())]
                    for method in self.methods[quantity]])
        sides = collections.defaultdict(lambda: [0, collections.Counter(), collections.Counter()])
        for name, layer, quantity, said in self.contradictions:
            side = sides[name, layer, quantity]
            side[0] += 1
            for place, answer in ((1, FALLS), (2, STAYS)):
                side[place].update(list(dict.fromkeys(family(method) for method, says in said.items() if says == answer)))
        self.findings.section(
            "Contradictions", f"""Runs in which methods contradict each other, and in how many of these runs each says what;
            plug-in and its {len(CORRECTIONS)} corrections count as one, the symbols.""",
            ["network", "layer", "quantity", "runs", "falls by", "stays by"], [
                [*key, count, *(", ".join(f"{method} ({times})" for method, times in side.most_common()) for side in both)]
                for key, (count, *both) in sides.items()])
        for quantity in (IB, LABEL):
            self.findings.section(
                f"Verdicts of two kinds on {quantity}",
                "Layers and runs in which both decide and say the same, of those in which both decide.",
                ["methods", *self.networks], [
                    [f"{one}, {other}",
                     *(str(self.same_verdict(network, quantity, one, other)) for network in self.networks.values())]
                    for one, other in itertools.combinations(KINDS[quantity], 2)])

    @staticmethod
    def same_verdict(network, quantity, one, other):
        share = Share()
        for run in network.runs:
            for layer in network.layers:
                agree = unanimous([
                    cell.says for method in (one, other) if (cell := run.cells.get((quantity, method, layer)))])
                if agree is not None:
                    share.add(agree)
        return share

    def order(self):
        for quantity in (IB, LABEL):
            self.findings.section(
                f"Order of the records: {quantity}",
                "τ between kinds of estimators; – where none of the layers is measured by both.",
                ["methods", *self.networks], self.pairs[quantity])
        reference = f"plug-in {BINNINGS[1]}"
        for title, text, other in [
            (f"Who follows {reference}", f"""τ of each method with {reference}, over the records: of one quantity, of h(Z) with
             I(X;Z).""", lambda run, quantity, layer: run.measured(LABEL if quantity == LABEL else IB, reference, layer)),
            ("Who follows the train accuracy", "τ of each method with the accuracy on the training samples, over the records.",
             lambda run, quantity, layer: run.accuracy),
        ]:
            self.findings.section(title, text, ["quantity", "method", *self.networks], [
                [quantity, method, *(mean_and_range([
                    mean_of([kendall(run.measured(quantity, method, layer), other(run, quantity, layer))
                             for layer in network.layers])
                    for run in network.runs]) for network in self.networks.values())]
                for quantity in (IB, LABEL, ENTROPY) for method in self.methods[quantity]])

    def bits(self):
        for quantity in (IB, LABEL):
            rows = []
            for method in self.methods[quantity]:
                row = [method]
                for network in self.networks.values():
                    cells = [run.cells.get((quantity, method, network.shown)) for run in network.runs]
                    row.append(mean_and_range([cell and cell.values[-1] for cell in cells], "{:.2f}"))
                    marks = collections.Counter(flag for cell in cells if cell for flag in cell.flags[-1])
                    row[-1] += "".join(f" {flag}" for flag in ("saturated", "bound-violated") if 2 * marks[flag] > len(cells))
                rows.append(row)
            ceilings = ", ".join(
                f"{name} {network.shown} {network.runs[0].bound(quantity):.2f}" for name, network in self.networks.items())
            self.findings.section(
                f"Bits of {quantity}", f"""At the last record of one layer each, with its ceiling ({"H(Y)" if quantity == LABEL
                else "log2 n, what n samples can hold"}): {ceilings}. Flags that more than half of the runs have.""",
                ["method", *self.networks], rows)

    def distances(self):
        reference = f"plug-in {BINNINGS[0]}"
        for quantity in (IB, LABEL):
            rows = []
            for method in self.methods[quantity]:
                row = [method]
                for network in self.networks.values():
                    own = [abs(a.values[-1] - b.values[-1]) for run in network.runs for layer in network.layers
                           if (a := run.cells.get((quantity, method, layer)))
                           and (b := run.cells.get((quantity, reference, layer)))
                           and a.is_usable_at_the_end and b.is_usable_at_the_end]
                    row.append(f"{statistics.median(own):.2f} ({len(own)})" if own else "–")
                rows.append(row)
            self.findings.section(
                f"Distance from {reference}: {quantity}", """Median of the absolute differences in bits at the last record, over
                the layers and runs where neither is saturated, constant or out of its bounds (their number).""",
                ["method", *self.networks], rows)

    def excluded(self):
        rows = []
        counted_flags = ["saturated", "undersampled", "ties", "unconverged", "bound-violated", "normal-model"]
        expected = sum(len(network.layers) * len(run.epochs) for _, network, run in self.runs)
        for quantity in (IB, LABEL, ENTROPY):
            for method in self.methods[quantity]:
                own = [flags for _, _, run in self.runs for (q, m, _), cell in run.cells.items() if (q, m) == (quantity, method)
                       for flags in cell.flags]
                rows.append([quantity, method, f"{1 - len(own) / expected:.0%}", *(
                    f"{sum(flag in flags for flags in own) / len(own):.0%}" for flag in counted_flags)])
        self.findings.section(
            "Flags", f"""Share of the {expected} combinations of run, layer and record that have no answer, and of the others that
            carry each flag.""", ["quantity", "method", "no answer", *counted_flags], rows)
        reasons = collections.Counter()
        for name, _, run in self.runs:
            for _, _, reason in run.failures:
                for part in reason.split(". "):
                    if ": " in part:
                        words = part.split(", epoch ", 1)[-1].split(": ", 1)[-1]
                        reasons[name, re.sub(r"(?<![\w=])\d+", "#", words)] += 1
        self.findings.section("No answer", "What the tool says, numbers as #.", ["network", "reason", "times"], [
            [name, " ".join(reason.split()), count] for (name, reason), count in sorted(reasons.items())])

    def copula(self):
        """Its claims on ResNet-20, and its section."""
        name, network = "ResNet-20", self.networks["ResNet-20"]
        kinds = {IB: [kind for kind in KINDS[IB] if kind != COPULA], LABEL: ["ross:k=3"]}
        rows, records = [], sum(len(run.epochs) for run in network.runs)
        for quantity in (IB, LABEL):
            complete, within, following, dark = Share(), Share(), Share(), Share()
            for layer in network.layers:
                cells = [run.cells.get((quantity, COPULA, layer)) for run in network.runs]
                accuracy, others, outside = [], [], 0
                for run, cell in zip(network.runs, cells):
                    own = run.measured(quantity, COPULA, layer)
                    exceeding = sum(not 0 <= value <= run.bound(quantity) for value in cell.values) if cell else 0
                    outside += exceeding
                    accuracy.append(kendall(own, run.accuracy))
                    others.append(mean_of([
                        kendall(own, run.measured(quantity, kind, layer)) for kind in kinds[quantity]]))
                    follows = accuracy[-1] if quantity == LABEL else others[-1]
                    parts = [cell is not None and len(cell.values) == len(run.epochs), cell is not None and not exceeding,
                             follows is not None and follows >= 0.5]
                    for share, part in zip((complete, within, following), parts):
                        share.add(part)
                    dark.add(not all(parts))
                answers = [cell.values for cell in cells if cell]
                rows.append([
                    quantity, layer, f"{sum(map(len, answers))} of {records}", str(outside),
                    *(mean_and_range([chosen(values) for values in answers], "{:.1f}")
                      for chosen in (lambda values: values[0], max, lambda values: values[-1])),
                    mean_and_range(accuracy), mean_and_range(others), counted([cell.says if cell else OUT for cell in cells])])
            self.findings.claim(
                f"{name}: the Gaussian copula shows nothing interpretable of {quantity}", dark.holds,
                f"not interpretable in {dark} layers and runs: an answer at every record in {complete}, within its bounds in "
                f"{within}, "
                f"follows {'the train accuracy' if quantity == LABEL else 'the other kinds'} in {following}")
        run = network.runs[0]
        return (
            "The Gaussian copula on ResNet-20", f"""I(X;Z) and I(Z;Y) by ranks (Ince et al. 2017) of the channel means, in bits:
            how many records have an answer; how many of these lie outside of the bounds, 0 and H(Y) = {run.bound(LABEL):.2f} for
            I(Z;Y), 0 and log2 n = {run.bound(IB):.2f} for I(X;Z), as n samples tell no more apart; the value at the first record
            with an answer, the largest, the last; τ with the train accuracy and with the other kinds of estimators (I(Z;Y):
            ross:k=3); the verdicts. For I(Z;Y) it subtracts the entropy of one normal distribution per class from that of one for
            all: where classes lie apart, as in a trained network, all together are far from normal, and nothing bounds the
            difference.""",
            ["quantity", "layer", "answers", "outside", "first", "largest", "last", "τ accuracy", "τ others", "verdicts"], rows)
