#!/usr/bin/env python3
"""Small things that stay small: lengths, guards, nothing left unfinished.

    check_tidy.py [ROOT]
"""

import os
import re
import sys

import tree

LINES_MAX = 400        # a source file beyond this has more than one job
LINES_MAX_TEST = 650
COLUMNS_MAX = 100
# Spelled so that this file does not find itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


def guard_of(path):
    return "KONSUL_" + re.sub(r"[^A-Za-z0-9]", "_", path).upper() + "_"


def check_file(path, text):
    problems = []
    lines = text.split("\n")
    test = tree.is_test(path) or path.startswith("tests/")
    limit = LINES_MAX_TEST if test else LINES_MAX
    if len(lines) - 1 > limit:
        problems.append(f"{path}: {len(lines) - 1} lines; split it by concern (limit {limit})")
    if text and not text.endswith("\n"):
        problems.append(f"{path}: no newline at the end")
    for number, line in enumerate(lines, 1):
        where = f"{path}:{number}"
        # Tests hold texts in one piece; what can be broken, clang-format breaks.
        if len(line) > COLUMNS_MAX and not test and "http" not in line:
            problems.append(f"{where}: {len(line)} columns (limit {COLUMNS_MAX})")
        if "\t" in line:
            problems.append(f"{where}: a tab")
        if line != line.rstrip():
            problems.append(f"{where}: space at the end of the line")
        if UNFINISHED.search(line):
            problems.append(f"{where}: says it is unfinished; finish it or write an issue")
        if re.match(r"\s*using namespace std;", line):
            problems.append(f"{where}: using namespace std")
    if path.endswith(".h"):
        guard = guard_of(path)
        if f"#ifndef {guard}\n#define {guard}\n" not in text:
            problems.append(f"{path}: the header guard is not {guard}")
    return problems


def check_references(root, path, text):
    """Pages that are named must be there: links of pages, and docs/... in comments."""
    if path.endswith(".md"):
        names = [os.path.join(os.path.dirname(path), link)
                 for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)]
    else:
        names = re.findall(r"\bdocs/[\w./-]+\.md\b", text)
    return [f"{path}: names {name}, which is not there" for name in names
            if not os.path.exists(os.path.join(root, name))]


def check_tree(root):
    problems = []
    files = tree.source_files(root, (".h", ".cc", ".md"))
    for path in files:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        if not path.endswith(".md"):
            problems += check_file(path, text)
        problems += check_references(root, path, text)
    return problems, len(files)


if __name__ == "__main__":
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(tree.HERE, "..", "..")
    problems, count = check_tree(root)
    tree.report("tidy", problems, f"{count} files")
