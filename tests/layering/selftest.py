#!/usr/bin/env python3
"""Plants violations and sees each check find them: a check that cannot fail is the worst bug.

    selftest.py CXX      the compiler for the planted objects
"""

import os
import subprocess
import sys
import tempfile
import unittest

import check_includes
import check_symbols
import check_tidy
import tree

CXX = "c++"


def layers():
    return check_includes.read_layers(os.path.join(tree.HERE, "layers.txt"))


class Includes(unittest.TestCase):
    def check(self, path, text):
        return check_includes.check_file(path, text, layers())

    def test_allowed_ones_pass(self):
        self.assertEqual(self.check("core/raft/a.h", '#include "core/base/ids.h"\n#include <map>\n'
                                    '#include "core/raft/b.h"\n#include "absl/status/status.h"\n'), [])

    def test_a_layer_above_is_refused(self):
        for path, name in [("core/raft/a.cc", "core/env/env.h"),
                           ("core/raft/a.cc", "core/fiber/mutex.h"),
                           ("core/server/a.h", "net/rpc/frame.h"),
                           ("net/http/a.cc", "net/reactor/reactor.h"),
                           ("cmd/node/a.cc", "net/reactor/reactor.h"),
                           ("storage/wal/a.cc", "sim/world.h"),
                           ("sim/a.cc", "net/reactor/clock.h"),
                           ("core/base/a.cc", "cmd/node/node.h")]:
            self.assertEqual(len(self.check(path, f'#include "{name}"\n')), 1, f"{path} {name}")

    def test_unit_tests_see_what_is_above_and_no_more(self):
        self.assertEqual(self.check("net/http/a_test.cc", '#include "core/raft/raft.h"\n'), [])
        self.assertEqual(len(self.check("net/http/a_test.cc", '#include "sim/world.h"\n')), 1)

    def test_spaces_do_not_hide_it(self):
        self.assertEqual(len(self.check("core/raft/a.cc", ' # include  "core/env/env.h"\n')), 1)

    def test_a_folder_out_of_the_table_is_refused(self):
        self.assertEqual(len(self.check("misc/a.cc", "")), 1)
        self.assertEqual(len(self.check("core/new/a.cc", "")), 1)

    def test_a_cycle_in_the_table_is_refused(self):
        self.assertEqual(len(check_includes.check_table({"a": {"b"}, "b": {"a"}})), 1)
        self.assertEqual(check_includes.check_table(layers()), [])


class Symbols(unittest.TestCase):
    def undefined_of(self, source):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "planted.cc"), "w") as file:
                file.write(source)
            subprocess.run([CXX, "-std=c++20", "-O1", "-c", "planted.cc", "-o", "planted.o"],
                           cwd=directory, check=True)
            subprocess.run(["ar", "rc", "libplanted.a", "planted.o"], cwd=directory, check=True)
            return check_symbols.check_library(os.path.join(directory, "libplanted.a"), "planted")

    def assert_found(self, source, what):
        problems = self.undefined_of(source)
        self.assertTrue(any(f"({what})" in p for p in problems), f"{what}: {problems}")

    def test_clocks(self):
        self.assert_found("#include <chrono>\nlong f() { return "
                          "std::chrono::steady_clock::now().time_since_epoch().count(); }", "a clock")
        self.assert_found("#include <chrono>\nlong f() { return "
                          "std::chrono::system_clock::now().time_since_epoch().count(); }", "a clock")
        self.assert_found("#include <time.h>\nlong f() { return time(nullptr); }", "a clock")
        self.assert_found("#include <time.h>\nvoid f(timespec* t) { clock_gettime(1, t); }", "a clock")

    def test_entropy(self):
        self.assert_found("#include <random>\nunsigned f() { return std::random_device()(); }", "entropy")
        self.assert_found("#include <stdlib.h>\nint f() { return rand(); }", "entropy")

    def test_threads(self):
        self.assert_found("#include <thread>\nvoid g(); void f() { std::thread(g).join(); }", "threads")

    def test_sockets(self):
        self.assert_found("#include <sys/socket.h>\nint f() { return socket(1, 1, 0); }", "sockets")

    def test_files_and_environment(self):
        self.assert_found("#include <fstream>\nvoid f() { std::ifstream x(\"a\"); }", "files")
        self.assert_found("#include <fcntl.h>\nint f() { return open(\"a\", 0); }", "files")
        self.assert_found("#include <stdlib.h>\nchar* f() { return getenv(\"a\"); }", "the environment")

    def test_what_everyone_needs_is_not_found(self):
        self.assertEqual(self.undefined_of(
            "#include <map>\n#include <memory>\n#include <string>\n#include <cstdio>\n#include <cstdlib>\n"
            "std::shared_ptr<std::map<std::string, int>> f() {\n"
            "  if (std::puts(\"x\") < 0) std::abort();\n"
            "  return std::make_shared<std::map<std::string, int>>();\n}\n"), [])

    def test_a_library_that_was_not_built_is_a_problem(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "core/base"))
            open(os.path.join(root, "core/base/a.cc"), "w").close()
            problems, _ = check_symbols.check_build(root, root, os.path.join(tree.HERE, "pure.txt"))
            self.assertEqual(len(problems), 1)


class Tidy(unittest.TestCase):
    GOOD = "#ifndef KONSUL_A_B_H_\n#define KONSUL_A_B_H_\n\n#endif\n"

    def test_each_rule_fires_once(self):
        self.assertEqual(check_tidy.check_file("a/b.h", self.GOOD), [])
        for text in ["#pragma once\n", self.GOOD.replace("A_B", "B_A")]:
            self.assertEqual(len(check_tidy.check_file("a/b.h", text)), 1, text)
        for text in ["x" * 101 + "\n", "\tx\n", "x \n", "x", "// TO" "DO: y\n",
                     "using namespace std;\n", "x\n" * 401]:
            self.assertEqual(len(check_tidy.check_file("a/b.cc", text)), 1, text[:40])

    def test_pages_that_are_not_there_are_found(self):
        root = os.path.join(tree.HERE, "..", "..")
        for path, text in [("a/b.h", "// see docs/nowhere.md"), ("docs/b.md", "[x](nowhere.md)"),
                           ("docs/b.md", "[x](nowhere.md#part)")]:
            self.assertEqual(len(check_tidy.check_references(root, path, text)), 1, text)
        for path, text in [("a/b.h", "// docs/README.md"), ("docs/b.md", "[x](README.md) [y](#z)"),
                           ("docs/b.md", "[x](https://example.org/nowhere.md)")]:
            self.assertEqual(check_tidy.check_references(root, path, text), [], text)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        CXX = sys.argv.pop(1)
    unittest.main()
