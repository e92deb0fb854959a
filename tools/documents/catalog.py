"""Copies the catalog of guides for the documentation compiler, which has links of its own: catalog.py TARGET

In the repository, guides link to each other and to other files by relative paths, as repository pages need it. In the copy,
links to guides become DocC's, and links to files outside the catalog become the files' names.
"""

import re
import shutil
import sys
from pathlib import Path

from links import CATALOG, ROOT

ROOT_PAGE = "InfoPlane.md"
COMMAND_LINE = "infoplane"  # the module that exports nothing


def for_docc(text, folder=CATALOG):
    """The text of a guide with links as DocC follows them."""

    def link(match):
        shown, destination = match.groups()
        name = destination.partition("#")[0]
        if "://" in destination:
            return match[0]
        if (folder / name).parent == folder and name.endswith(".md"):
            return f"[{shown}](doc:{name.removesuffix('.md')})"
        target = (folder / name).resolve().relative_to(ROOT)
        return shown if str(target) == shown.strip("`") else f"{shown} (`{target}`)"

    # An image stands in the catalog already.
    return re.sub(r"(?<!!)\[([^\]]+)\]\(([^)\s]+)\)", link, text)


def unnamed_modules(root_page):
    """The Swift modules that the root page does not lead to."""
    modules = {path.relative_to(ROOT / "Sources").parts[0] for path in (ROOT / "Sources").rglob("*.swift")} - {COMMAND_LINE}
    return sorted(module for module in modules if f"``{module}``" not in root_page)


def main():
    target = Path(sys.argv[1])
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(CATALOG, target)
    for guide in target.glob("*.md"):
        text = for_docc(guide.read_text())
        if guide.name == ROOT_PAGE:
            if missing := unnamed_modules(text):
                sys.exit(f"{CATALOG.relative_to(ROOT)}/{ROOT_PAGE}: no link to {', '.join(missing)}. Name every module there.")
            text += "\n@Metadata {\n    @TechnologyRoot\n}\n"
        guide.write_text(text)


if __name__ == "__main__":
    main()
