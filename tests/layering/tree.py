"""What the checks of this directory share: the repository's files and the tables beside them."""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def source_files(root, suffixes=(".h", ".cc")):
    """Paths of our sources below root, sorted. In a git tree: those git knows or would add."""
    try:
        listed = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = []
        for directory, directories, names in os.walk(root):
            directories[:] = [d for d in directories if d not in (".git", "build", "run", "out")]
            listed += [os.path.relpath(os.path.join(directory, n), root) for n in names]
    return sorted(p for p in set(listed)
                  if p.endswith(suffixes) and os.path.isfile(os.path.join(root, p)))


def is_test(path):
    stem = os.path.splitext(os.path.basename(path))[0]
    return stem.endswith("_test") or stem.endswith("_support")


def table_lines(path):
    """The lines of a table without comments and blanks."""
    with open(path) as file:
        for line in file:
            line = line.split("#")[0].strip()
            if line:
                yield line


def folder_of(path, folders):
    """The deepest of `folders` that holds `path`, or None."""
    best = None
    for folder in folders:
        if path.startswith(folder + "/") and (best is None or len(folder) > len(best)):
            best = folder
    return best


def report(name, problems, checked):
    """Prints the findings and ends the program."""
    for problem in problems:
        print(problem)
    print(f"{name}: {checked}, {len(problems)} problems")
    sys.exit(1 if problems else 0)
