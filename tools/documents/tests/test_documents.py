"""The checks of the documentation find what they are there to find."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HERE))

import catalog  # noqa: E402
import commands  # noqa: E402
import links  # noqa: E402
import markdown  # noqa: E402


def blocks(text):
    return markdown.blocks("a.md", text)


def test_indented_and_fenced_blocks_are_found_with_their_lines():
    found = blocks("Text.\n\n    infoplane x\n\n    infoplane y\n\nMore.\n\n```python\nimport os\n```\n\n```text\nshown\n```\n")
    assert [(block.kind, block.line, block.code) for block in found] == [
        ("shell", 3, "infoplane x\n\ninfoplane y"), ("python", 10, "import os"), ("text", 14, "shown")]


def test_code_within_a_list_is_a_block_and_its_continued_text_is_none():
    found = blocks("- An item\n  that goes on:\n\n      infoplane x\n\n    and on.\n\n1. One\n\n       infoplane y\n\nText.\n\n    infoplane z\n")
    assert [(block.line, block.code) for block in found] == [(4, "infoplane x"), (10, "infoplane y"), (14, "infoplane z")]


def test_marks_change_how_the_next_block_runs():
    found = blocks(
        "<!-- run: exit 1 -->\n\n    infoplane x\n\n<!-- run: not, because it takes\nan hour -->\n    \n\n    infoplane y\n\n"
        "<!-- run: in newest -->\n<!-- run: before\nx = 1\n-->\n<!-- example: a -->\n```python\nx\n```\n\n"
        "<!-- run: needs /no/such/place -->\n\n    infoplane z\n")
    assert found[0].exit == 1 and found[0].left_out is None
    assert found[1].left_out == "it takes an hour" and found[1].exit == 0
    assert found[2].environment == "newest" and found[2].before == ["x = 1"]
    assert found[3].left_out == "/no/such/place is not there"


@pytest.mark.parametrize("text, said", [
    ("<!-- run: maybe -->\n\n    infoplane x\n", "a.md:1: 'maybe' is no mark"),
    ("<!-- run: exit 1 -->\n\nNo code.\n", "a.md:1: no code block follows"),
    ("<!-- run: exit 1 -->\n", "a.md:1: no code block follows"),
    ("```cobol\nx\n```\n", "a.md:1: ```cobol is no known language"),
    ("```python\nx\n", "a.md:1: the block does not end"),
    ("<!-- run: exit 1\n", "a.md:1: the comment does not end"),
])
def test_what_is_written_wrongly_is_named_with_its_line(text, said):
    with pytest.raises(markdown.MarkdownError) as raised:
        blocks(text)
    assert str(raised.value).startswith(said)


def test_commands_are_lines_joined_while_bash_wants_more():
    code = "# a remark\ninfoplane a   # why\n\ninfoplane b \\\n    -o c\nfor x in 1 2; do\n  echo $x\ndone\necho 'd"
    assert list(commands.commands_of(code)) == [
        (1, "infoplane a   # why"), (3, "infoplane b \\\n    -o c"), (5, "for x in 1 2; do\n  echo $x\ndone"), (8, "echo 'd")]


def test_broken_commands_and_blocks_fail_with_their_place_command_and_output(tmp_path):
    binary = tmp_path / "infoplane"
    binary.write_text("#!/bin/sh\necho \"ran $1\"\nexit $1\n")
    binary.chmod(0o755)
    document = tmp_path / "broken.md"
    document.write_text(
        "    infoplane 0\n    infoplane 3\n\nText.\n\n<!-- run: exit 1 -->\n\n    infoplane 1\n    infoplane 0\n\nText.\n\n"
        "```python\nkept = 1\n```\n\n```python\n>>> kept\n2\n```\n\n```python\nraise OSError('no luck')\n```\n\n"
        "<!-- run: not, because it is long -->\n\n    infoplane 9\n")
    fixture = tmp_path / "fixture"
    fixture.mkdir()
    script = (f"import sys; sys.path.insert(0, {str(HERE)!r}); from pathlib import Path; import commands\n"
              f"commands.python_of = lambda environment: sys.executable\n"
              f"scratch = Path({str(tmp_path)!r}) / 'scratch'; scratch.mkdir()\n"
              f"run = commands.Run(Path({str(binary)!r}), scratch)\n"
              f"run.document(Path({str(document)!r}), 'broken.md', Path({str(fixture)!r}))\n"
              f"print(run.commands, run.blocks, run.failures, run.left_out)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=os.environ)
    assert done.stdout.strip() == (
        "4 3 ['broken.md:2', 'broken.md:9', 'broken.md:18', 'broken.md:23'] "
        "['broken.md:28: infoplane 9: it is long']"), done.stderr
    said = done.stderr
    assert "broken.md:2: exit 3, expected exit 0\n  command:\n    infoplane 3\n  output:\n    ran 3" in said
    assert "broken.md:9: exit 0, expected exit 1" in said
    assert "Expected:\n        2\n    Got:\n        1" in said and "OSError: no luck" in said


def test_links_to_nowhere_are_found(tmp_path):
    (tmp_path / "guide.md").write_text("# A guide: one `x`\n\n## Twice\n\n## Twice\n")
    (tmp_path / "b.md").write_text(
        "# B\n\n[a](guide.md) [b](guide.md#a-guide-one-x) [c](guide.md#twice-1) [d](#b) [e](https://example.org/x)\n\n"
        "[f](none.md) [g](guide.md#none) [h](#none)\n![i](none.png) `[j](code.md)`\n\n    [k](code.md)\n\n[l](../outside.md)\n")
    (tmp_path.parent / "outside.md").write_text("")
    file, heading = "Name a file of the repository, as seen from this document.", "Name one that it has."
    assert list(links.broken(tmp_path / "b.md", tmp_path)) == [
        f"b.md:5: there is no none.md. {file}", f"b.md:5: guide.md has no heading #none. {heading}",
        f"b.md:5: this document has no heading #none. {heading}", f"b.md:6: there is no none.png. {file}",
        "b.md:10: ../outside.md lies outside the repository. Link to what is in it."]


def test_links_are_those_of_docc_in_the_copy_for_it():
    text = "[a](GIBTargets.md) [b](GIBTargets.md#compute-them) [c](https://x.y) [`d`](../../../README.md) ![e](e.png)"
    assert catalog.for_docc(text) == "[a](doc:GIBTargets) [b](doc:GIBTargets) [c](https://x.y) `d` (`README.md`) ![e](e.png)"
