"""A small Transformer that classifies texts, and the recording of its training."""

import os
import threading

import torch
from reviews import PADDING
from torch import nn

# Weights are drawn from torch's one random state: by one network at a time.
_drawing = threading.Lock()


class Attention(nn.Module):
    """Self-attention over the tokens that are no padding."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)

    def forward(self, x, mask):
        samples, length, width = x.shape
        size = width // self.heads
        queries, keys, values = (
            self.queries_keys_values(x).view(samples, length, 3, self.heads, size).permute(2, 0, 3, 1, 4))
        scores = queries @ keys.transpose(2, 3) * size**-0.5
        weights = scores.masked_fill(~mask[:, None, None, :], float("-inf")).softmax(-1)
        return self.output((weights @ values).transpose(1, 2).reshape(samples, length, width))


class Block(nn.Module):
    """x + attention(norm(x)), then x + mlp(norm(x)): what is added to the stream are the outputs of two modules."""

    def __init__(self, width, heads):
        super().__init__()
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x, mask):
        x = x + self.attention(self.first_norm(x), mask)
        return x + self.mlp(self.second_norm(x))


class Embedding(nn.Module):
    """Words and their positions, both learned."""

    def __init__(self, words, length, width):
        super().__init__()
        self.words, self.positions = nn.Embedding(words, width), nn.Embedding(length, width)

    def forward(self, tokens):
        return self.words(tokens.long()) + self.positions.weight[:tokens.shape[1]]


class Encoder(nn.Module):
    """Embedding, blocks, a last normalization."""

    def __init__(self, words, length, width, heads, blocks):
        super().__init__()
        self.width = width
        self.embedding = Embedding(words, length, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens, mask):
        x = self.embedding(tokens)
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x)

    @property
    def places(self):
        """What is recorded, in the order in which it fires: name → (module, kind)."""
        found = {"embedding": (self.embedding, "embedding")}
        for number, block in enumerate(self.blocks, 1):
            found |= {f"block{number}-attention": (block.attention, "attention"), f"block{number}-mlp": (block.mlp, "dense"),
                      f"block{number}": (block, "block")}
        return found


class TokenMean(nn.Module):
    """The mean over the tokens of a text that are no padding: one vector per text."""

    def forward(self, x, mask):
        kept = mask[..., None].to(x.dtype)
        return (x * kept).sum(1) / kept.sum(1)


class Classifier(nn.Module):
    """The token mean of an encoder's output, and two classes.

    In evaluation mode each of the encoder's places is pooled, too, by a TokenMean of the place's name that fires once: the
    recorder's own mean would count the padding.
    """

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        for name, (module, _) in encoder.places.items():
            self.add_module(name, TokenMean())
            module.register_forward_hook(lambda module, given, output, name=name: self._read(name, output))
        self.pooled = TokenMean()
        self.logits = nn.Linear(encoder.width, 2)
        self._mask = None

    def forward(self, tokens):
        self._mask = tokens != PADDING
        return self.logits(self.pooled(self.encoder(tokens, self._mask), self._mask))

    def _read(self, name, output):
        if not self.training:
            getattr(self, name)(output[0] if isinstance(output, tuple) else output, self._mask)

    @property
    def kinds(self):
        return {name: kind for name, (_, kind) in self.encoder.places.items()} | {"pooled": "other", "logits": "logits"}


def classifier(make_encoder, seed):
    """A classifier whose weights are those of the seed."""
    with _drawing:
        torch.manual_seed(seed)
        return Classifier(make_encoder())


def record_steps(last, count):
    """At most `count` numbers of steps: 0, and log-spaced ones from 1 to the last."""
    return sorted({0, last, *(round(last ** (place / max(1, count - 2))) for place in range(count - 1))})


def train_and_record(path, model, tokens, labels, settings, seed, title, show):
    """Trains by AdamW on the splits fit and train, and records all splits; a record's epoch is its number of steps."""
    import infoplane

    inputs = torch.from_numpy(tokens["fit"]), torch.from_numpy(tokens["train"])
    x, y = torch.cat(inputs), torch.cat([torch.from_numpy(labels["fit"]), torch.from_numpy(labels["train"])])
    order = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings["rate"], weight_decay=settings["decay"])
    batches_per_epoch = -(-len(x) // settings["batch"])
    steps = settings["epochs"] * batches_per_epoch
    due = record_steps(steps, settings["records"])
    if os.path.exists(path):
        os.remove(path)
    recorder = infoplane.Recorder(
        path, model, splits={split: (tokens[split], labels[split]) for split in tokens}, layers=list(model.kinds),
        kinds=model.kinds, batch_size=128, class_names=["negative", "positive"], title=title,
        hyperparameters=settings | {"seed": seed, "epoch": "number of steps", "steps_per_epoch": batches_per_epoch,
                                    "pooling": "mean over the tokens that are no padding"})
    with recorder:
        recorder.record(0, train_loss=float("nan"))
        step, losses = 0, []
        for epoch in range(1, settings["epochs"] + 1):
            for batch in torch.randperm(len(x), generator=order).split(settings["batch"]):
                model.train()
                chosen = x[batch]
                longest = int((chosen != PADDING).sum(1).max())
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(chosen[:, :longest]), y[batch])
                loss.backward()
                nn.utils.clip_grad_norm_(model.parameters(), 1)
                optimizer.step()
                losses.append(loss.item())
                step += 1
                if step in due:
                    recorder.record(step, train_loss=sum(losses) / len(losses))
                    losses = []
                if step % 10 == 0:
                    show(f"{title}: step {step} of {steps}")
