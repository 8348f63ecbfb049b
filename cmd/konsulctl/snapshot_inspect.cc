// What is in a snapshot, by table, and what of its keys takes the room. The output is that of
// Consul's command, with more fields.
#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/pretty_json.h"
#include "cmd/konsulctl/snapshot_reader.h"
#include "cmd/konsulctl/snapshot_text.h"
#include "cmd/konsulctl/table.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

using boost::json::array;
using boost::json::object;
using flags::Kind;

// So that a snapshot of nothing but prefixes does not take all memory.
constexpr size_t kPrefixesMax = 200'000;
constexpr absl::string_view kOtherPrefixes = "(others)";
constexpr uint64_t kDepthMax = 100;

struct Stat {
  std::string name;
  uint64_t count = 0;
  uint64_t bytes = 0;  // of keys and values, unpacked

  void Add(const state::Row& row) {
    ++count;
    bytes += row.key.size() + row.value.size();
  }
};

struct Wanted {
  bool keys = false;
  uint64_t depth = 2;
  std::string filter;
};

// The first `depth` parts between slashes.
absl::string_view PrefixOf(absl::string_view key, uint64_t depth) {
  size_t end = 0;
  for (uint64_t i = 0; i < depth && end != absl::string_view::npos; ++i) {
    end = key.find('/', i == 0 ? 0 : end + 1);
  }
  return depth == 0 ? "" : key.substr(0, end);
}

class Survey {
 public:
  explicit Survey(const Wanted& wanted) : wanted_(wanted) {
    for (int i = 0; i < state::kTableCount; ++i) {
      tables_[static_cast<size_t>(i)].name = std::string(TypeName(static_cast<state::Table>(i)));
    }
  }

  void Add(const state::Row& row) {
    tables_[static_cast<size_t>(row.table)].Add(row);
    if (!wanted_.keys || row.table != state::Table::kKv) return;
    if (!absl::StartsWith(row.key, wanted_.filter)) return;
    auto found = prefixes_.find(PrefixOf(row.key, wanted_.depth));
    if (found == prefixes_.end()) {
      const bool full = prefixes_.size() >= kPrefixesMax;
      const std::string name(full ? kOtherPrefixes : PrefixOf(row.key, wanted_.depth));
      found = prefixes_.try_emplace(name, Stat{.name = name}).first;
    }
    found->second.Add(row);
  }

  // The biggest first.
  std::vector<Stat> Tables() const { return Sorted({tables_.begin(), tables_.end()}); }
  std::vector<Stat> Prefixes() const {
    std::vector<Stat> stats;
    for (const auto& [name, stat] : prefixes_) stats.push_back(stat);
    return Sorted(std::move(stats));
  }

 private:
  static std::vector<Stat> Sorted(std::vector<Stat> stats) {
    stats.erase(
        std::remove_if(stats.begin(), stats.end(), [](const Stat& s) { return s.count == 0; }),
        stats.end());
    std::sort(stats.begin(), stats.end(), [](const Stat& a, const Stat& b) {
      return a.bytes != b.bytes ? a.bytes > b.bytes : a.name < b.name;
    });
    return stats;
  }

  const Wanted wanted_;
  std::array<Stat, state::kTableCount> tables_;
  std::map<std::string, Stat, std::less<>> prefixes_;
};

uint64_t TotalOf(const std::vector<Stat>& stats) {
  uint64_t total = 0;
  for (const Stat& stat : stats) total += stat.bytes;
  return total;
}

std::string StatsText(absl::string_view heading, const std::vector<Stat>& stats) {
  std::vector<std::vector<std::string>> rows = {{std::string(heading), "Count", "Size"},
                                                {"----", "----", "----"}};
  for (const Stat& stat : stats) {
    rows.push_back({Printable(stat.name), absl::StrCat(stat.count), ByteSize(stat.bytes)});
  }
  rows.push_back({"----", "----", "----"});
  rows.push_back({"Total", "", ByteSize(TotalOf(stats))});
  return Table(rows);
}

std::string Text(const SnapshotReader& reader, const Survey& survey, const Wanted& wanted) {
  const archive::Meta& meta = reader.meta();
  std::vector<std::vector<std::string>> rows = {{"ID", meta.id},
                                                {"Size", absl::StrCat(meta.size)},
                                                {"Index", absl::StrCat(meta.index)},
                                                {"Term", absl::StrCat(meta.term)},
                                                {"Version", "1"},
                                                {"Digest", reader.snapshot().digest.ToHex()}};
  for (const archive::Meta::Server& server : meta.servers) {
    rows.push_back({"Server", absl::StrCat(Printable(server.id), " at ", Printable(server.address),
                                           server.voter ? "" : ", does not vote")});
  }
  std::string out = absl::StrCat(Table(rows), "\n", StatsText("Type", survey.Tables()));
  if (wanted.keys) absl::StrAppend(&out, "\n", StatsText("Key Name", survey.Prefixes()));
  return out;
}

array StatsJson(const std::vector<Stat>& stats) {
  array list;
  for (const Stat& stat : stats) {
    list.push_back(
        object{{"Name", JsonText(stat.name)}, {"Sum", stat.bytes}, {"Count", stat.count}});
  }
  return list;
}

std::string Json(const SnapshotReader& reader, const Survey& survey, const Wanted& wanted) {
  const archive::Meta& meta = reader.meta();
  array servers;
  for (const archive::Meta::Server& server : meta.servers) {
    servers.push_back(object{{"ID", JsonText(server.id)},
                             {"Address", JsonText(server.address)},
                             {"Voter", server.voter}});
  }
  object json = {{"Meta", object{{"ID", JsonText(meta.id)},
                                 {"Size", meta.size},
                                 {"Index", meta.index},
                                 {"Term", meta.term},
                                 {"Version", 1},
                                 {"ConfigurationIndex", meta.configuration_index},
                                 {"Digest", reader.snapshot().digest.ToHex()},
                                 {"Servers", std::move(servers)}}},
                 {"Stats", StatsJson(survey.Tables())},
                 {"TotalSize", TotalOf(survey.Tables())}};
  if (wanted.keys) {
    json["StatsKV"] = StatsJson(survey.Prefixes());
    json["TotalSizeKV"] = TotalOf(survey.Prefixes());
  }
  return PrettyJson(json);
}

absl::StatusOr<Outcome> Inspect(fiber::Scheduler& scheduler, const flags::Parsed& parsed,
                                const Wanted& wanted) {
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> reader,
                          OpenSnapshot(parsed.positional[0], scheduler));
  Survey survey(wanted);
  state::Row row;
  while (true) {
    KONSUL_ASSIGN_OR_RETURN(const bool more, reader->Next(row));
    if (!more) break;
    survey.Add(row);
  }
  return Outcome::Ok(WantsJson(parsed) ? Json(*reader, survey, wanted)
                                       : Text(*reader, survey, wanted));
}

absl::StatusOr<Outcome> RunInspect(const flags::Parsed& parsed) {
  Wanted wanted;
  wanted.keys = parsed.GetBool("kvdetails");
  wanted.filter = parsed.Get("kvfilter");
  KONSUL_ASSIGN_OR_RETURN(wanted.depth, CountOf(parsed, "kvdepth", 2, kDepthMax));
  if (!wanted.keys && (parsed.Has("kvdepth") || parsed.Has("kvfilter"))) {
    return absl::InvalidArgumentError("-kvdepth and -kvfilter need -kvdetails");
  }
  absl::StatusOr<Outcome> outcome =
      OnFiber([&](fiber::Scheduler& scheduler) { return Inspect(scheduler, parsed, wanted); });
  if (!outcome.ok()) return Trouble(outcome.status(), kExitFailure);
  return outcome;
}

}  // namespace

Command SnapshotInspect() {
  return {
      "snapshot inspect",
      "FILE",
      "Check a snapshot archive, and print what is in it.\n\n"
      "Needs no server. All of the file is read and every checksum compared before anything\n"
      "is printed: with exit code 0 it can be restored. The sizes are those of keys and values\n"
      "before they are packed. A bare snapshot file of a server's data directory will do, too.",
      {{"kvdetails", Kind::kBool, "", "Also print which keys take how much, by their prefix."},
       {"kvdepth", Kind::kString, "N",
        "Of -kvdetails: keys whose first N parts between slashes are the same are counted "
        "together. Default: 2."},
       {"kvfilter", Kind::kString, "PREFIX", "Of -kvdetails: only keys that begin with PREFIX."}},
      1,
      1,
      RunInspect};
}

}  // namespace konsul::ctl
