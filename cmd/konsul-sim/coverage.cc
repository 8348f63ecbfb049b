#include "cmd/konsul-sim/coverage.h"

#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "chaos/injection.h"
#include "core/base/probe.h"
#include "sim/cluster/fault_matrix.h"

namespace konsul::simulator {
namespace {

using Counts = std::map<std::string, uint64_t>;
using cluster::FaultMatrix;

void AddUp(const Counts& from, Counts& into) {
  for (const auto& [name, count] : from) into[name] += count;
}

// Of whatever an injection can be, what is a fault.
std::vector<std::string> Kinds() {
  using Kind = chaos::Injection::Kind;
  std::vector<std::string> kinds;
  for (int i = 0; i < static_cast<int>(Kind::kEnd); ++i) {
    const Kind kind = static_cast<Kind>(i);
    if (kind != Kind::kSkipped && kind != Kind::kOperator) kinds.push_back(chaos::KindName(kind));
  }
  return kinds;
}

std::set<std::string> KindsIn(const Counts& matrix) {
  std::set<std::string> kinds;
  for (const auto& [cell, count] : matrix) kinds.insert(cell.substr(0, cell.find('/')));
  return kinds;
}

// What has been dead cannot be found in a role, and what is brought back has none.
bool Possible(const std::string& kind, const std::string& role, const std::string& phase) {
  const bool down = role == "down";
  if (kind == chaos::KindName(chaos::Injection::Kind::kRestart)) return down;
  const bool kills = kind == chaos::KindName(chaos::Injection::Kind::kKill) ||
                     kind == chaos::KindName(chaos::Injection::Kind::kPowerLoss) ||
                     kind == chaos::KindName(chaos::Injection::Kind::kPause);
  return !(kills && down) && FaultMatrix::Possible(role, phase);
}

std::string ToText(const Counts& counts) {
  return absl::StrJoin(counts, " ", absl::PairFormatter("="));
}

Counts FromText(absl::string_view text) {
  Counts counts;
  for (absl::string_view each : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(each, '=');
    uint64_t count = 0;
    if (absl::SimpleAtoi(parts.second, &count)) counts[parts.first] += count;
  }
  return counts;
}

std::string JsonObject(const Counts& counts) {
  return absl::StrCat("{",
                      absl::StrJoin(counts, ",",
                                    [](std::string* out, const auto& each) {
                                      absl::StrAppend(out, chaos::JsonString(each.first), ":",
                                                      each.second);
                                    }),
                      "}");
}

std::string JsonList(const std::vector<std::string>& texts) {
  return absl::StrCat("[",
                      absl::StrJoin(texts, ",",
                                    [](std::string* out, const std::string& text) {
                                      out->append(chaos::JsonString(text));
                                    }),
                      "]");
}

}  // namespace

void Coverage::Add(const Coverage& other) {
  AddUp(other.happened, happened);
  AddUp(other.rare_paths, rare_paths);
  AddUp(other.buggify, buggify);
  AddUp(other.matrix, matrix);
}

std::vector<std::string> Coverage::NeverTaken() const {
  std::vector<std::string> never;
  for (const probe::Named& each : probe::Names()) {
    const auto it = rare_paths.find(std::string(each.name));
    if (it == rare_paths.end() || it->second == 0) never.emplace_back(each.name);
  }
  for (const auto& [site, count] : buggify) {
    if (count == 0) never.push_back(absl::StrCat("buggify/", site));
  }
  return never;
}

std::vector<std::string> Coverage::EmptyCells() const {
  std::vector<std::string> empty;
  for (const std::string& kind : KindsIn(matrix)) {
    for (const std::string& role : FaultMatrix::Roles()) {
      for (const std::string& phase : FaultMatrix::Phases()) {
        const std::string cell = absl::StrCat(kind, "/", role, "/", phase);
        if (Possible(kind, role, phase) && !matrix.contains(cell)) empty.push_back(cell);
      }
    }
  }
  return empty;
}

std::vector<std::string> Coverage::KindsMissing() const {
  const std::set<std::string> seen = KindsIn(matrix);
  std::vector<std::string> missing;
  for (const std::string& kind : Kinds()) {
    if (!seen.contains(kind)) missing.push_back(kind);
  }
  return missing;
}

std::string Coverage::Table() const {
  std::string out = absl::StrFormat("%-16s%-10s", "fault", "role");
  for (const std::string& phase : FaultMatrix::Phases()) absl::StrAppendFormat(&out, "%12s", phase);
  for (const std::string& kind : KindsIn(matrix)) {
    for (const std::string& role : FaultMatrix::Roles()) {
      std::string row = absl::StrFormat("\n%-16s%-10s", kind, role);
      bool any = false;
      for (const std::string& phase : FaultMatrix::Phases()) {
        const auto it = matrix.find(absl::StrCat(kind, "/", role, "/", phase));
        const bool possible = Possible(kind, role, phase);
        any = any || possible || it != matrix.end();
        const std::string text = it != matrix.end() ? absl::StrCat(it->second)
                                 : possible         ? "EMPTY"
                                                    : "-";
        absl::StrAppendFormat(&row, "%12s", text);
      }
      if (any) out += row;
    }
  }
  absl::StrAppend(&out, "\n", matrix.size(), " cells are filled, ", EmptyCells().size(),
                  " that could be are empty");
  if (const std::vector<std::string> missing = KindsMissing(); !missing.empty()) {
    absl::StrAppend(&out, "; no fault of the kinds ", absl::StrJoin(missing, ", "));
  }
  absl::StrAppend(&out, "\n");
  absl::StrAppend(&out, "\nrare paths taken\n");
  for (const probe::Named& each : probe::Names()) {
    const auto it = rare_paths.find(std::string(each.name));
    absl::StrAppendFormat(&out, "%12d  %-26s %s\n", it == rare_paths.end() ? 0 : it->second,
                          each.name, each.what);
  }
  absl::StrAppend(&out, "\nbuggify sites fired\n");
  for (const auto& [site, count] : buggify) absl::StrAppendFormat(&out, "%12d  %s\n", count, site);
  return out;
}

std::string Coverage::Json() const {
  return absl::StrCat(
      "\"happened\":", JsonObject(happened), ",\"rare_paths\":", JsonObject(rare_paths),
      ",\"rare_paths_never\":", JsonList(NeverTaken()), ",\"buggify\":", JsonObject(buggify),
      ",\"matrix\":", JsonObject(matrix), ",\"matrix_empty\":", JsonList(EmptyCells()),
      ",\"kinds_missing\":", JsonList(KindsMissing()));
}

std::string Coverage::Encode() const {
  return absl::StrCat(ToText(happened), ";", ToText(rare_paths), ";", ToText(buggify), ";",
                      ToText(matrix));
}

Coverage Coverage::Decode(const std::string& text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ';');
  Coverage out;
  if (parts.size() != 4) return out;
  out.happened = FromText(parts[0]);
  out.rare_paths = FromText(parts[1]);
  out.buggify = FromText(parts[2]);
  out.matrix = FromText(parts[3]);
  return out;
}

}  // namespace konsul::simulator
