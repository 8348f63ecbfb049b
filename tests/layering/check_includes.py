#!/usr/bin/env python3
"""Checks every #include against layers.txt.

    check_includes.py [ROOT]

Exit code 1 when a folder includes what it must not.
"""

import os
import re
import sys

import tree

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def read_layers(path):
    """{folder: set of folders} in the table's order; "*" stands for all."""
    allowed = {}
    for line in tree.table_lines(path):
        name, _, names = line.partition(":")
        allowed[name.strip()] = set(names.split())
    return allowed


def check_table(allowed):
    """A folder may only name folders above it: then the layers cannot form a cycle."""
    problems, seen = [], set()
    for folder, names in allowed.items():
        for name in sorted(names - {"*"}):
            if name not in seen:
                problems.append(f"layers.txt: {folder} may include {name}, which is not above it")
        seen.add(folder)
    return problems


def check_file(path, text, allowed):
    top = {folder.split("/")[0] for folder in allowed}
    folder = tree.folder_of(path, allowed)
    if folder is None:
        return [f"{path}: its folder is not in tests/layering/layers.txt"]
    may = allowed[folder] | {folder}
    if tree.is_test(path):
        order = list(allowed)
        may |= set(order[:order.index(folder)])
    problems = []
    for name in INCLUDE.findall(text):
        if name.split("/")[0] not in top or "/" not in name or "*" in may:
            continue
        target = tree.folder_of(name, allowed)
        if target not in may:
            problems.append(f'{path}: includes "{name}"; {folder} may include only: '
                            f'{" ".join(sorted(may))}')
    return problems


def check_tree(root, layers):
    allowed = read_layers(layers)
    problems = check_table(allowed)
    files = tree.source_files(root)
    for path in files:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            problems += check_file(path, file.read(), allowed)
    return problems, len(files)


if __name__ == "__main__":
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(tree.HERE, "..", "..")
    problems, count = check_tree(root, os.path.join(tree.HERE, "layers.txt"))
    tree.report("includes", problems, f"{count} files")
