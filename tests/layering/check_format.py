#!/usr/bin/env python3
"""Checks that clang-format would change nothing. `make format` mends it.

    check_format.py CLANG_FORMAT [ROOT]
"""

import os
import subprocess
import sys

import tree

if __name__ == "__main__":
    root = sys.argv[2] if len(sys.argv) > 2 else os.path.join(tree.HERE, "..", "..")
    files = tree.source_files(root)
    run = subprocess.run([sys.argv[1], "--dry-run"] + files, cwd=root, capture_output=True, text=True)
    wrong = sorted({line.split(":")[0] for line in run.stderr.splitlines()
                    if "[-Wclang-format-violations]" in line})
    tree.report("format", [f"{path}: not formatted; run `make format`" for path in wrong],
                f"{len(files)} files")
