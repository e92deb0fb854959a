"""Says which links of the repository's documents lead nowhere: to files or headings that are not there."""

import sys
from pathlib import Path

import markdown

ROOT = Path(__file__).resolve().parents[2]
CATALOG = ROOT / "Sources/infoplane/Documentation.docc"


def documents(root=ROOT):
    """Every Markdown file that is part of the repository."""
    places = ["*.md", ".github/*.md", "samples/**/*.md", "schemas/**/*.md", "tools/**/*.md", "Sources/**/*.md", "Tests/**/*.md"]
    return sorted(path for place in places for path in root.glob(place) if "build" not in path.parts)


def broken(document, root=ROOT):
    """What is wrong with the links of a document, one sentence each. Links to the network are not followed."""
    for line, destination in markdown.links(document.read_text()):
        if "://" in destination or destination.startswith("mailto:"):
            continue
        place = f"{document.relative_to(root)}:{line}"
        name, _, anchor = destination.partition("#")
        target = (document.parent / name).resolve() if name else document
        if not target.exists():
            yield f"{place}: there is no {name}. Name a file of the repository, as seen from this document."
        elif root not in [target, *target.parents]:
            yield f"{place}: {name} lies outside the repository. Link to what is in it."
        elif anchor and (target.suffix != ".md" or anchor not in markdown.anchors(target.read_text())):
            yield f"{place}: {name or 'this document'} has no heading #{anchor}. Name one that it has."


def main():
    found = [sentence for document in documents() for sentence in broken(document)]
    for sentence in found:
        print(sentence, file=sys.stderr)
    print(f"Links: {len(documents())} documents, {len(found)} links lead nowhere.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
