"""npm's consul, unchanged: key/value, sessions, watches, transactions."""

import os
import shutil
import unittest

from clients import HERE, PACKAGES, ClientTest


class NpmConsul(ClientTest):
    def test_what_its_users_do(self):
        home = os.path.join(PACKAGES, "npm-consul")
        os.makedirs(home, exist_ok=True)
        self.fetch(os.path.join(home, "node_modules", "consul", "package.json"),
                   ["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", home,
                    "consul@2.0.1"])
        shutil.copy(os.path.join(HERE, "npm_consul_session.js"), home)
        cluster = self.three()
        code, output = self.client(
            ["node", os.path.join(home, "npm_consul_session.js"),
             *(server.host for server in cluster)])
        self.assertEqual(code, 0, output)
        self.assertIn("all done", output)


if __name__ == "__main__":
    unittest.main()
