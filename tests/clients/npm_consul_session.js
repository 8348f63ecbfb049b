// Uses npm's consul as its documentation shows, on the servers given; ends with "all done".
"use strict";

const assert = require("assert");
const Consul = require("consul");

const [one, two, three] = process.argv.slice(2).map((host) => new Consul({ host, port: 8500 }));

async function keyValue() {
  assert.strictEqual(await one.kv.set("js/a", "x"), true);
  assert.strictEqual((await two.kv.get("js/a")).Value, "x");
  assert.strictEqual(await two.kv.get("js/none"), undefined);
  const { ModifyIndex } = await three.kv.get("js/a");
  assert.ok(!(await one.kv.set({ key: "js/a", value: "y", cas: `${ModifyIndex - 1}` })));
  assert.strictEqual(await one.kv.set({ key: "js/a", value: "y", cas: `${ModifyIndex}` }), true);
  await one.kv.set("js/dir/b", "z");
  assert.deepStrictEqual(await two.kv.keys("js/"), ["js/a", "js/dir/b"]);
}

async function sessions() {
  const { ID } = await one.session.create({ name: "js", ttl: "10s", lockdelay: "0s" });
  assert.strictEqual(await two.kv.set({ key: "js/lock", value: "me", acquire: ID }), true);
  assert.strictEqual((await three.kv.get("js/lock")).Session, ID);
  assert.strictEqual((await one.session.renew(ID))[0].TTL, "10s");
  assert.strictEqual((await one.session.get(ID)).Name, "js");
  assert.strictEqual((await one.session.node("n1")).length, 1);
  assert.strictEqual(await two.kv.set({ key: "js/lock", value: "", release: ID }), true);
  await one.session.destroy(ID);
  assert.strictEqual((await one.session.list()).length, 0);
}

function watches() {
  return new Promise((resolve, reject) => {
    const seen = [];
    const watch = two.watch({
      method: two.kv.get,
      options: { key: "js/watched", wait: "20s" },
      backoffFactor: 100,
    });
    watch.on("error", reject);
    watch.on("change", (data) => {
      seen.push(data && data.Value);
      if (seen.length < 3) {
        one.kv.set("js/watched", `${seen.length}`).catch(reject);
        return;
      }
      watch.end();
      assert.deepStrictEqual(seen, [undefined, "1", "2"]);
      resolve();
    });
  });
}

async function transactions() {
  const value = Buffer.from("t").toString("base64");
  const done = await one.transaction.create([
    { KV: { Verb: "set", Key: "js/t", Value: value } },
    { KV: { Verb: "get", Key: "js/t" } },
  ]);
  assert.strictEqual(done.Results[1].KV.Value, value);
  await assert.rejects(
    one.transaction.create([{ KV: { Verb: "check-not-exists", Key: "js/t" } }]),
    (error) => error.statusCode === 409);
}

(async () => {
  await keyValue();
  await sessions();
  await watches();
  await transactions();
  assert.strictEqual((await one.status.peers()).length, 3);
  await one.kv.del({ key: "js/", recurse: true });
  console.log("all done");
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
