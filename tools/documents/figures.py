"""Draws the figures of the guides anew: figures.py FOLDER, with tanh.results.h5 and relu.results.h5 of the guide "Compare runs".

Needs pandas, h5py, Chromium and the Vega JavaScript (tools/setup report test python). The pictures go to the catalog.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "Sources/infoplane/Documentation.docc"
sys.path.insert(0, str(ROOT / "tools/python"))

import infoplane  # noqa: E402

EPOCH = {"field": "epoch", "type": "quantitative", "title": "epoch", "scale": {"type": "symlog"},
         "axis": {"values": [0, 1, 3, 10, 30, 100, 300], "grid": False}}
LOOK = {"config": {"font": "sans-serif", "view": {"stroke": None}, "axis": {"labelFontSize": 12, "titleFontSize": 12},
                   "legend": {"labelFontSize": 12, "titleFontSize": 12}, "header": {"labelFontSize": 13}}}


def rows(results, **wanted):
    chosen = results[results["quantity"] == "I(X;Z)"]
    for column, values in wanted.items():
        chosen = chosen[chosen[column].isin(values)]
    kept = chosen[["layer", "epoch", "discretization", "value", "ceiling"]]
    return json.loads(kept.astype({"layer": str, "discretization": str, "epoch": int}).to_json(orient="records"))


def binnings(results):
    """I(X;Z) of fc5 by bin count: bins over the range of the run beside bins over the range of each epoch."""
    data = rows(results, layer=["fc5"])
    for row in data:
        row["bins"], _, over = row["discretization"].removeprefix("width:").partition("@")
        row["over"] = {"run": "bins over the range of the run (@run)", "epoch": "bins over the range of each epoch (@epoch)"}[over]
    return {
        "data": {"values": data}, "width": 300, "height": 220, "mark": {"type": "line", "point": True},
        "encoding": {
            "x": EPOCH, "y": {"field": "value", "type": "quantitative", "title": "I(X;Z) of fc5, bits", "scale": {"domain": [0, 12]}},
            "color": {"field": "bins", "type": "ordinal", "sort": ["20", "30", "40", "100"], "title": "bins",
                      "scale": {"scheme": "viridis"}},
            "column": {"field": "over", "type": "nominal", "title": None, "sort": "descending"}}}


def ceiling(results):
    """I(X;Z) of all layers under the headline binning, with log2 n."""
    data = rows(results, discretization=["width:30@run"])
    layers = ["fc1", "fc2", "fc3", "fc4", "fc5", "logits", "softmax"]
    return {
        "width": 560, "height": 260, "layer": [
            {"data": {"values": data}, "mark": {"type": "line", "point": True}, "encoding": {
                "x": EPOCH, "y": {"field": "value", "type": "quantitative", "title": "I(X;Z), bits", "scale": {"domain": [0, 12.5]}},
                "color": {"field": "layer", "type": "ordinal", "sort": layers, "title": "layer", "scale": {"scheme": "viridis"}}}},
            {"data": {"values": [{"ceiling": data[0]["ceiling"]}]}, "mark": {"type": "rule", "strokeDash": [6, 4], "color": "#b00"},
             "encoding": {"y": {"field": "ceiling", "type": "quantitative"}}},
            {"data": {"values": [{"ceiling": data[0]["ceiling"], "epoch": 0}]},
             "mark": {"type": "text", "align": "left", "dy": -9, "dx": 4, "color": "#b00", "fontSize": 12, "text": "log2 n: 4096 samples can show no more"},
             "encoding": {"y": {"field": "ceiling", "type": "quantitative"}, "x": EPOCH}}]}


def draw(specification, path, size):
    data = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share")
    script = Path(os.environ.get("INFOPLANE_VEGA") or data / "infoplane/vega.js").read_text()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "figure.html"
        page.write_text(
            f"<!doctype html><meta charset=utf-8><body style='margin:8px'><div id=figure></div><script>{script}</script>"
            f"<script>vegaEmbed('#figure', {json.dumps(specification | LOOK)}, {{actions: false, renderer: 'svg'}})</script>")
        subprocess.run(
            [os.environ.get("INFOPLANE_CHROMIUM") or "chromium", "--headless", "--no-sandbox", "--disable-gpu",
             "--hide-scrollbars", "--force-device-scale-factor=1.5", f"--window-size={size}", "--virtual-time-budget=5000",
             f"--screenshot={path}", page.as_uri()], check=True, capture_output=True, timeout=120)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    draw(binnings(infoplane.read_results(folder / "relu.results.h5")), CATALOG / "binnings.png", "800,310")
    draw(ceiling(infoplane.read_results(folder / "tanh.results.h5")), CATALOG / "ceiling.png", "740,350")


if __name__ == "__main__":
    main()
