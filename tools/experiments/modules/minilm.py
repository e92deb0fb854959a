"""A pretrained MiniLM, or any other BERT of Hugging Face's transformers, from a local folder: nothing is downloaded."""

import importlib.util
import json
import os
import sys

from transformer import nn


def missing(folder):
    """Why the model cannot be had, in a sentence with what to do; None where it can."""
    if not importlib.util.find_spec("transformers"):
        return (f"transformers is needed to fine-tune the model in {folder}, and {sys.executable} cannot import it. "
                f"Type: {sys.executable} -m pip install transformers==4.40.2    (or leave --minilm out)")
    for name in ("config.json", "vocab.txt"):
        if not os.path.isfile(os.path.join(folder, name)):
            return (f"{folder} has no {name}, expected a BERT as transformers saves it: config.json, vocab.txt and its weights. "
                    "Name such a folder, for example a copy of sentence-transformers/all-MiniLM-L6-v2, or leave --minilm out.")
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            kind = json.load(file).get("model_type")
    except (ValueError, AttributeError):
        return f"{folder}/config.json is no JSON object. Copy it again."
    if kind != "bert":
        return f"{folder} holds a model of type {kind}, expected bert. Name the folder of a MiniLM or another BERT."
    if not any(os.path.isfile(os.path.join(folder, name)) for name in ("model.safetensors", "pytorch_model.bin")):
        return f"{folder} has no model.safetensors or pytorch_model.bin, expected the weights of a BERT. Copy them there."
    return None


def tokens(folder, texts, length):
    """Word pieces by split, [n, length], padded by 0 at the end. texts: by split, as they are written."""
    import numpy as np
    import transformers

    if os.path.isfile(os.path.join(folder, "tokenizer_config.json")):
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    else:
        tokenizer = transformers.BertTokenizerFast(os.path.join(folder, "vocab.txt"), do_lower_case=True)
    if tokenizer.pad_token_id != 0:
        raise ValueError(f"the tokenizer in {folder} pads by {tokenizer.pad_token_id}, expected 0 as BERT's do.")
    options = {"padding": "max_length", "truncation": True, "max_length": length}
    return {split: np.array(tokenizer(list(own), **options)["input_ids"], dtype="int32") for split, own in texts.items()}


class Pretrained(nn.Module):
    """A BERT as an encoder: what its attention and its MLP add before the residual and the norm, and its blocks."""

    def __init__(self, folder):
        import transformers

        super().__init__()
        # Without dropout: the experiment's networks train side by side, and torch has one random state for all.
        self.bert, loading = transformers.BertModel.from_pretrained(
            folder, local_files_only=True, add_pooling_layer=False, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
            output_loading_info=True)
        # transformers draws what is missing at random, with a warning only.
        if loading["missing_keys"]:
            raise ValueError(f"the weights in {folder} lack {len(loading['missing_keys'])} arrays, such as "
                             f"{sorted(loading['missing_keys'])[0]}. Copy the whole model.")
        self.width = self.bert.config.hidden_size

    def forward(self, tokens, mask):
        return self.bert(input_ids=tokens.long(), attention_mask=mask.long()).last_hidden_state

    @property
    def places(self):
        found = {"embedding": (self.bert.embeddings, "embedding")}
        for number, block in enumerate(self.bert.encoder.layer, 1):
            found |= {f"block{number}-attention": (block.attention.output.dense, "attention"),
                      f"block{number}-mlp": (block.output.dense, "dense"), f"block{number}": (block, "block")}
        return found
