"""Three servers: any of them serves, all of them keep."""

import unittest

from harness import ClusterTest, wait_until


class Basics(ClusterTest):
    def test_every_server_takes_writes_and_answers_reads(self):
        cluster = self.cluster(3)
        for i, writer in enumerate(cluster):
            self.assertTrue(writer.put(f"key/{i}", f"from {writer.name}".encode()))
            for reader in cluster:
                for mode in ("", "?consistent"):
                    self.assertEqual(reader.get(f"key/{i}", mode), f"from {writer.name}".encode())
        self.assertEqual(set(cluster[2].api.tree("key/")), {"key/0", "key/1", "key/2"})

    def test_a_write_through_one_server_is_seen_at_once_through_another(self):
        cluster = self.cluster(3)
        for i in range(100):
            self.assertTrue(cluster[i % 3].put("counter", str(i).encode()))
            self.assertEqual(cluster[(i + 1) % 3].get("counter"), str(i).encode())

    def test_check_and_set_through_different_servers_lets_one_win(self):
        cluster = self.cluster(3)
        self.assertTrue(cluster[0].put("lock", b"a", "?cas=0"))
        self.assertFalse(cluster[1].put("lock", b"b", "?cas=0"))
        index = cluster[2].api.kv("GET", "lock").json()[0]["ModifyIndex"]
        self.assertTrue(cluster[1].put("lock", b"c", f"?cas={index}"))
        self.assertFalse(cluster[2].put("lock", b"d", f"?cas={index}"))
        self.assertEqual(cluster[0].get("lock"), b"c")

    def test_status_names_leader_and_peers_alike_everywhere(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        addresses = sorted(s.rpc_address() for s in cluster)
        self.assertIn(leader.rpc_address(), addresses)
        for server in cluster:
            self.assertEqual(server.api.request("GET", "/v1/status/peers").json(), addresses)

    def test_values_up_to_the_limit_and_not_beyond(self):
        cluster = self.cluster(3)
        full = bytes(range(256)) * 2048  # 512 KiB
        self.assertTrue(cluster[1].put("big", full))
        self.assertEqual(cluster[2].get("big"), full)
        reply = cluster[0].api.request("PUT", "/v1/kv/bigger", full + b"x")
        self.assertEqual(reply.status, 413)
        self.assertIn(b"too large", reply.body)
        cluster[0].api.close()
        self.assertIsNone(cluster[0].get("bigger"))

    def test_a_restart_of_all_keeps_the_data(self):
        cluster = self.cluster(3)
        for i in range(50):
            self.assertTrue(cluster[i % 3].put(f"kept/{i}", str(i).encode(), f"?flags={2**64 - 1 - i}"))
        for server in cluster:
            self.assertEqual(server.stop(), 0, server.log())
        cluster.start()
        for server in cluster:
            self.assertEqual(server.api.tree("kept/"),
                             {f"kept/{i}": str(i).encode() for i in range(50)})
        self.assertEqual(cluster[0].api.kv("GET", "kept/7").json()[0]["Flags"], 2**64 - 8)

    def test_one_server_less_is_enough_and_two_less_are_not(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        leader.kill()
        rest = [s for s in cluster if s is not leader]
        cluster.wait_for_leader()
        self.assertTrue(rest[0].put("after", b"1"))
        self.assertEqual(rest[1].get("after"), b"1")

        rest[0].kill()
        last = rest[1]
        wait_until("the last one to notice", lambda: last.api.leader() is None)
        reply = last.api.request("PUT", "/v1/kv/lost", b"x")
        self.assertEqual((reply.status, reply.body), (500, b"No cluster leader"))
        self.assertEqual(last.get("after", "?stale"), b"1")

        leader.start()
        cluster.wait_for_leader()
        self.assertTrue(last.put("after", b"2"))
        self.assertEqual(leader.get("after"), b"2")

    def test_a_server_that_was_away_catches_up(self):
        cluster = self.cluster(3)
        away = next(s for s in cluster if s is not cluster.wait_for_leader())
        away.kill()
        present = next(s for s in cluster if s is not away)
        for i in range(200):
            self.assertTrue(present.put(f"meanwhile/{i}", b"x" * 1000))
        away.start()
        wait_until("it to have everything",
                   lambda: away.api.leader() and len(away.api.tree("meanwhile/", "&stale")) == 200)

    def test_servers_on_one_address_differ_by_ports(self):
        host = self.cluster(1, start=False).subnet + ".9"
        members = []
        for i in range(3):
            cluster = self.cluster(1, start=False)
            server = cluster[0]
            server.args = ["-server", f"-node=p{i}", f"-bind={host}", f"-client={host}",
                           f"-http-port={9500 + i}", f"-server-port={9300 + i}",
                           "-bootstrap-expect=3", f"-retry-join={host}:9300",
                           f"-data-dir={server.data}"]
            server.api.host, server.api.port = host, 9500 + i
            members.append(server.start())
        wait_until("a leader", lambda: all(s.api.leader() for s in members))
        self.assertTrue(members[0].put("k", b"v"))
        self.assertEqual(members[2].get("k"), b"v")


if __name__ == "__main__":
    unittest.main(verbosity=2)
