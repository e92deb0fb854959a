"""Calls one function of one subject in a process of its own and prints what it returns as JSON: peer.py SUBJECT FUNCTION ARGUMENTS..."""

import importlib
import json
import os
import sys

# The recorder makes the archives.
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "python"))

if __name__ == "__main__":
    subject, function, *arguments = sys.argv[1:]
    answer = getattr(importlib.import_module(subject), function)(*arguments) or {}
    print(json.dumps({"seconds": 0.0, **answer}))
