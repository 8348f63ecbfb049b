"""The programs as people use them: flags, config files, exit codes, texts, konsulctl."""

import json
import os
import signal
import subprocess
import unittest

from harness import BIN, ClusterTest, wait_until


class Usage(ClusterTest):
    def refused(self, args, *texts):
        result = self.konsul(*args)
        self.assertEqual(result.returncode, 2, result)
        for text in texts:
            self.assertIn(text, result.stderr)

    def test_help_and_version(self):
        for args in (["-h"], ["agent", "-h"], ["agent", "--help"], ["version"]):
            self.assertEqual(self.konsul(*args).returncode, 0, args)
        self.assertIn("-bootstrap-expect=N", self.konsul("agent", "-h").stdout)
        self.assertRegex(self.konsul("version").stdout, r"^Konsul v\d+\.\d+\.\d+\n$")

    def test_mistakes(self):
        self.refused([], "Usage: konsul COMMAND")
        self.refused(["agnet"], "did you mean agent?")
        self.refused(["agent", "-dve"], "unknown flag -dve, did you mean -dev?")
        self.refused(["agent"], "-server, or -dev")
        self.refused(["agent", "-server", "-bootstrap-expect=1"], "-data-dir=DIR")
        self.refused(["agent", "-dev", "-http-port=http"], "-http-port", "number from 1 to 65535")
        path = os.path.join(self.directory, "c.json")
        with open(path, "w") as file:
            file.write('{"bind_adr": "127.0.0.1"}')
        self.refused(["agent", "-dev", "-config-file", path], path, "did you mean bind_addr?")


class Agent(ClusterTest):
    def test_config_file_and_environment_make_a_server(self):
        server = self.single(start=False)
        path = os.path.join(self.directory, "c.yaml")
        with open(path, "w") as file:
            file.write(f"server: true\nbind_addr: {server.host}\nclient_addr: {server.host}\n"
                       f"data_dir: {server.data}\nbootstrap_expect: 1\nlog_json: true\n")
        server.args = ["-config-file", path]
        environment = dict(os.environ, KONSUL_NODE_NAME="from-env", KONSUL_LOG_LEVEL="debug")
        server.start(env=environment)
        wait_until("the server to lead", lambda: server.api.leader() or not server.alive())
        self.assertEqual(server.stop(), 0, server.log())
        lines = [json.loads(line) for line in server.log().splitlines()]
        self.assertTrue(all({"@timestamp", "@level", "@module", "@message"} <= set(l) for l in lines))
        self.assertTrue(any(l.get("node") == "from-env" for l in lines), server.log())

    def test_dev_serves_at_once_and_leaves_nothing_behind(self):
        host = self.single(start=False).host
        server = self.single(start=False)
        server.args = ["-dev", f"-bind={host}", f"-client={host}"]
        server.api.host = host
        before = os.path.join(self.directory, "tmp")
        os.makedirs(before)
        server.start(env=dict(os.environ, TMPDIR=before))
        wait_until("it to lead", lambda: server.api.leader(), timeout=5)
        self.assertTrue(server.put("k", b"v"))
        self.assertEqual(len(os.listdir(before)), 1)
        self.assertEqual(server.stop(), 0)
        self.assertEqual(os.listdir(before), [])

    def test_both_signals_stop_cleanly(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            server = self.single()
            server.signal(number)
            self.assertEqual(server.wait_exit(5), 0)
            self.assertIn("stopped", server.log().splitlines()[-1])

    def test_a_server_that_waits_for_others_stops_cleanly_too(self):
        server = self.cluster(3, start=False)[0].start()
        wait_until("it to serve", lambda: "serving" in server.log())
        self.assertEqual(server.stop(5), 0)


class Konsulctl(ClusterTest):
    def setUp(self):
        super().setUp()
        self.server = self.single()

    def ctl(self, *args, stdin=None, code=0, **environment):
        environment = {**os.environ, "KONSUL_HTTP_ADDR": f"{self.server.host}:8500", **environment}
        result = subprocess.run([os.path.join(BIN, "konsulctl"), *args], input=stdin, timeout=30,
                                capture_output=True, env=environment)
        self.assertEqual(result.returncode, code, result)
        return (result.stdout if code == 0 else result.stderr).decode(errors="replace")

    def test_put_get_delete(self):
        self.assertEqual(self.ctl("kv", "put", "a/b c", "hello"), "Success! Data written to: a/b c\n")
        self.assertEqual(self.ctl("kv", "get", "a/b c"), "hello\n")
        self.assertEqual(self.ctl("kv", "get", "-raw", "a/b c"), "hello")
        self.assertEqual(self.ctl("kv", "delete", "a/b c"), "Success! Deleted key: a/b c\n")
        self.assertEqual(self.ctl("kv", "get", "a/b c", code=1), "Error! No key exists at: a/b c\n")

    def test_keys_with_every_kind_of_character(self):
        for key in ("?q=1&r", "100%", "ü/ß", "a+b", "a//b", "#x"):
            self.ctl("kv", "put", key, key)
            self.assertEqual(self.ctl("kv", "get", key), key + "\n")
            self.assertEqual(self.server.get(key), key.encode())

    def test_values_from_files_and_standard_input(self):
        path = os.path.join(self.directory, "value")
        with open(path, "wb") as file:
            file.write(bytes(range(256)))
        self.ctl("kv", "put", "f", "@" + path)
        self.assertEqual(self.server.get("f"), bytes(range(256)))
        self.ctl("kv", "put", "-flags=18446744073709551615", "i", "-", stdin=b"piped\n")
        self.assertEqual(self.server.get("i"), b"piped\n")
        self.assertIn("Flags            18446744073709551615\n", self.ctl("kv", "get", "-detailed", "i"))
        self.assertIn("/nowhere", self.ctl("kv", "put", "n", "@/nowhere", code=1))

    def test_check_and_set(self):
        self.ctl("kv", "put", "-cas", "c", "1")
        self.assertEqual(self.ctl("kv", "put", "-cas", "c", "2", code=1),
                         "Error! Did not write to c: CAS failed\n")
        index = json.loads(self.ctl("kv", "get", "-format=json", "c"))[0]["ModifyIndex"]
        self.ctl("kv", "put", "-cas", f"-modify-index={index}", "c", "2")
        self.assertIn("CAS failed", self.ctl("kv", "delete", "-cas", f"-modify-index={index}", "c",
                                             code=1))

    def test_prefixes(self):
        for key in ("p/1", "p/2/x", "p/2/y", "q"):
            self.ctl("kv", "put", key, key.upper())
        self.assertEqual(self.ctl("kv", "get", "-recurse", "p/"), "p/1:P/1\np/2/x:P/2/X\np/2/y:P/2/Y\n")
        self.assertEqual(self.ctl("kv", "get", "-keys", "p/"), "p/1\np/2/\n")
        self.assertEqual(self.ctl("kv", "list", "p/"), "p/1\np/2/x\np/2/y\n")
        self.assertEqual(self.ctl("kv", "list"), "p/1\np/2/x\np/2/y\nq\n")
        self.assertEqual(self.ctl("kv", "list", "none"), "")
        self.assertEqual(json.loads(self.ctl("kv", "list", "-format=json", "p/2")), ["p/2/x", "p/2/y"])
        self.ctl("kv", "delete", "-recurse", "p/")
        self.assertEqual(self.ctl("kv", "list"), "q\n")

    def test_status(self):
        address = self.server.rpc_address()
        self.assertEqual(self.ctl("status"),
                         f"Server  {self.server.host}:8500\nLeader  {address}\nPeers   {address}\n")
        self.assertEqual(json.loads(self.ctl("status", "-format=json"))["Peers"], [address])

    def test_sessions_transactions_events(self):
        wait_until("the server to be registered", lambda: json.loads(
            self.ctl("watch", "-type=nodes", "-format=json")))
        session = self.ctl("session", "create", "-name=s", "-ttl=20s", "-behavior=delete").strip()
        self.assertIn(f"{session}  s     n1    20s  delete    15s\n", self.ctl("session", "list"))
        self.assertEqual(self.ctl("session", "node", "n1"), self.ctl("session", "list"))
        self.assertIn("renewed", self.ctl("session", "renew", session))
        for _ in range(2):
            self.assertIn("destroyed", self.ctl("session", "destroy", session))
        self.assertIn("No such session", self.ctl("session", "info", session, code=1))
        self.assertIn("No such session", self.ctl("session", "renew", session, code=1))
        create = b'[{"KV":{"Verb":"cas","Key":"t","Value":"MQ==","Index":0}}]'
        self.ctl("txn", stdin=create)
        self.assertIn("\n  operation 0: ", self.ctl("txn", "-", stdin=create, code=1))
        self.assertEqual(self.server.get("t"), b"1")
        event = self.ctl("event", "fire", "-name=e", "payload")
        self.assertRegex(event, r"^Event ID: [0-9a-f-]{36}\n$")
        self.assertIn(event.split()[-1], self.ctl("event", "list", "-name=e"))
        self.assertIn("Node = n1\n", self.ctl("info"))
        self.assertRegex(self.ctl("version"), r"^Konsul v\d+\.\d+\.\d+\n$")
        self.assertTrue(self.ctl("man").startswith(".TH KONSULCTL 1"))

    def test_usage_and_unreachable_servers(self):
        self.assertIn("missing argument", self.ctl("kv", "put", code=2))
        self.assertIn("did you mean -recurse?", self.ctl("kv", "get", "-recurs", "x", code=2))
        self.assertIn("unexpected argument", self.ctl("kv", "get", "a", "b", code=2))
        self.assertIn("Is a server running there?",
                      self.ctl("kv", "get", f"-http-addr={self.server.host}:1", "x", code=1))
        alias = self.ctl("kv", "get", "x", code=1, KONSUL_HTTP_ADDR="",
                         CONSUL_HTTP_ADDR=f"http://{self.server.host}:8500")
        self.assertEqual(alias, "Error! No key exists at: x\n")

    def test_groups_of_commands_explain_themselves(self):
        group = self.ctl("operator", "raft", code=2)
        self.assertIn("operator raft list-peers", group)
        self.assertNotIn("kv get", group)
        self.assertEqual(self.ctl("operator", "raft", "-h"), group)
        self.assertIn('unknown command "operator rafft", did you mean operator raft?',
                      self.ctl("operator", "rafft", code=2))
        self.assertIn('unknown command "clutser", did you mean cluster?',
                      self.ctl("clutser", "peers", code=2))
        for command in ("cluster status", "cluster peers", "cluster join", "cluster leave",
                        "cluster snapshot", "operator raft list-peers",
                        "operator raft transfer-leader", "operator raft remove-peer"):
            text = self.ctl(*command.split(), "-h")
            self.assertTrue(text.startswith(f"Usage: konsulctl {command} "), text)
            self.assertGreater(len(text.split("Flags:")[0].splitlines()), 4, "says more than a line")

    def test_too_large_a_value_is_refused_with_the_servers_words(self):
        text = self.ctl("kv", "put", "big", "-", stdin=b"x" * (512 * 1024 + 1), code=1)
        self.assertIn("413", text)
        self.assertIn("too large", text)


class Bench(ClusterTest):
    def test_it_measures_and_loses_nothing(self):
        cluster = self.cluster(3)
        servers = ",".join(f"{s.host}:8500" for s in cluster)
        for op in ("put", "get", "stale-get"):
            result = subprocess.run([os.path.join(BIN, "konsul-bench"), "kv", "-op", op, "-http-addr",
                                     servers, "-clients=8", "-seconds=1", "-warmup=0", "-keys=100",
                                     "-json"], capture_output=True, timeout=60, text=True)
            self.assertEqual(result.returncode, 0, result)
            report = json.loads(result.stdout)
            self.assertEqual(report["failed"], 0)
            self.assertGreater(report["per_second"], 10)


if __name__ == "__main__":
    unittest.main(verbosity=2)
