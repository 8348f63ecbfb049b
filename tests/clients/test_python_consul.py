"""Debian's python3-consul, unchanged: key/value, sessions, locks, watches, events."""

import os
import unittest

from clients import HERE, PYTHON, ClientTest


class PythonConsul(ClientTest):
    def test_what_its_users_do(self):
        cluster = self.three()
        code, output = self.client(
            [PYTHON, os.path.join(HERE, "python_consul_session.py"),
             *(server.host for server in cluster)])
        self.assertEqual(code, 0, output)
        self.assertIn("all done", output)


if __name__ == "__main__":
    unittest.main()
