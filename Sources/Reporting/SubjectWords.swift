/// What the page says in words about each kind of chart.
extension Chart.Subject {
    /// The heading of its section.
    var heading: String {
        switch self {
        case .informationPlane: "Information planes"
        case .verdicts: "Verdict: does it compress?"
        case .complexity: "GIB complexity"
        case .sweep: "Binning sweep"
        case .weights: "PMI weights"
        case .pixels: "Information per pixel"
        case .kernel: "Kernel PCA"
        // On the stage of the planes, under their words.
        case .trajectories, .metrics: ""
        }
    }

    /// How to read it.
    var reading: String {
        switch self {
        case .informationPlane:
            "Each point is one layer at one recorded epoch: how many bits its discretized activations share with the "
                + "input (to the right) and with the label (upwards). Colour is the epoch, as on the slider; shape is the "
                + "layer. The dark line joins the layers of the shown epoch. Point at a layer to follow it in every chart; "
                + "press its name to keep it. Drag to move, turn the wheel with Ctrl or Shift to zoom."
        case .verdicts:
            "The fall is (max − final)/max over the epochs that are not saturated; its 95% interval accounts for the choice "
                + "of the maximum among all epochs and layers. A verdict needs more than half of the usable binnings and "
                + "estimators, and none that says the contrary. A cell says the fall in per cent: ▼ compresses, ≈ does not, ? cannot "
                + "be decided, × does not count; “together” says how many of the usable methods agree."
        case .complexity:
            "The Generalized Information Bottleneck measures complexity feature by feature: C = 1/(2N) Σ [I(X_i;Q) + "
                + "I(X_-i;Q)], where the target Q is a PMI-weighted view of the labels. Targets without PMI (label, "
                + "latent, soft-label) and the shuffled weights are controls: what differs from them is what the weights "
                + "add."
        case .sweep:
            "The same activations under every discretization that was analyzed. The range of the bins is the whole run, "
                + "the epoch or the unit."
        case .weights:
            "A sample counts in the weighted targets by its positive pointwise mutual information with its label, "
                + "max(0, PMI). Early in training hardly a symbol tells of the label, and few samples carry all the "
                + "weight; as Z comes to determine Y, the weights come to be equal."
        case .pixels:
            "Each picture has the shape of the input; a light pixel alone shares much information with the target Q. "
                + "Channels of a pixel are averaged."
        case .kernel:
            "Directions in the space of the kernel along which the samples vary most. A spectrum that falls fast says that "
                + "few directions hold the samples; labels that lie apart say that these directions tell of them."
        case .trajectories, .metrics: ""
        }
    }

    /// When not to believe it.
    var doubt: String {
        switch self {
        case .informationPlane:
            "A hollow point is saturated: nearly every sample has a symbol of its own, and I(X;Z) is log₂ n whatever the "
                + "network does. For a deterministic network I(X;Z) is the entropy of the bins, so that movement to the "
                + "left can be saturating activations meeting wide bins. Look at the binning sweep before speaking of "
                + "compression."
        case .trajectories:
            "Near the ceiling a flat line says that there are too few samples for these bins. I(Z;Y) of undersampled "
                + "symbols is biased upwards, up to H(Y)."
        case .verdicts:
            "Intervals know the error of sampling. Bias that changes during training is not in them, which is why methods "
                + "must agree and controls stand beside."
        case .complexity:
            "C depends on which Q is meant; the publication leaves it open. A curve that its own shuffled weights follow "
                + "owes nothing to which samples were weighted. With the flag saturated-inputs, as on images with all "
                + "pixels, C says nothing of synergy."
        case .sweep:
            "Where the curves disagree in shape, and not only in height, the movement belongs to the discretization and "
                + "not to the network."
        case .weights:
            "When Z is saturated, PMI is the information content of the label itself, and the weights say only how rare "
                + "each class is."
        case .pixels:
            "Single pixels say nothing of what pixels carry together, and plug-in values have a bias above 0 that is the "
                + "same for all pixels with equally many values. A map that looks like the mean image may be no more."
        case .kernel:
            "Two components show what they show: labels that overlap here may lie apart in the others. Eigenvalues depend "
                + "on the kernel and its parameters, and are no bits."
        case .metrics: ""
        }
    }
}
