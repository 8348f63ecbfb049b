"""All coordination tests of Debian's python3-tooz (groups, leaders, locks), unchanged.

Its driver calls python-consul2, which only PyPI has: Debian's python3-consul is older and knows no
tokens for sessions.
"""

import os
import unittest

from clients import PACKAGES, PYTHON, ClientTest


class Tooz(ClientTest):
    def test_all_its_coordination_tests_pass(self):
        library = os.path.join(PACKAGES, "python-consul2")
        self.fetch(os.path.join(library, "consul", "base.py"),
                   [PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--target", library,
                    "python-consul2==0.1.5"])
        cluster = self.three()
        code, output = self.client(
            [PYTHON, "-m", "testtools.run", "tooz.tests.test_coordination"],
            env={**os.environ, "PYTHONPATH": library,
                 "TOOZ_TEST_URL": f"consul://{cluster[2].host}:8500"})
        self.assertEqual(code, 0, output[-4000:])
        self.assertIn("Ran 76 tests", output)


if __name__ == "__main__":
    unittest.main()
