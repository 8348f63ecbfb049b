// In what two snapshots differ.
#include <array>
#include <boost/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/pretty_json.h"
#include "cmd/konsulctl/snapshot_reader.h"
#include "cmd/konsulctl/snapshot_text.h"
#include "cmd/konsulctl/table.h"
#include "core/base/status.h"
#include "core/state/row_diff.h"

namespace konsul::ctl {
namespace {

using boost::json::array;
using boost::json::object;
using flags::Kind;
using state::RowDiff;
using state::RowDifference;

// As of diff(1).
constexpr int kExitSame = 0;
constexpr int kExitDifferent = 1;
constexpr int kExitTrouble = 2;

constexpr uint64_t kLinesDefault = 100;
constexpr uint64_t kLinesMax = 100'000;

struct Kinds {
  state::Table table;
  absl::string_view one;
  absl::string_view several;
};
constexpr std::array<Kinds, state::kVisibleTables.size()> kKinds = {{
    {state::Table::kKv, "key", "Keys"},
    {state::Table::kSessions, "session", "Sessions"},
    {state::Table::kNodes, "node", "Nodes"},
    {state::Table::kChecks, "check", "Checks"},
    {state::Table::kEvents, "event", "Events"},
}};

absl::string_view KindOf(state::Table table) {
  for (const Kinds& kind : kKinds) {
    if (kind.table == table) return kind.one;
  }
  return "";
}

absl::string_view ChangeName(RowDifference::Change change) {
  switch (change) {
    case RowDifference::Change::kAdded:
      return "added";
    case RowDifference::Change::kRemoved:
      return "removed";
    case RowDifference::Change::kChanged:
      return "changed";
  }
  return "";
}

char Sign(RowDifference::Change change) {
  if (change == RowDifference::Change::kAdded) return '+';
  return change == RowDifference::Change::kRemoved ? '-' : '~';
}

struct Snapshots {
  const SnapshotReader& before;
  const SnapshotReader& after;
};

std::string Text(const Snapshots& both, const RowDiff& diff, uint64_t lines) {
  const auto index = [](const SnapshotReader& reader) {
    return absl::StrCat("index ", reader.meta().index, " of term ", reader.meta().term);
  };
  std::string out = absl::StrCat("From ", index(both.before), " to ", index(both.after), "\n\n");
  std::vector<std::vector<std::string>> rows = {{"", "Added", "Removed", "Changed"}};
  for (const Kinds& kind : kKinds) {
    const RowDiff::Counts& counts = diff.of(kind.table);
    rows.push_back({std::string(kind.several), absl::StrCat(counts.added),
                    absl::StrCat(counts.removed), absl::StrCat(counts.changed)});
  }
  absl::StrAppend(&out, Table(rows));
  if (diff.all() == 0) return absl::StrCat(out, "\nThey hold the same.\n");
  if (!diff.first.empty()) out += "\n";
  for (const RowDifference& one : diff.first) {
    absl::StrAppend(&out, std::string(1, Sign(one.change)), " ", KindOf(one.table), " ",
                    Printable(one.name), one.fields.empty() ? "" : ": ",
                    absl::StrJoin(one.fields, ", "), "\n");
  }
  const uint64_t more = diff.all() - diff.first.size();
  if (more > 0 && lines > 0) {
    absl::StrAppend(&out, "... and ", more, " more; -limit shows others\n");
  }
  return out;
}

object MetaJson(const SnapshotReader& reader) {
  return {{"ID", JsonText(reader.meta().id)},
          {"Index", reader.meta().index},
          {"Term", reader.meta().term},
          {"Digest", reader.snapshot().digest.ToHex()}};
}

std::string Json(const Snapshots& both, const RowDiff& diff) {
  object json = {{"Before", MetaJson(both.before)},
                 {"After", MetaJson(both.after)},
                 {"Same", diff.all() == 0}};
  for (const Kinds& kind : kKinds) {
    const RowDiff::Counts& counts = diff.of(kind.table);
    json[boost::json::string_view(kind.several.data(), kind.several.size())] =
        object{{"Added", counts.added}, {"Removed", counts.removed}, {"Changed", counts.changed}};
  }
  array differences;
  for (const RowDifference& one : diff.first) {
    array fields;
    for (const absl::string_view field : one.fields) fields.push_back(JsonText(field));
    differences.push_back(object{{"Kind", JsonText(KindOf(one.table))},
                                 {"Name", JsonText(one.name)},
                                 {"Change", JsonText(ChangeName(one.change))},
                                 {"Fields", std::move(fields)}});
  }
  json["Differences"] = std::move(differences);
  json["More"] = diff.all() - diff.first.size();
  return PrettyJson(json);
}

absl::StatusOr<Outcome> Diff(fiber::Scheduler& scheduler, const flags::Parsed& parsed,
                             uint64_t lines) {
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> before,
                          OpenSnapshot(parsed.positional[0], scheduler));
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<SnapshotReader> after,
                          OpenSnapshot(parsed.positional[1], scheduler));
  KONSUL_ASSIGN_OR_RETURN(const RowDiff diff, state::Compare(*before, *after, lines));
  const Snapshots both{*before, *after};
  Outcome outcome;
  outcome.out = WantsJson(parsed) ? Json(both, diff) : Text(both, diff, lines);
  outcome.code = diff.all() == 0 ? kExitSame : kExitDifferent;
  return outcome;
}

absl::StatusOr<Outcome> RunDiff(const flags::Parsed& parsed) {
  KONSUL_ASSIGN_OR_RETURN(const uint64_t lines, CountOf(parsed, "limit", kLinesDefault, kLinesMax));
  absl::StatusOr<Outcome> outcome =
      OnFiber([&](fiber::Scheduler& scheduler) { return Diff(scheduler, parsed, lines); });
  if (!outcome.ok()) return Trouble(outcome.status(), kExitTrouble);
  return outcome;
}

}  // namespace

Command SnapshotDiff() {
  return {
      "snapshot diff",
      "BEFORE AFTER",
      "Print in what two snapshot archives differ.\n\n"
      "Keys, sessions, nodes, checks and events that were added, removed or changed; of what\n"
      "changed, which parts (\"indexes\": only those). Needs no server. Both files are read\n"
      "wholly and every checksum compared before anything is printed. Exit codes: 0 when they\n"
      "hold the same, 1 when they differ, 2 when one cannot be read or is damaged.",
      {{"limit", Kind::kString, "N", "Name at most N differences; all are counted. Default: 100."}},
      2,
      2,
      RunDiff};
}

}  // namespace konsul::ctl
