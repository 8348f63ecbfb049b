"""Snapshots on real disks: a follower that missed too much, kill -9 meanwhile, restarts from one."""

import time
import unittest

from harness import ClusterTest, quietly, wait_until
from load import Load

INSTALLED = "konsul_raft_snapshot_installed_total"
# A snapshot every few thousand writes, so that they are written beside everything that happens.
OFTEN = ["-raft-snapshot-threshold=3000", "-raft-trailing-logs=300"]


class Snapshots(ClusterTest):
    def take_snapshot(self, server):
        result = server.ctl("cluster", "snapshot")
        self.assertEqual(result.returncode, 0, result)

    def write(self, servers, at_least, **options):
        """Fast writes until that many are acknowledged; returns the stopped load."""
        load = Load(self, servers, **options)
        key = options.get("prefix", "bench/load")
        before = servers[0].api.metrics()["konsul_raft_log_entries_total"]
        wait_until(f"{at_least} writes below {key}",
                   lambda: (quietly(servers[0].api.metrics) or {}).get(
                       "konsul_raft_log_entries_total", 0) - before > at_least, timeout=60)
        load.stop()
        return load

    def test_a_follower_that_missed_what_the_log_has_no_more(self):
        cluster = self.cluster(3, OFTEN)
        leader = cluster.wait_for_leader()
        follower = next(s for s in cluster if s is not leader)
        rest = [s for s in cluster if s is not follower]
        first = self.write(cluster.servers, 500, prefix="bench/first")
        follower.kill()
        missed = self.write(rest, 10_000, prefix="bench/missed")
        meanwhile = Load(self, rest, clients=8, pace_ms=5, prefix="bench/meanwhile")
        follower.start()
        cluster.wait_until_caught_up(timeout=60)
        self.assertGreaterEqual(follower.api.metrics()[INSTALLED], 1)
        self.assertEqual(meanwhile.stop()["failed"], 0, meanwhile.errors)
        cluster.wait_until_caught_up()
        for load in (first, missed, meanwhile):
            load.verify(follower, stale=True)
        # It is a full member: the cluster goes on with it and one other.
        leader.kill()
        cluster.wait_for_leader()
        self.assertTrue(follower.put("after", b"x"))

    def test_killed_while_snapshots_are_written_and_installed(self):
        cluster = self.cluster(3, OFTEN)
        load = Load(self, cluster.servers, clients=32)
        for round_number in range(6):
            victim = cluster[round_number % 3]
            for server in cluster:
                quietly(lambda: server.api.request("PUT", "/v1/cluster/snapshot"))
            time.sleep(0.05 * round_number)  # another moment of it each time
            victim.kill()
            victim.start()
            cluster.wait_for_leader()
        load.stop()
        cluster.wait_until_caught_up()
        for server in cluster:
            load.verify(server, stale=True)

    def test_all_restart_from_snapshots(self):
        cluster = self.cluster(3, OFTEN)
        load = self.write(cluster.servers, 5_000)
        for server in cluster:
            self.take_snapshot(server)
        cluster.wait_for_leader().put("after", b"the snapshot")
        for server in cluster:
            server.kill()
        for server in cluster:
            server.start()
        cluster.wait_until_caught_up()
        for server in cluster:
            load.verify(server, stale=True)
            self.assertEqual(server.get("after", "?stale"), b"the snapshot")


if __name__ == "__main__":
    unittest.main(verbosity=2)
