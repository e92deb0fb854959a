"""What an experiment found: claims that hold or not, and the tables behind them; as a page, as text, as JSON."""

import json
import os
import re
import textwrap

_WORDS = {True: "holds", False: "does not hold", None: "cannot be decided"}
_START, _END = "<!-- claims: made by --page -->", "<!-- end of claims -->"


class Findings:
    """The page of an experiment.

    title: of the page; question: what was asked, and whose expectation it is; conditions: how it was answered, with
    everything that a reader needs to judge the numbers.
    """

    def __init__(self, title, question, conditions):
        self.title = title
        self.question = _one_line(question)
        self.conditions = _one_line(conditions)
        self.claims = []
        self._sections = []

    def claim(self, statement, holds, figures):
        """A claim of the publication or of the field; holds: True, False or None for "cannot be decided"; figures: why."""
        self.claims.append({"claim": _one_line(statement), "here": _WORDS[holds], "figures": _one_line(figures)})

    def section(self, title, text="", header=None, rows=None):
        """A part of the page: words, and below them a table where header and rows are given. Values say their unit."""
        self._sections.append((title, "\n\n".join(_one_line(part) for part in text.strip().split("\n\n")), header, rows))

    def page(self, experiment):
        made_by = f"tools/experiments/{experiment.name}" + ("" if experiment.size == "small" else f" --size {experiment.size}")
        parts = [
            f"# {self.title}", _wrapped(self.question), _wrapped(self.conditions),
            f"`{made_by} --page` renews this page.",
            "## Claims",
            table(["claim", "here", "figures"], [[claim["claim"], f"**{claim['here']}**", claim["figures"]] for claim in self.claims]),
        ]
        if experiment.size == "tiny":
            parts.insert(1, "**Size `tiny`: only shows that the script runs. The numbers mean nothing.**")
        for title, text, header, rows in self._sections:
            parts.append(f"## {title}")
            if text:
                parts.append("\n\n".join(_wrapped(part) for part in text.split("\n\n")))
            if header:
                parts.append(table(header, rows))
        return "\n\n".join(parts) + "\n"

    def text(self):
        """For a terminal: the claims, then the tables."""
        lines = [self.title, ""]
        for claim in self.claims:
            lines += textwrap.wrap(
                f"{claim['claim']}: {claim['figures']}", 100, initial_indent=f"{claim['here']:18}", subsequent_indent=" " * 18)
        for title, _, header, rows in self._sections:
            if header:
                lines += ["", title, "", table(header, rows)]
        return "\n".join(lines)

    def json(self, experiment):
        """The same for programs: claims, and every table as a list of objects."""
        return json.dumps({
            "experiment": experiment.name, "size": experiment.size, "title": self.title, "question": self.question,
            "conditions": self.conditions, "claims": self.claims,
            "tables": {title: [dict(zip(header, row)) for row in rows] for title, _, header, rows in self._sections if header},
        }, indent=1, ensure_ascii=False)

    @staticmethod
    def publish(folder, name, page):
        """Writes the page into the repository, and all pages' claims into the README beside it."""
        with open(os.path.join(folder, f"{name}.md"), "w", encoding="utf-8") as file:
            file.write(page)
        readme = os.path.join(folder, "README.md")
        with open(readme, encoding="utf-8") as file:
            text = file.read()
        rows = []
        for page_name in sorted(os.listdir(folder)):
            if page_name.endswith(".md") and page_name != "README.md":
                with open(os.path.join(folder, page_name), encoding="utf-8") as file:
                    claims = re.findall(r"^\| (.+?) +\| \*\*(.+?)\*\* +\| ", file.read(), re.MULTILINE)
                link = f"[{page_name.removesuffix('.md')}]({page_name})"
                rows += [[link, claim.replace("\\|", "|"), here] for claim, here in claims]
        before, rest = text.split(_START)
        _, after = rest.split(_END)
        with open(readme, "w", encoding="utf-8") as file:
            file.write(f"{before}{_START}\n\n{table(['experiment', 'claim', 'here'], rows)}\n\n{_END}{after}")


def table(header, rows):
    """A Markdown table whose columns are aligned, so that it reads in a terminal, too. "|", as in H(Q|X), is escaped."""
    cells = [[str(cell).replace("|", "\\|") for cell in row] for row in [header, *rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _one_line(text):
    return " ".join(text.split())


def _wrapped(text):
    return textwrap.fill(text, 125, break_long_words=False, break_on_hyphens=False)
