#include "sim/report/serialize.h"

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "sim/report/script_string.h"

namespace konsul::report {
namespace {

int64_t Micros(int64_t ns) { return ns / 1000; }

// Numbers texts in the order of their first use.
class StringTable {
 public:
  size_t operator()(const std::string& text) {
    const auto [it, inserted] = numbers_.emplace(text, texts_.size());
    if (inserted) texts_.push_back(text);
    return it->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::map<std::string, size_t> numbers_;
  std::vector<std::string> texts_;
};

// "name":[...] with one number per item.
template <typename Items, typename Field>
std::string Column(const char* name, const Items& items, Field field) {
  std::string out = absl::StrCat("\"", name, "\":[");
  bool first = true;
  for (const auto& item : items) {
    absl::StrAppend(&out, first ? "" : ",", static_cast<int64_t>(field(item)));
    first = false;
  }
  return out + "]";
}

// Likewise, with the difference to the item before.
template <typename Items, typename Field>
std::string Differences(const char* name, const Items& items, Field field) {
  int64_t before = 0;
  return Column(name, items, [&](const auto& item) {
    const auto value = static_cast<int64_t>(field(item));
    return value - std::exchange(before, value);
  });
}

template <typename Items, typename Each>
std::string Array(const Items& items, Each each) {
  return absl::StrCat(
      "[",
      absl::StrJoin(items, ",",
                    [&](std::string* out, const auto& item) { out->append(each(item)); }),
      "]");
}

std::string Texts(const std::vector<std::string>& texts) { return Array(texts, ScriptString); }

std::string Numbers(const auto& numbers) {
  return absl::StrCat("[", absl::StrJoin(numbers, ","), "]");
}

std::string Head(const Heading& h) {
  // Numbers that JavaScript would round go as text.
  return absl::StrCat("{\"scenario\":", ScriptString(h.scenario), ",\"seed\":\"", h.seed,
                      "\",\"verdict\":", ScriptString(h.verdict),
                      ",\"hash\":", ScriptString(h.hash), ",\"repeat\":", ScriptString(h.repeat),
                      ",\"events\":", h.events, ",\"tunables\":", ScriptString(h.tunables),
                      ",\"buggify\":", ScriptString(h.buggify), "}");
}

std::string Server(const ServerTrack& server) {
  const auto at = [](const Progress& p) { return Micros(p.at); };
  const auto& p = server.progress;
  return absl::StrCat(
      "{\"name\":", ScriptString(server.name), ",\"ids\":", Texts(server.ids),
      ",\"address\":", ScriptString(server.address), ",",
      Differences("t", server.spans, [](const Span& s) { return Micros(s.begin); }), ",",
      Column("state", server.spans, [](const Span& s) { return static_cast<int>(s.state); }), ",",
      Column("term", server.spans, [](const Span& s) { return s.term; }), ",\"progress\":{",
      Differences("t", p, at), ",", Differences("last", p, [](auto& x) { return x.last; }), ",",
      Differences("durable", p, [](auto& x) { return x.durable; }), ",",
      Differences("commit", p, [](auto& x) { return x.commit; }), ",",
      Differences("applied", p, [](auto& x) { return x.applied; }), "}}");
}

std::string Messages(const std::vector<MessageRecord>& all) {
  using M = MessageRecord;
  return absl::StrCat(
      "{", Column("kind", all, [](const M& m) { return static_cast<int>(m.kind); }), ",",
      Column("fate", all, [](const M& m) { return static_cast<int>(m.fate); }), ",",
      Column("from", all, [](const M& m) { return m.from; }), ",",
      Column("to", all, [](const M& m) { return m.to; }), ",",
      Differences("term", all, [](const M& m) { return m.term; }), ",",
      Differences("sent", all, [](const M& m) { return Micros(m.sent); }), ",",
      Column("took", all,
             [](const M& m) { return m.received < 0 ? -1 : Micros(m.received) - Micros(m.sent); }),
      ",", Differences("a", all, [](const M& m) { return m.a; }), ",",
      Column("b", all, [](const M& m) { return m.b; }), ",",
      Differences("c", all, [](const M& m) { return m.c; }), "}");
}

std::string Calls(const std::vector<CallRecord>& all, StringTable& table) {
  using C = CallRecord;
  return absl::StrCat(
      "{", Column("kind", all, [](const C& c) { return static_cast<int>(c.kind); }), ",",
      Column("from", all, [](const C& c) { return c.from; }), ",",
      Column("to", all, [](const C& c) { return c.to; }), ",",
      Differences("begin", all, [](const C& c) { return Micros(c.begin); }), ",",
      Column("took", all, [](const C& c) { return Micros(c.end) - Micros(c.begin); }), ",",
      Column("outcome", all, [&](const C& c) { return table(c.outcome); }), "}");
}

std::string Transfer(const TransferRecord& t) {
  return absl::StrCat(
      "{\"from\":", t.from, ",\"to\":", t.to, ",\"index\":", t.index, ",\"bytes\":", t.bytes,
      ",\"begin\":", Micros(t.begin), ",\"end\":", Micros(t.end),
      ",\"outcome\":", ScriptString(t.outcome), ",",
      Differences("t", t.steps, [](const auto& step) { return Micros(step.first); }), ",",
      Differences("have", t.steps, [](const auto& step) { return step.second; }), "}");
}

std::string Marks(const std::vector<Mark>& all, StringTable& table) {
  return absl::StrCat("{", Differences("t", all, [](const Mark& m) { return Micros(m.at); }), ",",
                      Column("kind", all, [](const Mark& m) { return static_cast<int>(m.kind); }),
                      ",", Column("host", all, [&](const Mark& m) { return table(m.host); }), ",",
                      Column("text", all, [&](const Mark& m) { return table(m.text); }), "}");
}

std::string Fault(const FaultSpan& f) {
  const auto link = [](const auto& pair) {
    return absl::StrCat("[", ScriptString(pair.first), ",", ScriptString(pair.second), "]");
  };
  return absl::StrCat("{\"id\":", f.id, ",\"begin\":", Micros(f.begin), ",\"end\":", Micros(f.end),
                      ",\"kind\":", ScriptString(f.kind), ",\"name\":", ScriptString(f.name),
                      ",\"text\":", ScriptString(f.text), ",\"targets\":", Texts(f.targets),
                      ",\"links\":", Array(f.links, link), "}");
}

std::string Operations(const std::vector<OperationRecord>& all, StringTable& table) {
  using O = OperationRecord;
  return absl::StrCat(
      "{", Column("lane", all, [](const O& o) { return o.lane; }), ",",
      Column("what", all, [&](const O& o) { return table(o.what); }), ",",
      Column("key", all, [&](const O& o) { return table(o.key); }), ",",
      Column("server", all, [&](const O& o) { return table(o.server); }), ",",
      Column("outcome", all, [&](const O& o) { return table(o.outcome); }), ",",
      Differences("begin", all, [](const O& o) { return Micros(o.begin); }), ",",
      Column("took", all, [](const O& o) { return Micros(o.end) - Micros(o.begin); }),
      ",\"detail\":", Array(all, [](const O& o) { return ScriptString(o.detail); }), "}");
}

std::string Finding(const FindingRecord& f) {
  return absl::StrCat("{\"at\":", Micros(f.at), ",\"oracle\":", ScriptString(f.oracle),
                      ",\"text\":", ScriptString(f.text), ",\"servers\":", Numbers(f.servers),
                      ",\"operations\":", Numbers(f.operations), ",\"terms\":", Numbers(f.terms),
                      "}");
}

std::string Check(const std::pair<const std::string, Checks>& row) {
  return absl::StrCat(
      "{\"oracle\":", ScriptString(row.first), ",",
      Differences("slice", row.second, [](const auto& slice) { return slice.first; }), ",",
      Column("count", row.second, [](const auto& slice) { return slice.second; }), "}");
}

}  // namespace

std::string Serialize(const Heading& heading, const Recording& r) {
  StringTable table;
  const std::string marks = Marks(r.marks, table);
  const std::string calls = Calls(r.calls, table);
  const std::string operations = Operations(r.operations, table);
  const auto phase = [](const Phase& p) {
    return absl::StrCat("{\"begin\":", Micros(p.begin), ",\"name\":", ScriptString(p.name), "}");
  };
  return absl::StrCat(
      "{\"head\":", Head(heading), ",\"end\":", Micros(r.end),
      ",\n\"strings\":", Texts(table.texts()), ",\n\"servers\":", Array(r.servers, Server),
      ",\n\"lanes\":", Texts(r.lanes), ",\n\"messages\":", Messages(r.messages),
      ",\n\"calls\":", calls, ",\n\"transfers\":", Array(r.transfers, Transfer),
      ",\n\"marks\":", marks, ",\n\"faults\":", Array(r.faults, Fault),
      ",\n\"operations\":", operations, ",\n\"findings\":", Array(r.findings, Finding),
      ",\n\"phases\":", Array(r.phases, phase), ",\n\"checkSlice\":", Micros(kCheckSlice),
      ",\n\"checks\":", Array(r.checks, Check), "}");
}

}  // namespace konsul::report
