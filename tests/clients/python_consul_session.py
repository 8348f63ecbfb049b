"""Uses python3-consul as its documentation shows, on the servers given; ends with "all done"."""

import sys
import threading

import consul

one, two, three = (consul.Consul(host=host) for host in sys.argv[1:4])

# Key/value.
assert one.kv.put("py/a", "x", flags=2**64 - 1)
index, data = two.kv.get("py/a")
assert data["Value"] == b"x" and data["Flags"] == 2**64 - 1, data
assert two.kv.put("py/empty", "")
assert three.kv.get("py/empty")[1]["Value"] is None
assert not one.kv.put("py/a", "y", cas=data["ModifyIndex"] - 1)
assert one.kv.put("py/a", "y", cas=data["ModifyIndex"])
assert two.kv.put("py/dir/b", b"\x00\xff")
assert three.kv.get("py/", keys=True, separator="/")[1] == ["py/a", "py/dir/", "py/empty"]
assert [d["Key"] for d in three.kv.get("py/", recurse=True)[1]] == ["py/a", "py/dir/b", "py/empty"]
assert one.kv.get("py/none")[1] is None

# A watch of a key that does not exist yet, on another server than the one that is written to.
seen = []
index, _ = two.kv.get("py/later")
watch = threading.Thread(target=lambda: seen.append(two.kv.get("py/later", index=index)))
watch.start()
assert one.kv.put("py/later", "now")
watch.join(20)
assert seen and seen[0][1]["Value"] == b"now", seen

# Sessions and locks.
a = one.session.create("a", ttl=10, lock_delay=0, behavior="delete")
b = two.session.create("b", lock_delay=0)
assert one.kv.put("py/lock", "a", acquire=a)
assert not two.kv.put("py/lock", "b", acquire=b)
held = three.kv.get("py/lock")[1]
assert held["Session"] == a and held["LockIndex"] == 1, held
assert one.session.renew(a)["TTL"] == "10s"
assert {s["ID"] for s in three.session.list()[1]} >= {a, b}
assert three.session.info(a)[1]["Behavior"] == "delete"
assert [s["ID"] for s in one.session.node("n1")[1]] == [a]
assert three.session.destroy(a)
assert one.kv.get("py/lock")[1] is None, "it goes with its session"
assert two.kv.put("py/lock", "b", acquire=b)
assert two.kv.put("py/lock", "b", release=b)
try:
    one.session.renew(a)
    raise AssertionError("a session that has ended was renewed")
except consul.NotFound:
    pass

# Events.
index, _ = two.event.list("py")
fired = one.event.fire("py", "payload")
index, events = two.event.list("py", index=index, wait="20s")
assert [e["ID"] for e in events] == [fired["ID"]], events

# Who is there.
assert one.status.leader() in one.status.peers() and len(one.status.peers()) == 3
assert one.catalog.datacenters() == ["dc1"]
assert [n["Node"] for n in one.catalog.nodes()[1]] == ["n1", "n2", "n3"]
assert one.agent.self()["Config"]["NodeName"] == "n1"
assert len(one.agent.members()) == 3

assert one.kv.delete("py/", recurse=True)
assert two.kv.get("py/", recurse=True)[1] is None
print("all done")
