"""konsul-bench: that it measures what it says, leaves nothing behind, and fails when it should."""

import glob
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

from harness import ClusterTest, wait_until
from load import BENCH, Load


class OwnServers(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="konsul-bench-test-")
        self.addCleanup(self.temporary.cleanup)
        self.environment = dict(os.environ, TMPDIR=self.temporary.name)

    def bench(self, *args, code=0):
        done = subprocess.run([BENCH, *args, "-format=json"], capture_output=True, text=True,
                              timeout=100, env=self.environment)
        self.assertEqual(done.returncode, code, done)
        self.assertEqual(os.listdir(self.temporary.name), [])
        return json.loads(done.stdout), done.stderr

    def test_failover(self):
        for how in ("kill", "cut", "stop"):
            report, errors = self.bench("failover", f"-how={how}", "-rounds=2")
            self.assertEqual(report["rounds"], 2, errors)
            self.assertEqual(report["unserved"], 0)
            first, everyone = report["first_write"], report["all_clients"]
            # More than the fault itself takes, and no more than an election that goes badly.
            self.assertGreater(first["p50_ms"], 1)
            self.assertLess(first["max_ms"], 5000)
            self.assertGreaterEqual(everyone["max_ms"], first["max_ms"])
            if how == "cut" and os.getuid() == 0:
                self.assertEqual(report["how"], "cut", errors)

    def test_failover_sees_slower_servers_and_a_limit(self):
        fast, _ = self.bench("failover", "-how=stop", "-rounds=2")
        slow, errors = self.bench("failover", "-how=stop", "-rounds=2", "-p99-limit=1",
                                  "-agent-flag=-raft-multiplier=6", code=1)
        self.assertGreater(slow["first_write"]["p50_ms"], 2 * fast["first_write"]["p50_ms"])
        self.assertIn("above the limit", errors)

    def test_steady(self):
        report, _ = self.bench("steady", "-seconds=3", "-load=50")
        self.assertEqual((report["elections"], report["leader_changes"], report["failed"]), (0, 0, 0))
        self.assertGreater(report["writes"], 20)
        self.assertGreater(report["busy_percent"], 40)

    def test_catch_up(self):
        report, _ = self.bench("catch-up", "-writes=2000", "-seconds=1", "-clients=8", "-keys=500",
                               "-limit=100")
        self.assertEqual(report["failed"], 0)
        for phase in ("before", "down", "during", "after"):
            self.assertGreater(report[f"{phase}_per_second"], 0, phase)

    def test_an_interrupt_ends_the_servers_too(self):
        for number in (signal.SIGINT, signal.SIGKILL):
            bench = subprocess.Popen([BENCH, "failover", "-rounds=1000"], env=self.environment,
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                logs = os.path.join(self.temporary.name, "*", "n?", "log")
                wait_until("its servers", lambda: len(glob.glob(logs)) == 3)
                servers = wait_until("their processes", lambda: children(bench.pid))
                time.sleep(1)
                bench.send_signal(number)
                self.assertEqual(bench.wait(20), 130 if number == signal.SIGINT else -number)
            finally:
                bench.kill()
                bench.wait()
            wait_until("them to end", lambda: not [p for p in servers if running(p)], timeout=5)
            if number == signal.SIGINT:
                self.assertEqual(os.listdir(self.temporary.name), [])


class Histories(ClusterTest):
    def test_a_lost_write_is_found(self):
        server = self.single()
        load = Load(self, [server], clients=2, pace_ms=2)
        wait_until("the write", lambda: server.get("bench/load/1/1"))
        load.stop()
        load.verify(server)
        server.api.kv("DELETE", "bench/load/1/1")
        with self.assertRaisesRegex(AssertionError, "lost: bench/load/1/1: acknowledged 1:1"):
            load.verify(server)

    def test_what_was_not_answered_counts_as_failed(self):
        cluster = self.cluster(3)
        load = Load(self, [cluster[0]], clients=8)
        wait_until("writes", lambda: cluster[1].api.tree("bench/load/0/", "&stale"))
        cluster[0].kill()
        cluster[0].start()
        cluster.wait_until_caught_up()
        report = load.stop()
        self.assertGreaterEqual(report["failed"] + report["refused"], 1)
        self.assertGreater(report["longest_gap_ms"], 10)
        self.assertGreater(report["acknowledged"], 0)
        load.verify(*cluster)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def running(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return b"konsul" in file.read()
    except OSError:
        return False


if __name__ == "__main__":
    unittest.main(verbosity=2)
