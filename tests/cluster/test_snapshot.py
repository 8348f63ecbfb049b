"""Saving and restoring on real servers: under load, over the loss of servers, and of damaged files."""

import io
import os
import tarfile
import threading
import time
import unittest

from harness import HTTP_PORT, Api, ClusterTest, quietly, wait_until


class Writer(threading.Thread):
    """Increments a counter by CAS, on one server after the other; knows what was acknowledged."""

    def __init__(self, servers, key):
        super().__init__(daemon=True)
        self.servers = servers
        self.key = key
        self.acknowledged = []  # (modify index, value)
        self.seen = []  # X-Consul-Index of every read, of whatever server
        self.stopping = False
        self.failure = None
        self.start()

    def run(self):
        number = 0
        while not self.stopping:
            api = Api(self.servers[number % len(self.servers)].host, HTTP_PORT, 30.0)
            number += 1
            try:
                while not self.stopping:
                    self.step(api)
            except OSError:
                time.sleep(0.05)

    def step(self, api):
        reply = api.request("GET", f"/v1/kv/{self.key}?consistent")
        if reply.status not in (200, 404):
            raise OSError(reply.body)
        self.seen.append(int(reply.headers["X-Consul-Index"]))
        pair = reply.json()[0] if reply.status == 200 else None
        index = pair["ModifyIndex"] if pair else 0
        value = f"{len(self.seen)}-{id(self)}"
        done = api.request("PUT", f"/v1/kv/{self.key}?cas={index}", body=value)
        if done.status >= 500:
            raise OSError(done.body)
        if done.body == b"true":
            self.acknowledged.append((index, value))

    def stop(self):
        self.stopping = True
        self.join()


class Snapshot(ClusterTest):
    def save(self, server, query=""):
        reply = server.api.request("GET", "/v1/snapshot" + query)
        self.assertEqual(reply.status, 200, reply.body)
        return reply.body

    def restore(self, server, archive, query=""):
        return server.api.request("PUT", "/v1/snapshot" + query, body=archive)

    def assert_nothing_is_left(self, server):
        """Of what clients brought."""
        kept = os.listdir(os.path.join(server.data, "snapshots"))
        self.assertEqual([name for name in kept if name.endswith(".tmp")], [])

    def test_brings_back_what_was_on_all_servers(self):
        cluster = self.cluster(3)
        for i in range(300):
            cluster[i % 3].api.put(f"k/{i}", "x" * 1000)
        archive = self.save(cluster[1])
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            self.assertEqual(tar.getnames(), ["meta.json", "state.bin", "SHA256SUMS"])
        cluster[0].api.request("DELETE", "/v1/kv/k/1?recurse")
        cluster[0].api.put("k/5", "changed")
        cluster[0].api.put("later", "x")
        before = int(cluster[0].api.request("GET", "/v1/kv/?recurse").headers["X-Consul-Index"])
        diff = self.restore(cluster[2], archive, "?dry-run").json()
        self.assertEqual(diff["Keys"],
                         {"Added": 111, "Changed": 1, "Removed": 1, "Unchanged": 188})
        self.assertEqual(cluster[0].api.get("later"), b"x")
        done = self.restore(cluster[2], archive)
        self.assertEqual((done.status, done.body), (200, b""))
        self.assert_nothing_is_left(cluster[2])
        for server in cluster:
            tree = server.api.request("GET", "/v1/kv/?recurse")
            self.assertEqual(len(tree.json()), 300)
            self.assertGreater(int(tree.headers["X-Consul-Index"]), before)
            self.assertEqual(server.api.get("k/5"), b"x" * 1000)
            self.assertIsNone(server.api.get("later"))
        # A restart, and a server that was away, find the same.
        cluster[0].kill()
        cluster[0].start()
        wait_until("it to answer", lambda: quietly(
            lambda: cluster[0].api.get("k/5") == b"x" * 1000))

    def test_refuses_what_is_damaged_or_something_else_and_changes_nothing(self):
        server = self.single()
        server.api.put("k", "v")
        archive = self.save(server)
        server.api.put("k", "later")
        for wrong, status, text in ((archive[:-100], 500, b"cut short"),
                                    (archive[:300] + b"?" + archive[301:], 500, b"damaged"),
                                    (b"hello", 400, b"gzip"), (b"", 400, b"")):
            reply = self.restore(server, wrong)
            self.assertEqual(reply.status, status, reply.body)
            self.assertIn(text, reply.body)
            self.assert_nothing_is_left(server)
        self.assertEqual(server.api.get("k"), b"later")

    def test_keeps_its_promises_under_load_and_when_servers_die(self):
        cluster = self.cluster(3)
        for i in range(200):
            cluster[0].api.put(f"fill/{i}", "x" * 20000)
        archive = self.save(cluster[0])
        writers = [Writer([cluster[(i + j) % 3] for j in range(3)], "counter")
                   for i in range(3)]
        restored = 0
        for i in range(6):
            victim = cluster[i % 3]
            if i % 2 == 1:
                threading.Timer(0.05, victim.kill).start()
            try:
                reply = self.restore(cluster[(i + 1) % 3], archive)
                if reply.status == 200:
                    restored += 1
            except OSError:
                pass
            if i % 2 == 1:
                wait_until("the victim to be gone", lambda: not victim.alive())
                victim.start()
                cluster.wait_for_leader()
        for writer in writers:
            writer.stop()
        self.assertGreaterEqual(restored, 3)
        # One after the other: each write that was acknowledged found another state.
        found = [index for writer in writers for index, _ in writer.acknowledged if index > 0]
        self.assertGreater(len(found), 50)
        self.assertEqual(len(found), len(set(found)))
        for writer in writers:
            self.assertEqual(writer.seen, sorted(writer.seen), "an index went back")
        cluster.wait_until_caught_up()
        states = {server.api.request("GET", "/v1/kv/?recurse&stale").body for server in cluster}
        self.assertEqual(len(states), 1)


if __name__ == "__main__":
    unittest.main()
