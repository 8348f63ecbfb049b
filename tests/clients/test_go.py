"""The tests inside Debian's golang-github-armon-consul-api-dev, unchanged, against three servers."""

import os
import shutil
import unittest

from clients import PACKAGES, ClientTest, counted

PACKAGE = "github.com/armon/consul-api"
SOURCE = f"/usr/share/gocode/src/{PACKAGE}"
# Of key/value, sessions, status, events and locks. The others ask for services, for checks, or for
# a cluster of one (TestAgent_Members), or look at the address that is changed below (TestRequest).
TESTS = ("TestClient|TestSession|TestStatus|TestEvent|TestAgent_Self|"
         "TestCatalog_Datacenters|TestCatalog_Nodes|TestSet|TestParse")


class Go(ClientTest):
    def test_its_own_tests_pass(self):
        cluster = self.three()
        gopath = os.path.join(self.directory, "go")
        package = os.path.join(gopath, "src", PACKAGE)
        shutil.copytree(SOURCE, package)
        # The address is a constant of the package.
        api = os.path.join(package, "api.go")
        with open(api, encoding="utf-8") as file:
            text = file.read()
        self.assertIn('"127.0.0.1:8500"', text)
        with open(api, "w", encoding="utf-8") as file:
            file.write(text.replace('"127.0.0.1:8500"', f'"{cluster[1].host}:8500"'))
        code, output = self.client(
            ["go", "test", "-v", "-run", TESTS, "."], cwd=package,
            env={**os.environ, "GO111MODULE": "off", "GOPATH": f"{gopath}:/usr/share/gocode",
                 "GOFLAGS": "", "GOCACHE": os.path.join(PACKAGES, "go-cache")})
        self.assertEqual(code, 0, output)
        self.assertEqual(counted(r"^--- PASS", output), 21, output)


if __name__ == "__main__":
    unittest.main()
