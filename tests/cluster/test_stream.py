"""Change streams of real servers: over kill -9, from one server to the next, nothing lost or twice."""

import base64
import http.client
import json
import threading
import time
import unittest

from harness import HTTP_PORT, ClusterTest, quietly, wait_until


class Stream:
    """One connection to /v1/stream; iterates over (event, id, data), id None where there is none."""

    def __init__(self, server, query="", last_event_id=None, timeout=30.0):
        self.connection = http.client.HTTPConnection(server.host, HTTP_PORT, timeout=timeout)
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        self.connection.request("GET", "/v1/stream" + query, headers=headers)
        self.reply = self.connection.getresponse()
        self.status = self.reply.status

    def __iter__(self):
        event = {}
        while line := self.reply.readline():
            line = line.decode().rstrip("\n")
            if not line:
                if "data" in event:
                    yield event.get("event"), event.get("id"), json.loads(event["data"])
                event = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = value

    def close(self):
        self.connection.close()


def value_of(pair):
    return base64.b64decode(pair["Value"] or "").decode()


class Follower(threading.Thread):
    """Goes from server to server with the last id it was given, and applies what it is told."""

    def __init__(self, servers, prefix):
        super().__init__(daemon=True)
        self.servers = servers
        self.prefix = prefix
        self.server = None
        self.last_id = None
        self.ids = []  # of changes, in order of arrival
        self.values = {}
        self.history = []  # (key, value), value None: deleted
        self.kinds = set()
        self.stopping = False
        self.problem = None
        self.start()

    def run(self):
        number = 0
        while not self.stopping and self.problem is None:
            self.server = self.servers[number % len(self.servers)]
            number += 1
            try:
                self.follow(Stream(self.server, f"?prefix={self.prefix}", self.last_id, timeout=12))
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)

    def follow(self, stream):
        if stream.status != 200:
            if stream.status < 500:
                self.problem = f"status {stream.status}: {stream.reply.read()}"
            time.sleep(0.05)
            return
        pieces = []
        for kind, event_id, data in stream:
            self.kinds.add(kind)
            pieces += data.get("Pairs", []) + data.get("Changes", [])
            if event_id is None:
                continue
            if kind == "state":
                self.values = {pair["Key"]: value_of(pair) for pair in pieces}
            elif kind == "change":
                self.ids.append(int(event_id))
                for change in pieces:
                    self.apply(change)
            self.last_id = event_id
            pieces = []
            if self.stopping:
                return

    def apply(self, change):
        if change["Op"] == "put":
            key, value = change["Pair"]["Key"], value_of(change["Pair"])
            self.values[key] = value
        else:
            key, value = change["Key"], None
            self.values.pop(key, None)
        self.history.append((key, value))


class Streams(ClusterTest):
    def test_over_the_loss_of_servers(self):
        cluster = self.cluster(3)
        cluster.wait_for_leader().put("s/before", "0")
        servers = list(cluster)
        followers = [Follower(servers[i:] + servers[:i], "s/") for i in range(3)]
        wait_until("the state", lambda: all(f.last_id for f in followers))
        written = []

        def write(i):
            key, value = f"s/{i % 7}", f"v{i}"
            # A write that was under way when its server died may have been made or not: another
            # value is written then, so that what is compared below is exact about the others.
            for attempt in range(1000):
                text = f"{value}.{attempt}"
                for server in cluster:
                    if server.alive() and quietly(lambda: server.put(key, text) or True):
                        written.append((key, text))
                        return
                time.sleep(0.05)
            raise AssertionError("no server takes writes")

        for victim in range(3):
            for i in range(40):
                write(victim * 100 + i)
                cluster.wait_for_leader().put("noise", str(i)) if i % 20 == 0 else None
            server = followers[0].server
            server.kill()
            for i in range(40, 80):
                write(victim * 100 + i)
            server.start()
            cluster.wait_until_caught_up()
        last = written[-1]
        wait_until("everybody to hear of the last write",
                   lambda: all(f.problem or (f.history and f.history[-1] == last)
                               for f in followers))
        for follower in followers:
            follower.stopping = True
            self.assertIsNone(follower.problem)
            self.assertEqual(follower.ids, sorted(set(follower.ids)), "in order, each once")
            acked = set(written)
            self.assertEqual([h for h in follower.history if h in acked], written)
            self.assertNotIn("too-late", follower.kinds)
        # All of them were told the same, and it is what there is.
        tree = {key: value.decode()
                for key, value in cluster.wait_for_leader().api.tree("s/").items()}
        for follower in followers:
            self.assertEqual(follower.history, followers[0].history)
            self.assertEqual(follower.values, tree)

    def test_a_restart_forgets_and_says_so(self):
        server = self.single()
        server.put("a", "1")
        stream = Stream(server)
        kind, first, data = next(iter(stream))
        self.assertEqual((kind, [p["Key"] for p in data["Pairs"]]), ("state", ["a"]))
        stream.close()
        server.put("a", "2")
        server.kill()
        server.wait_exit()
        self.start_single(server)
        refused = Stream(server, last_event_id=first)
        self.assertEqual(refused.status, 410)
        self.assertIn(b"Start anew, without an index.", refused.reply.read())
        again = Stream(server, "?prefix=a")
        events = iter(again)
        kind, last, data = next(events)
        self.assertEqual((kind, value_of(data["Pairs"][0])), ("state", "2"))
        # Up to date when the server stopped, so that nothing is missing.
        server.put("a", "3")
        kind, changed, data = next(events)
        self.assertEqual((kind, value_of(data["Changes"][0]["Pair"])), ("change", "3"))
        self.assertGreater(int(changed), int(last))

    def test_one_event_for_a_transaction_and_for_a_tree(self):
        server = self.single()
        events = iter(Stream(server, "?prefix=t/"))
        self.assertEqual(next(events)[2]["Pairs"], [])
        ops = [{"KV": {"Verb": "set", "Key": f"t/{i}", "Value": "eA=="}} for i in range(3)]
        self.assertEqual(server.api.request("PUT", "/v1/txn", json.dumps(ops).encode()).status, 200)
        _, one, data = next(events)
        self.assertEqual([c["Pair"]["Key"] for c in data["Changes"]], ["t/0", "t/1", "t/2"])
        server.api.request("DELETE", "/v1/kv/t/?recurse")
        _, two, data = next(events)
        self.assertEqual([(c["Op"], c["Key"]) for c in data["Changes"]],
                         [("delete", "t/0"), ("delete", "t/1"), ("delete", "t/2")])
        self.assertGreater(int(two), int(one))

    def test_a_large_state_and_a_stop(self):
        server = self.single()
        for i in range(40):
            server.put(f"big/{i:02}", "x" * 10000)
        stream = Stream(server, "?prefix=big/")
        keys = []
        for kind, event_id, data in stream:
            self.assertEqual(kind, "state")
            keys += [p["Key"] for p in data["Pairs"]]
            self.assertEqual(event_id is None, data.get("More", False))
            if event_id is not None:
                break
        self.assertEqual(keys, [f"big/{i:02}" for i in range(40)])
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        self.assertEqual(list(stream), [], "the end of the chunks, not a reset")
        stopper.join()


if __name__ == "__main__":
    unittest.main()
