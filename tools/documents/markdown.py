"""Markdown as the documents of this repository use it: code blocks with the marks before them, headings, links."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

LANGUAGES = {"": "shell", "sh": "shell", "bash": "shell", "python": "python", "text": "text", "json": "text",
             "swift": "text", "csv": "text"}


class MarkdownError(Exception):
    """What is wrong in a document, and where."""


@dataclass
class Block:
    """A code block: commands (an indented block, ```bash), Python, or text that nothing runs."""

    document: Path
    line: int  # of its first line of code, from 1
    kind: str
    code: str
    exit: int = 0
    environment: str = "debian"
    left_out: str | None = None
    before: list[str] = field(default_factory=list)  # code that runs first and that readers do not see


def blocks(document, text):
    """The code blocks of a document in order.

    A comment right before a block that begins with `run:` changes how it runs:

        <!-- run: exit 1 -->                       every command in it ends with 1
        <!-- run: not, because it needs root -->   left out, and listed with its reason
        <!-- run: needs /usr/share/datasets -->    left out, and listed, where that is not there
        <!-- run: in newest -->                    Python with this environment of tools/setup
        <!-- run: before
        cp run.h5 copy.h5
        -->                                        code of the block's kind that runs first
    """
    lines = text.splitlines()
    # `margin`: by how much code must be indented: in a list, from the text of its item on.
    marks, margin, index, found = [], 4, 0, []
    while index < len(lines):
        line = lines[index]
        if line.startswith("<!--"):
            start = index
            while "-->" not in lines[index]:
                index += 1
                if index == len(lines):
                    raise MarkdownError(f"{document}:{start + 1}: the comment does not end. End it by -->.")
            comment = "\n".join(lines[start : index + 1])[len("<!--") :].rsplit("-->", 1)[0].strip()
            if comment.startswith("run:"):
                marks.append((start + 1, comment[len("run:") :].strip()))
            index += 1
        elif fence := re.match(r"( *)```+(.*)", line):
            indent, language = len(fence[1]), fence[2].strip()
            if language not in LANGUAGES:
                raise MarkdownError(
                    f"{document}:{index + 1}: ```{language} is no known language. Expected "
                    f"{', '.join(name for name in LANGUAGES if name)}.")
            start = index = index + 1
            while not lines[index].strip().startswith("```"):
                index += 1
                if index == len(lines):
                    raise MarkdownError(f"{document}:{start}: the block does not end. End it by ```.")
            code = [text[min(indent, len(text) - len(text.lstrip())) :] for text in lines[start:index]]
            found.append(marked(Block(document, start + 1, LANGUAGES[language], "\n".join(code)), marks))
            marks, index = [], index + 1
        elif line.startswith(" " * margin) and line.strip() and (index == 0 or not lines[index - 1].strip()):
            start = index
            while index < len(lines) and (lines[index].startswith(" " * margin) or not lines[index].strip()):
                index += 1
            code = "\n".join(text[margin:] for text in lines[start:index]).rstrip()
            found.append(marked(Block(document, start + 1, "shell", code), marks))
            marks = []
        else:
            if line.strip():
                if marks:
                    raise MarkdownError(
                        f"{document}:{marks[0][0]}: no code block follows this mark. Put it right before one.")
                item = re.match(r" *([-*+]|\d+\.) +", line)
                if item or not line.startswith(" "):
                    margin = 4 + (len(item[0]) if item else 0)
            index += 1
    if marks:
        raise MarkdownError(f"{document}:{marks[0][0]}: no code block follows this mark. Put it right before one.")
    return found


def marked(block, marks):
    for line, mark in marks:
        if match := re.fullmatch(r"exit (\d+)", mark):
            block.exit = int(match[1])
        elif match := re.fullmatch(r"in (debian|newest)", mark):
            block.environment = match[1]
        elif match := re.fullmatch(r"not, because (.+)", mark, re.DOTALL):
            block.left_out = " ".join(match[1].split())
        elif match := re.fullmatch(r"needs (\S+)", mark):
            if not Path(match[1]).exists():
                block.left_out = f"{match[1]} is not there"
        elif match := re.fullmatch(r"before\n(.+)", mark, re.DOTALL):
            block.before.append(match[1])
        else:
            raise MarkdownError(
                f"{block.document}:{line}: '{mark.splitlines()[0] if mark else ''}' is no mark. Expected 'exit N', "
                "'not, because REASON', 'needs PATH', 'in debian', 'in newest', or 'before' and lines of code.")
    return block


def prose(text):
    """The text with code and comments blanked, line by line."""
    text = re.sub(r"<!--.*?-->", lambda match: re.sub(r"[^\n]", " ", match[0]), text, flags=re.DOTALL)
    fenced, lines = False, []
    for line in text.splitlines():
        if line.strip().startswith("```"):
            fenced = not fenced
            line = ""
        elif fenced or re.match(r" {4,}(?![-*+] |\d+\. )", line):
            line = ""
        lines.append(re.sub(r"`[^`]*`", lambda match: "`" + "_" * (len(match[0]) - 2) + "`", line))
    return lines


def anchors(text):
    """What `#...` may name in a document: its headings, as repository pages spell them."""
    found = []
    for line, shown in zip(text.splitlines(), prose(text)):
        if not re.match(r"#{1,6} ", shown):
            continue
        title = re.sub(r"[*`]|\[|\]\([^)]*\)", "", line.lstrip("#").strip()).lower()
        anchor = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
        found.append(anchor if anchor not in found else f"{anchor}-{found.count(anchor)}")
    return found


def links(text):
    """The destinations of links and images with their lines."""
    for number, line in enumerate(prose(text), 1):
        for match in re.finditer(r"\]\(([^)\s]+)(?: \"[^\"]*\")?\)", line):
            yield number, match[1]
