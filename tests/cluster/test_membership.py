"""Servers come and go under load; nothing that was acknowledged is lost, and who left stays out."""

import json
import os
import shutil
import time
import unittest

from harness import ClusterTest, wait_until
from load import Load


class Membership(ClusterTest):
    def assert_ok(self, result):
        self.assertEqual(result.returncode, 0, result)
        return result.stdout

    def leave(self, cluster, server, asked):
        """Removes `server` through `asked`, which must stay."""
        self.assert_ok(asked.ctl("cluster", "leave", cluster.ids()[server.name]))

    def test_three_grow_to_five_and_shrink_to_three(self):
        # Newcomers are sent a snapshot, and snapshots are written all the while.
        cluster = self.cluster(3, ["-raft-snapshot-threshold=500", "-raft-trailing-logs=50"])
        load = Load(self, cluster.servers[:3], clients=16, pace_ms=2)
        wait_until("snapshots", lambda: all(
            s.api.metrics()["konsul_raft_snapshot_index"] > 0 for s in cluster))
        for _ in range(2):
            self.add_server(cluster).start()
        cluster.wait_for_voters(cluster.servers)

        # One follower, then the leader itself, both of the first three; the newcomers stay.
        leader = cluster.wait_for_leader()
        newcomers = cluster.servers[3:]
        follower = next(s for s in cluster.servers[:3] if s is not leader)
        stays = next(s for s in cluster.servers if s not in (leader, follower) + tuple(newcomers))
        self.leave(cluster, follower, newcomers[0])
        cluster.wait_for_voters([s for s in cluster.servers if s is not follower])
        if leader in newcomers:
            leader = next(s for s in cluster.servers[:3] if s not in (follower, stays))
        self.leave(cluster, leader, newcomers[1])
        cluster.wait_for_voters([stays] + newcomers)
        for gone in (follower, leader):
            gone.stop()
        for server in newcomers:
            self.assertGreaterEqual(server.api.metrics()["konsul_raft_snapshot_installed_total"], 1)
        report = load.stop()
        self.assertGreater(report["acknowledged"], 500)
        cluster.wait_until_caught_up([stays] + newcomers)
        for server in [stays] + newcomers:
            load.verify(server)

    def test_the_leader_itself_is_removed(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        rest = [s for s in cluster if s is not leader]
        load = Load(self, rest, clients=8, pace_ms=2)
        wait_until("writes", lambda: rest[0].api.tree("bench/load", "&stale"))
        # Asked of the leader: it goes on until the configuration without it is committed.
        self.assert_ok(leader.ctl("cluster", "leave", cluster.ids()[leader.name]))
        cluster.wait_for_voters(rest)
        report = load.stop()
        self.assertLess(report["longest_gap_ms"], 2000)
        leader.stop()
        cluster.wait_until_caught_up(rest)
        self.assertGreater(load.verify(*rest), 0)

    def test_who_was_removed_does_not_disturb_and_does_not_come_back(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        removed = next(s for s in cluster if s is not leader)
        rest = [s for s in cluster if s is not removed]
        removed.kill()
        self.assert_ok(leader.ctl("operator", "raft", "remove-peer",
                                  f"-id={cluster_id(leader, removed)}"))
        cluster.wait_for_voters(rest)
        before = {s.name: s.api.metrics() for s in rest}
        # It never heard of its removal, and stands for election as soon as it hears of no leader.
        removed.start()
        load = Load(self, rest, clients=4, pace_ms=5)
        time.sleep(3)  # many times its election time-out; what must not happen has to have had time
        report = load.stop()
        self.assertEqual(report["failed"], 0, load.errors)
        for server in rest:
            self.assertEqual(server.api.leader(), leader.rpc_address())
            for name in ("konsul_raft_leader_changes_total", "konsul_raft_term"):
                self.assertEqual(server.api.metrics()[name], before[server.name][name], name)
        cluster.wait_for_voters(rest)
        removed.kill()

        # With its directory wiped it is a new server, and welcome.
        shutil.rmtree(removed.data)
        cluster.servers.remove(removed)
        again = self.add_server(cluster, number=4)
        again.start()
        cluster.wait_for_voters(rest + [again])
        cluster.wait_until_caught_up(rest + [again])
        load.verify(again, stale=True)

    def test_a_removal_that_would_leave_no_majority_is_refused(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        silent, well = [s for s in cluster if s is not leader]
        silent.kill()
        ids = {s.name: cluster_id(leader, s) for s in cluster}
        removal = ("operator", "raft", "remove-peer")
        refused = wait_until("its silence to be noticed", lambda: (
            lambda r: r if r.returncode != 0 else None)(leader.ctl(*removal, f"-id={ids[well.name]}")))
        self.assertIn("have no majority", refused.stderr)
        self.assertIn(silent.name, refused.stderr)
        # Nothing has changed, and the right order works.
        self.assertTrue(leader.put("k", b"v"))
        self.assert_ok(leader.ctl(*removal, f"-id={ids[silent.name]}"))
        cluster.wait_for_voters([leader, well])

    def test_a_server_that_lost_its_log_but_not_its_identity_does_not_start(self):
        cluster = self.cluster(3)
        victim = next(s for s in cluster if s is not cluster.wait_for_leader())
        self.assertTrue(victim.put("k", b"v"))
        cluster.wait_until_caught_up()
        victim.kill()
        for name in os.listdir(victim.data):
            if "identity" not in name and "node" not in name:
                path = os.path.join(victim.data, name)
                (shutil.rmtree if os.path.isdir(path) else os.remove)(path)
        victim.start()
        self.assertEqual(victim.wait_exit(), 1, victim.log())
        self.assertIn("log", victim.log().splitlines()[-1])
        self.assertTrue(cluster.wait_for_leader().put("k", b"w"))

    def test_a_server_is_told_to_join_while_it_runs(self):
        cluster = self.cluster(3)
        late = self.add_server(cluster)
        # It must have somebody to ask; nobody is there.
        late.args = [a for a in late.args if not a.startswith("-retry-join")]
        late.args.append(f"-retry-join={cluster.subnet}.99")
        late.start()
        wait_until("it to serve", lambda: "serving" in late.log())
        self.assert_ok(late.ctl("cluster", "join", cluster[1].rpc_address()))
        cluster.wait_for_voters(cluster.servers)
        peers = json.loads(self.assert_ok(late.ctl("operator", "raft", "list-peers",
                                                   "-format=json")))
        self.assertIn("n4", json.dumps(peers))


def cluster_id(asked, server):
    """The id of a member that may be down, as another one knows it."""
    return next(p["ID"] for p in asked.api.configuration() if p["Node"] == server.name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
