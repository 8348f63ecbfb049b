"""What operators see and do besides membership: peers, health, metrics, handing over."""

import json
import unittest

from harness import ClusterTest, wait_until

METRICS = """konsul_raft_term konsul_raft_leader_changes_total
    konsul_raft_elections_total konsul_raft_commit_time_seconds_count
    konsul_raft_commit_time_seconds_sum konsul_raft_apply_time_seconds_count
    konsul_raft_sync_time_seconds_count konsul_raft_log_entries_total
    konsul_raft_rejected_proposals_total konsul_raft_snapshot_sent_total
    konsul_raft_snapshot_installed_total""".split()


class OperatorsView(ClusterTest):
    def setUp(self):
        super().setUp()
        self.servers = self.cluster(3)
        self.leader = self.servers.wait_for_leader()

    def ctl(self, server, *args):
        done = server.ctl(*args)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def test_metrics_are_there_and_move(self):
        before = self.leader.api.metrics()
        for name in METRICS:
            self.assertIn(name, before)
        self.assertEqual(before['konsul_raft_state{state="leader"}'], 1)
        for i in range(20):
            self.assertTrue(self.leader.put(f"k{i}", b"v"))
        after = self.leader.api.metrics()
        for name in ("konsul_raft_commit_time_seconds_count", "konsul_raft_log_entries_total"):
            self.assertGreaterEqual(after[name] - before[name], 20, name)
        self.assertEqual(after["konsul_raft_term"], before["konsul_raft_term"])
        lags = [n for n in after if n.startswith("konsul_raft_replication_lag_entries{")]
        self.assertEqual(len(lags), 2, sorted(after))

    def test_peers_health_and_handing_over(self):
        listed = self.ctl(self.servers[0], "operator", "raft", "list-peers")
        for server in self.servers:
            self.assertIn(server.name, listed)
            self.assertIn(server.rpc_address(), listed)
        health = self.leader.api.request("GET", "/v1/operator/autopilot/health")
        self.assertEqual(health.status, 200, health.body)
        self.assertTrue(health.json()["Healthy"])
        status = json.loads(self.ctl(self.servers[1], "cluster", "status", "-format=json"))
        self.assertTrue(status)

        heir = next(s for s in self.servers if s is not self.leader)
        ids = self.servers.ids()
        self.ctl(self.leader, "operator", "raft", "transfer-leader", f"-id={ids[heir.name]}")
        wait_until("all to know", lambda: all(s.api.leader() == heir.rpc_address()
                                              for s in self.servers))
        # To anybody.
        self.ctl(self.leader, "operator", "raft", "transfer-leader")
        wait_until("another one", lambda: self.servers.wait_for_leader() is not heir)

        # A server that is down is told apart from one that is well.
        down = next(s for s in self.servers if s is not self.servers.wait_for_leader())
        down.kill()
        asked = self.servers.wait_for_leader()
        wait_until("it to be noticed", lambda: asked.api.request(
            "GET", "/v1/operator/autopilot/health").status == 429)
        health = asked.api.request("GET", "/v1/operator/autopilot/health").json()
        self.assertEqual([s["Name"] for s in health["Servers"] if not s["Healthy"]], [down.name])


if __name__ == "__main__":
    unittest.main(verbosity=2)
