"""Blocking queries on real servers: over the loss of a leader, a restart, a snapshot, and the end."""

import socket
import threading
import time
import unittest

from harness import HTTP_PORT, Api, ClusterTest, wait_until


class Query(threading.Thread):
    """One blocking query on a connection of its own."""

    def __init__(self, server, target, timeout=60.0):
        super().__init__(daemon=True)
        self.api = Api(server.host, HTTP_PORT, timeout)
        self.target = target
        self.reply = None
        self.error = None
        self.began = time.monotonic()
        self.took = None
        self.start()

    def run(self):
        try:
            self.reply = self.api.request("GET", self.target)
        except Exception as error:  # the test looks at it
            self.error = error
        self.took = time.monotonic() - self.began
        self.api.close()


class Watcher(threading.Thread):
    """Asks for a key again and again, of one server after the other, and writes down what it sees."""

    def __init__(self, servers, key):
        super().__init__(daemon=True)
        self.servers = servers
        self.key = key
        self.seen = []  # (index, value)
        self.errors = 0
        self.stopping = False
        self.start()

    def run(self):
        index = 0
        number = 0
        while not self.stopping:
            api = Api(self.servers[number % len(self.servers)].host, HTTP_PORT, 30.0)
            number += 1
            try:
                while not self.stopping:
                    reply = api.request("GET", f"/v1/kv/{self.key}?raw&index={index}&wait=20s")
                    if reply.status >= 500:
                        raise OSError(reply.body)
                    index = int(reply.headers["X-Consul-Index"])
                    self.seen.append((index, reply.body if reply.status == 200 else None))
            except OSError:
                self.errors += 1
                time.sleep(0.05)
            finally:
                api.close()

    def last(self):
        return self.seen[-1][1] if self.seen else None


class Blocking(ClusterTest):
    def test_over_the_loss_of_a_leader(self):
        cluster = self.cluster(3)
        leader = cluster.wait_for_leader()
        followers = [s for s in cluster if s is not leader]
        watchers = [Watcher(followers, "key") for _ in range(3)]
        # Parked where nothing happens to it: must be woken by what the next leader commits.
        parked = Query(followers[0], "/v1/kv/other?raw&index=1&wait=60s")
        missing = Query(followers[1], "/v1/kv/dir/?recurse&index=1&wait=60s")
        time.sleep(0.5)
        leader.kill()
        cluster.wait_for_leader()
        self.assertTrue(parked.is_alive() and missing.is_alive(), "the election wakes nobody")
        followers[0].put("key", "1")
        followers[1].put("other", "x")
        followers[0].put("dir/a", "y")
        parked.join(5)
        missing.join(5)
        self.assertEqual((parked.reply.status, parked.reply.body), (200, b"x"))
        self.assertEqual([p["Key"] for p in missing.reply.json()], ["dir/a"])
        leader.start()
        cluster.wait_until_caught_up()
        cluster.wait_for_leader().put("key", "2")
        wait_until("all watchers to see the last value",
                   lambda: all(w.last() == b"2" for w in watchers), timeout=5)
        for watcher in watchers:
            watcher.stopping = True
            indexes = [index for index, _ in watcher.seen]
            self.assertEqual(indexes, sorted(indexes))
        cluster.wait_for_leader().put("key", "3")
        for watcher in watchers:
            watcher.join(5)

    def test_a_single_server(self):
        server = self.single()
        server.put("a", "1")
        reply = server.api.request("GET", "/v1/kv/a")
        index = int(reply.headers["X-Consul-Index"])
        # The time is over: the present value.
        timed = Query(server, f"/v1/kv/a?raw&index={index}&wait=300ms")
        timed.join(5)
        self.assertEqual(timed.reply.body, b"1")
        self.assertGreaterEqual(timed.took, 0.3)
        # An index of the future waits.
        future = Query(server, f"/v1/kv/a?raw&index={index + 100000}&wait=300ms")
        future.join(5)
        self.assertGreaterEqual(future.took, 0.3)
        # A deletion is news.
        deleted = Query(server, f"/v1/kv/a?index={index}")
        time.sleep(0.2)
        server.api.request("DELETE", "/v1/kv/a")
        deleted.join(5)
        self.assertEqual(deleted.reply.status, 404)
        self.assertGreater(int(deleted.reply.headers["X-Consul-Index"]), index)
        # What a client knew before a restart is still good afterwards.
        index = int(deleted.reply.headers["X-Consul-Index"])
        server.kill()
        server.wait_exit()
        self.start_single(server)
        again = Query(server, f"/v1/kv/a?raw&index={index}&wait=30s")
        time.sleep(0.3)
        self.assertTrue(again.is_alive())
        server.put("a", "2")
        again.join(5)
        self.assertEqual(again.reply.body, b"2")
        # A client that pipelines gets its answers in order, and one that hangs up is forgotten.
        with socket.create_connection((server.host, HTTP_PORT)) as raw:
            raw.sendall(b"GET /v1/kv/none?index=1&wait=400ms HTTP/1.1\r\nHost: h\r\n\r\n"
                        b"GET /v1/kv/a?raw HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            raw.settimeout(5)
            data = b""
            while chunk := raw.recv(4096):
                data += chunk
        self.assertTrue(data.startswith(b"HTTP/1.1 404 "), data)
        self.assertTrue(data.endswith(b"\r\n\r\n2"), data)
        # Who waits when the server stops is answered.
        last = Query(server, "/v1/kv/none?index=1&wait=60s")
        time.sleep(0.3)
        server.stop()
        last.join(5)
        self.assertIsNone(last.error)
        self.assertEqual(last.reply.status, 404)


if __name__ == "__main__":
    unittest.main(verbosity=2)
