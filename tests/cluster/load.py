"""Writes beside a test, by konsul-bench: Python would be too slow to be a load.

    load = Load(self, cluster.servers, clients=64)
    ...
    report = load.stop()      # {"acknowledged": ..., "failed": ..., "longest_gap_ms": ...}
    load.verify(server)       # each acknowledged write is there
"""

import json
import os
import subprocess

from harness import BIN

BENCH = os.path.join(BIN, "konsul-bench")


class Load:
    """Runs from its construction to stop(); ended with the test in any case."""

    def __init__(self, test, servers, clients=64, pace_ms=0, prefix="bench/load", seconds=120):
        self.test = test
        self.history = os.path.join(test.directory, f"history-{prefix.replace('/', '-')}")
        self.process = subprocess.Popen(
            [BENCH, "load", "-http-addr=" + ",".join(s.http_address() for s in servers),
             f"-clients={clients}", f"-pace={pace_ms}", f"-prefix={prefix}", f"-seconds={seconds}",
             f"-history={self.history}", "-format=json"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        test.addCleanup(self._end)

    def _end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def stop(self):
        self.process.terminate()
        out, self.errors = self.process.communicate(timeout=60)
        self.report = json.loads(out)
        return self.report

    def verify(self, *servers, stale=False):
        """Reads every key back, at these servers in turn; returns how many writes were acknowledged."""
        result = subprocess.run(
            [BENCH, "verify", "-http-addr=" + ",".join(s.http_address() for s in servers),
             f"-history={self.history}", "-format=json"] + ["-stale"] * stale,
            capture_output=True, text=True, timeout=120)
        self.test.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        report = json.loads(result.stdout)
        self.test.assertEqual(report["lost"], 0)
        self.test.assertEqual(report["acknowledged"], self.report["acknowledged"])
        return report["acknowledged"]
