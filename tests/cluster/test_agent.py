"""What a server says of its machine, and how it takes a changed configuration while it runs."""

import json
import os
import signal
import unittest

from harness import ClusterTest, wait_until


class Agent(ClusterTest):
    def configured(self, settings):
        """One server with a config file, and a function that writes the file anew."""
        path = os.path.join(self.directory, "konsul.json")

        def write(text):
            # Whole or not at all, so that no reload meets half a file.
            with open(path + ".new", "w") as file:
                file.write(text)
            os.replace(path + ".new", path)

        write(json.dumps(settings))
        cluster = self.cluster(1, extra=(f"-config-file={path}",))
        return cluster[0], write

    def test_the_machine(self):
        server = self.cluster(1)[0]
        host = server.api.request("GET", "/v1/agent/host").json()
        self.assertIsNone(host["Errors"])
        with open("/proc/cpuinfo") as cpuinfo:
            self.assertEqual(len(host["CPU"]), sum(line.startswith("processor") for line in cpuinfo))
        with open("/proc/meminfo") as meminfo:
            self.assertEqual(host["Memory"]["total"], int(meminfo.readline().split()[1]) * 1024)
        self.assertEqual(host["Host"]["hostname"], os.uname().nodename)
        stat = os.statvfs(server.data)
        self.assertEqual(host["Disk"]["path"], server.data)
        self.assertEqual(host["Disk"]["total"], stat.f_blocks * stat.f_frsize)

    def test_the_log_level_changes_while_it_runs(self):
        server, write = self.configured({"log_level": "info"})
        server.api.request("GET", "/v1/status/leader", headers={"X-Request-Id": "quiet"})
        self.assertNotIn("id=quiet", server.log())
        write('{"log_level": "debug", "ports": {"http": 8500, "server": 8301}}')
        reply = server.api.request("PUT", "/v1/agent/reload")
        self.assertEqual((reply.status, reply.body), (200, b""))
        reply = server.api.request("GET", "/v1/status/leader", headers={"X-Request-Id": "loud"})
        self.assertEqual(reply.headers["X-Request-Id"], "loud")
        self.assertIn("log_level: info -> debug", server.log())
        wait_until("the line of the request", lambda: "id=loud" in server.log())
        self.assertIn("ports.server: 8300 -> 8301", server.log())
        write('{"log_level": "info"}')
        server.signal(signal.SIGHUP)
        wait_until("the reload", lambda: "log_level: debug -> info" in server.log())

    def test_a_wrong_file_changes_nothing(self):
        server, write = self.configured({"log_level": "info"})
        write('{"log_level": "loud"}')
        reply = server.api.request("PUT", "/v1/agent/reload")
        self.assertEqual(reply.status, 500)
        self.assertIn(b"konsul.json: log_level: \"loud\" is not one of", reply.body)
        server.signal(signal.SIGHUP)
        wait_until("two complaints", lambda: server.log().count("cannot be reloaded") == 2)
        self.assertTrue(server.put("a", b"still there"))

    def test_open_connections_are_counted(self):
        server = self.cluster(1)[0]
        text = server.api.request("GET", "/v1/agent/metrics?format=prometheus").body.decode()
        self.assertIn("\nkonsul_http_connections 1\n", text)
        self.assertIn("\nkonsul_blocking_queries 0\n", text)


if __name__ == "__main__":
    unittest.main()
