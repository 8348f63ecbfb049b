// The state machine against a model that is too dumb to be wrong, and the promises of the digest.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/state/kv_reader.h"
#include "core/state/memory_store_support.h"
#include "core/state/table_machine.h"
#include "gtest/gtest.h"
#include "rapidcheck/gtest.h"

namespace konsul::state {
namespace {

// A command with memory of its own.
struct Op {
  enum Kind { kNoop, kPut, kDelete, kDeleteTree } kind = kNoop;
  std::string key;
  std::string value;
  uint64_t flags = 0;
  std::optional<uint64_t> cas;

  std::string Encode() const {
    switch (kind) {
      case kNoop:
        return "";
      case kPut:
        return wire::EncodeCommand(wire::KvPut{key, value, flags, cas});
      case kDelete:
        return wire::EncodeCommand(wire::KvDelete{key, false, cas});
      case kDeleteTree:
        return wire::EncodeCommand(wire::KvDelete{key, true, std::nullopt});
    }
    return "";
  }
};

void showValue(const Op& op, std::ostream& os) {
  os << "{kind " << op.kind << " key \"" << op.key << "\" value \"" << op.value << "\" flags "
     << op.flags;
  if (op.cas) os << " cas " << *op.cas;
  os << "}";
}

rc::Gen<std::optional<uint64_t>> MaybeCas() {
  return rc::gen::map(rc::gen::inRange<uint64_t>(0, 30), [](uint64_t n) {
    return n < 15 ? std::optional<uint64_t>(n) : std::nullopt;
  });
}

// Few keys that are prefixes of each other, few values, conditions near the indexes in use: so that
// the interesting cases are common.
rc::Gen<Op> AnyOp() {
  return rc::gen::build<Op>(
      rc::gen::set(&Op::kind,
                   rc::gen::weightedElement<Op::Kind>(
                       {{1, Op::kNoop}, {6, Op::kPut}, {4, Op::kDelete}, {1, Op::kDeleteTree}})),
      rc::gen::set(&Op::key,
                   rc::gen::element<std::string>("a", "a/", "a/b", "a/b/c", "ab", "b", "b/a")),
      rc::gen::set(&Op::value, rc::gen::element<std::string>("", "x", "y")),
      rc::gen::set(&Op::flags, rc::gen::element<uint64_t>(0, 1)),
      rc::gen::set(&Op::cas, MaybeCas()));
}

// What must be true of the tables, kept as simply as can be.
class Model {
 public:
  struct Entry {
    std::string value;
    uint64_t flags, create, modify;
    friend bool operator==(const Entry&, const Entry&) = default;
  };

  bool Apply(uint64_t index, const Op& op) {
    const auto found = entries.find(op.key);
    const bool exists = found != entries.end();
    switch (op.kind) {
      case Op::kNoop:
        return true;
      case Op::kPut: {
        if (op.cas && *op.cas != (exists ? found->second.modify : 0)) return false;
        if (exists && found->second.value == op.value && found->second.flags == op.flags) {
          return true;
        }
        entries[op.key] = {op.value, op.flags, exists ? found->second.create : index, index};
        return true;
      }
      case Op::kDelete:
        if (!exists) return true;
        if (op.cas && *op.cas != found->second.modify) return false;
        entries.erase(found);
        deleted[op.key] = index;
        return true;
      case Op::kDeleteTree:
        for (auto at = entries.begin(); at != entries.end();) {
          if (at->first.rfind(op.key, 0) == 0) {
            deleted[at->first] = index;
            at = entries.erase(at);
          } else {
            ++at;
          }
        }
        return true;
    }
    return false;
  }

  // Of a query for everything under `prefix`, when every deletion is remembered for ever.
  uint64_t PrefixIndex(const std::string& prefix) const {
    uint64_t index = 1;
    for (const auto& [key, entry] : entries) {
      if (key.rfind(prefix, 0) == 0) index = std::max(index, entry.modify);
    }
    for (const auto& [key, at] : deleted) {
      if (key.rfind(prefix, 0) == 0) index = std::max(index, at);
    }
    return index;
  }

  std::map<std::string, Entry> entries;
  std::map<std::string, uint64_t> deleted;
};

std::map<std::string, Model::Entry> ReadAll(MemoryStore& store) {
  std::map<std::string, Model::Entry> all;
  const auto index =
      ListKv(*store.Read(), "", [&](absl::string_view key, const wire::KvEntry& entry) {
        all[std::string(key)] = {std::string(entry.value), entry.flags, entry.create_index,
                                 entry.modify_index};
      });
  RC_ASSERT(index.ok());
  return all;
}

// Applies `ops` in batches whose sizes come from `batch_size`; a new machine for each batch when
// `restart`.
struct Replica {
  MemoryStore store;
  std::unique_ptr<TableMachine> machine;
  std::vector<std::string> results;

  Replica(const std::vector<Op>& ops, const std::function<size_t()>& batch_size, bool restart) {
    machine = *TableMachine::Open(store, {.max_tombstones = 3});
    std::vector<std::string> commands;
    for (const Op& op : ops) commands.push_back(op.Encode());
    for (size_t next = 0; next < commands.size();) {
      std::vector<Committed> batch;
      for (size_t n = batch_size(); n > 0 && next < commands.size(); --n, ++next) {
        batch.push_back({Index(next + 1), commands[next]});
      }
      const auto applied = machine->Apply(batch);
      RC_ASSERT(applied.ok());
      results.insert(results.end(), applied->begin(), applied->end());
      if (restart) machine = *TableMachine::Open(store, {.max_tombstones = 3});
    }
  }
};

RC_GTEST_PROP(KvProperty, BehavesAsTheModel, ()) {
  const auto ops = *rc::gen::container<std::vector<Op>>(AnyOp());
  MemoryStore store;
  const auto machine = *TableMachine::Open(store);
  Model model;
  uint64_t index = 0;
  for (const Op& op : ops) {
    const std::string command = op.Encode();
    ++index;
    const auto results = machine->Apply({{Index(index), command}});
    const bool expected = model.Apply(index, op);
    RC_ASSERT(results.ok());
    RC_ASSERT(results->front().empty() == command.empty());
    if (!command.empty()) {
      const auto result = wire::DecodeCommandResult(results->front());
      RC_ASSERT(*result == (wire::CommandResult{expected, Index(index), ""}));
    }
    RC_ASSERT(ReadAll(store) == model.entries);
    for (const std::string prefix : {"", "a", "a/", "a/b", "b", "c"}) {
      const auto keys = ListKeys(*store.Read(), prefix, "");
      RC_ASSERT(keys->index.value == model.PrefixIndex(prefix));
    }
  }
}

// Whatever is forgotten of deletions: no query's index goes back, and a change moves it.
RC_GTEST_PROP(KvProperty, IndexesNeverGoBack, ()) {
  const auto ops = *rc::gen::container<std::vector<Op>>(AnyOp());
  MemoryStore store;
  const auto machine = *TableMachine::Open(store, {.max_tombstones = 2});
  const std::vector<std::string> keys = {"a", "a/", "a/b", "a/b/c", "ab", "b", "b/a"};
  const auto observe = [&] {
    std::map<std::string, std::pair<uint64_t, std::string>> seen;
    const auto txn = store.Read();
    for (const std::string& key : keys) {
      const auto one = *GetKv(*txn, key);
      seen[key] = {one.index.value,
                   one.entry ? absl::StrCat("=", one.entry->value, one.entry->flags) : "missing"};
      std::string under;
      const auto index = *ListKv(*txn, key, [&](absl::string_view k, const wire::KvEntry& entry) {
        absl::StrAppend(&under, k, "=", entry.value, entry.flags, ";");
      });
      seen[key + "*"] = {index.value, under};
    }
    return seen;
  };
  auto before = observe();
  for (size_t i = 0; i < ops.size(); ++i) {
    const std::string command = ops[i].Encode();
    RC_ASSERT(machine->Apply({{Index(i + 1), command}}).ok());
    const auto after = observe();
    for (const auto& [query, now] : after) {
      const auto& [old_index, old_answer] = before[query];
      RC_ASSERT(now.first >= old_index);
      // Index 1 is what an empty store answers, and real commands never stand there.
      if (now.second != old_answer && i > 0) RC_ASSERT(now.first > old_index);
    }
    before = after;
  }
}

RC_GTEST_PROP(KvProperty, DigestAndTablesDoNotDependOnBatchesOrRestarts, ()) {
  const auto ops = *rc::gen::container<std::vector<Op>>(AnyOp());
  const Replica one_by_one(ops, [] { return 1; }, false);
  const Replica at_once(ops, [] { return 1000; }, false);
  const Replica restarting(ops, [] { return *rc::gen::inRange<size_t>(1, 5); }, true);
  RC_ASSERT(one_by_one.machine->digest() == at_once.machine->digest());
  RC_ASSERT(one_by_one.machine->digest() == restarting.machine->digest());
  RC_ASSERT(one_by_one.store.tables() == at_once.store.tables());
  RC_ASSERT(one_by_one.store.tables() == restarting.store.tables());
  RC_ASSERT(one_by_one.results == at_once.results);
  RC_ASSERT(one_by_one.results == restarting.results);
}

// A snapshot is one moment, whatever is applied while it is read; and a server that loads it goes
// on as if it had applied everything itself.
RC_GTEST_PROP(KvProperty, ASnapshotStandsForTheEntriesUpToIt, ()) {
  const auto ops = *rc::gen::nonEmpty(rc::gen::container<std::vector<Op>>(AnyOp()));
  const auto others = *rc::gen::container<std::vector<Op>>(AnyOp());
  const auto later = *rc::gen::container<std::vector<Op>>(AnyOp());
  Replica from(ops, [] { return 3; }, false);
  Replica to(others, [] { return 3; }, false);
  const MemoryStore::Tables then = from.store.tables();
  auto frozen = *from.machine->Freeze();
  RC_ASSERT(frozen.applied == Index(ops.size()));
  RC_ASSERT(frozen.digest == from.machine->digest());
  const auto apply = [&](TableMachine& machine) {
    for (const Op& op : later) {
      const std::string command = op.Encode();
      RC_ASSERT(machine.Apply({{machine.applied() + 1, command}}).ok());
    }
  };
  apply(*from.machine);
  RC_ASSERT(to.machine->Restore(*frozen.rows).ok());
  RC_ASSERT(to.store.tables() == then);
  RC_ASSERT(to.machine->applied() == frozen.applied);
  RC_ASSERT(to.machine->digest() == frozen.digest);
  apply(*to.machine);
  RC_ASSERT(to.machine->digest() == from.machine->digest());
  RC_ASSERT(to.store.tables() == from.store.tables());
}

RC_GTEST_PROP(KvProperty, DigestTellsHistoriesApart, ()) {
  const auto ops = *rc::gen::nonEmpty(rc::gen::container<std::vector<Op>>(AnyOp()));
  auto others = ops;
  const size_t where = *rc::gen::inRange<size_t>(0, ops.size());
  others[where] = *AnyOp();
  RC_PRE(others[where].Encode() != ops[where].Encode());
  const Replica a(ops, [] { return 1; }, false);
  const Replica b(others, [] { return 1; }, false);
  RC_ASSERT(a.machine->digest() != b.machine->digest());
}

}  // namespace
}  // namespace konsul::state
