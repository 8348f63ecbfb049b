"""/v1/operator, /v1/cluster and their commands, answer by answer. What they do to a cluster under
load is in test_membership.py and its neighbours."""

import os
import re
import subprocess
import time
import unittest

from harness import BIN, ClusterTest, Server, wait_until


def ask(server, method, target, body=None):
    return server.api.request(method, target, body)


class ApiTest(ClusterTest):
    def ctl(self, server, *args, code=0):
        """What it prints, on standard error when it is to fail."""
        result = subprocess.run(
            [os.path.join(BIN, "konsulctl"), *args, f"-http-addr={server.host}:8500"],
            capture_output=True, timeout=60, text=True)
        self.assertEqual(result.returncode, code, result)
        return result.stdout if code == 0 else result.stderr

    def members(self, server):
        """{name: member} as the leader sees them."""
        reply = ask(server, "GET", "/v1/cluster/peers")
        self.assertEqual(reply.status, 200, reply.body)
        return {peer["Node"]: peer for peer in reply.json()["Peers"]}

    def newcomer(self, cluster, name):
        """A server that knows no other one and waits."""
        host = f"{cluster.subnet}.{name[1:]}"
        home = os.path.join(self.directory, cluster.subnet, name)
        server = Server(name, host, home,
                        ["-server", f"-node={name}", f"-bind={host}", f"-client={host}",
                         "-bootstrap-expect=3", f"-data-dir={home}/data"])
        self._servers.append(server)
        return server


class Showing(ApiTest):
    def test_every_server_tells_who_takes_part(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        for server in cluster:
            configuration = ask(server, "GET", "/v1/operator/raft/configuration").json()
            self.assertEqual([(s["Node"], s["Address"], s["Leader"], s["Voter"])
                              for s in sorted(configuration["Servers"], key=lambda s: s["Node"])],
                             [(s.name, s.rpc_address(), s is leader, True) for s in cluster])
            text = self.ctl(server, "operator", "raft", "list-peers")
            self.assertEqual(len(text.splitlines()), 4)
            uuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-8000-6b6f6e73756c"
            self.assertRegex(text, rf"{leader.name} +{uuid} +{leader.rpc_address()} +leader")
        peers = self.ctl(cluster[0], "cluster", "peers")
        self.assertEqual(len(re.findall(r" voter +\d+ ", peers)), 2, peers)

    def test_health_follows_the_servers(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        health = lambda: ask(leader, "GET", "/v1/operator/autopilot/health")
        wait_until("all to be healthy", lambda: health().status == 200)
        self.assertEqual(health().json()["FailureTolerance"], 1)
        lost = next(s for s in cluster if s is not leader)
        lost.kill()
        reply = wait_until("one to be missed", lambda: (r := health()).status == 429 and r)
        self.assertEqual(reply.json()["FailureTolerance"], 0)
        self.assertEqual([s["Healthy"] for s in reply.json()["Servers"] if s["Name"] == lost.name],
                         [False])
        lost.start()
        wait_until("all to be healthy again", lambda: health().status == 200)

    def test_a_server_alone_says_so(self):
        cluster = self.cluster(3, start=False)
        cluster[0].start()
        wait_until("it to serve", lambda: "serving" in cluster[0].log())
        self.assertIn("No cluster leader", self.ctl(cluster[0], "cluster", "status", code=1))
        self.assertEqual(ask(cluster[0], "GET", "/v1/cluster/leader").status, 500)
        self.assertEqual(ask(cluster[0], "GET", "/v1/cluster/stats").json()["Cluster"], "")


class Changing(ApiTest):
    def test_the_leadership_goes_where_it_is_sent(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        members = self.members(leader)
        for to in [*cluster, *reversed(cluster.servers), *cluster]:
            if to is leader:
                continue
            other = next(s for s in cluster if s not in (leader, to))
            self.assertEqual(self.ctl(other, "operator", "raft", "transfer-leader",
                                      f"-id={members[to.name]['ID']}"), "Success\n")
            leader = cluster.wait_for_leader()
            self.assertIs(leader, to)
        self.assertEqual(ask(other, "PUT", "/v1/operator/raft/transfer-leader").json(),
                         {"Success": True})
        self.assertIsNot(cluster.wait_for_leader(), leader)
        self.assertIn("was not found in the Raft configuration",
                      self.ctl(other, "operator", "raft", "transfer-leader", "-id=n1", code=1))

    def test_a_server_joins_when_told_to_and_leaves_for_good(self):
        cluster = self.cluster(3)
        cluster.wait_for_leader()
        cluster[0].put("k", b"v")
        new = self.newcomer(cluster, "n4").start()
        wait_until("it to serve", lambda: "serving" in new.log())
        self.assertIn("joined the cluster",
                      self.ctl(new, "cluster", "join", cluster[1].rpc_address()))
        wait_until("it to vote", lambda: self.members(cluster[0]).get("n4", {}).get("Voter"))
        self.assertEqual(new.get("k"), b"v")
        self.assertIn("belongs to", self.ctl(new, "cluster", "join", cluster[1].rpc_address(),
                                             code=1))

        self.assertEqual(self.ctl(cluster[0], "cluster", "leave", "n4"),
                         "Success! Removed server: n4\n")
        self.assertEqual(sorted(self.members(cluster[0])), ["n1", "n2", "n3"])
        self.assertIn("no member has", self.ctl(cluster[0], "cluster", "leave", "n4", code=1))
        self.assertTrue(cluster[0].put("k", b"w"))

    def test_a_dead_server_is_removed_by_address(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        dead = next(s for s in cluster if s is not leader)
        dead.kill()
        self.assertIn("Removed peer", self.ctl(leader, "operator", "raft", "remove-peer",
                                               f"-address={dead.rpc_address()}"))
        self.assertNotIn(dead.name, self.members(leader))
        self.assertIn("either -id or -address",
                      self.ctl(leader, "operator", "raft", "remove-peer", code=2))

    def test_a_snapshot_covers_what_was_written(self):
        server = self.single()
        for i in range(10):
            server.put(f"k{i}", b"v")
        stats = lambda: ask(server, "GET", "/v1/cluster/stats").json()
        applied = stats()["AppliedIndex"]
        self.assertRegex(self.ctl(server, "cluster", "snapshot"), r"^Success! Snapshot of index \d+")
        self.assertGreaterEqual(stats()["SnapshotIndex"], applied)
        server.put("later", b"v")
        server.kill()
        self.start_single(server)
        self.assertEqual(server.get("k9"), b"v")
        self.assertEqual(server.get("later"), b"v")


class Missing(ApiTest):
    def test_a_killed_leader_is_missed_at_once(self):
        cluster = self.cluster(3, ["-raft-election-timeout=4000"])
        leader = cluster.wait_for_leader()
        rest = [s for s in cluster if s is not leader]
        begin = time.monotonic()
        leader.kill()
        wait_until("another leader", lambda: rest[0].api.leader() not in
                   (None, leader.rpc_address()), timeout=20)
        # The connections tell, so nobody waits for an election time-out of 4 to 8 s; only for the
        # half of it for which the leader's lease holds.
        self.assertLess(time.monotonic() - begin, 3.5)


if __name__ == "__main__":
    unittest.main()
