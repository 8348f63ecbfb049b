"""What the tests of unchanged clients share: a cluster of three, and packages of registries.

Packages that Debian has are installed by .ci/install-packages; what only PyPI and npm have is
fetched by their own clients into a directory of the build, once.
"""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cluster"))

from harness import ClusterTest, wait_until  # noqa: E402  (the path comes first)

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGES = os.environ.get("KONSUL_PACKAGES") or os.path.join(HERE, "../../build/packages")
# Debian's, which sees Debian's packages; another one may come first in the path.
PYTHON = "/usr/bin/python3"


class ClientTest(ClusterTest):
    def three(self):
        """Three servers that are all in the catalog, so that sessions can be made on each."""
        cluster = self.cluster(3)
        wait_until("the servers to be registered", lambda: len(
            cluster[0].api.request("GET", "/v1/catalog/nodes").json()) == 3)
        return cluster

    def client(self, command, timeout=200, **kwargs):
        """Runs a client to its end; its output, both streams."""
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=timeout, **kwargs)
        return done.returncode, done.stdout

    def fetch(self, marker, command, **kwargs):
        """Runs `command`, which makes the file `marker`, unless it is there."""
        if os.path.exists(marker):
            return
        code, output = self.client(command, **kwargs)
        self.assertEqual(code, 0, f"{' '.join(command)}:\n{output}")
        self.assertTrue(os.path.exists(marker), f"{' '.join(command)} made no {marker}")


def counted(pattern, text):
    return len(re.findall(pattern, text, re.M))
