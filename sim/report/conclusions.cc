#include "sim/report/conclusions.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace konsul::report {
namespace {

using chaos::Injection;

// A message that is this young when the run ends, or when its receiver dies, may have been on its
// way.
constexpr int64_t kOnTheWay = 100'000'000;
// Longer values of clients are cut short.
constexpr size_t kValueShown = 24;

std::string Show(const std::optional<std::string>& value) {
  if (!value.has_value()) return "(missing)";
  if (value->size() <= kValueShown) return *value;
  return absl::StrCat(value->substr(0, kValueShown), "… (", value->size(), " bytes)");
}

const char* OutcomeName(checkers::Outcome outcome) {
  switch (outcome) {
    case checkers::Outcome::kPending:
      return "pending";
    case checkers::Outcome::kOk:
      return "ok";
    case checkers::Outcome::kFailed:
      return "refused";
    case checkers::Outcome::kUnknown:
      return "unknown";
    case checkers::Outcome::kNever:
      return "not sent";
  }
  return "?";
}

void Say(const checkers::Operation& op, OperationRecord& out) {
  switch (op.kind) {
    case checkers::OpKind::kRead:
      out.what = "get";
      if (op.outcome == checkers::Outcome::kOk) out.detail = absl::StrCat("→ ", Show(op.value));
      return;
    case checkers::OpKind::kPut:
      out.what = "put";
      out.detail = absl::StrCat("= ", Show(op.value));
      return;
    case checkers::OpKind::kCas:
      out.what = "cas";
      out.detail = absl::StrCat("from ", Show(op.expected), " to ", Show(op.value));
      return;
    case checkers::OpKind::kDelete:
      out.what = "delete";
      return;
  }
}

bool IsWordCharacter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool HasWord(absl::string_view text, absl::string_view word) {
  for (size_t at = text.find(word); at != absl::string_view::npos; at = text.find(word, at + 1)) {
    const size_t behind = at + word.size();
    const bool begins = at == 0 || !IsWordCharacter(text[at - 1]);
    const bool ends = behind == text.size() || !IsWordCharacter(text[behind]);
    if (begins && ends) return true;
  }
  return false;
}

std::set<uint64_t> TermsIn(absl::string_view text) {
  constexpr absl::string_view kWord = "term ";
  std::set<uint64_t> terms;
  for (size_t at = text.find(kWord); at != absl::string_view::npos; at = text.find(kWord, at + 1)) {
    size_t end = at + kWord.size();
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
    uint64_t term = 0;
    if (absl::SimpleAtoi(text.substr(at + kWord.size(), end - at - kWord.size()), &term)) {
      terms.insert(term);
    }
  }
  return terms;
}

// At some moment from `from` to `until`.
bool WasCut(const Recording& recording, const MessageRecord& message, int64_t from, int64_t until) {
  const std::pair<std::string, std::string> link{recording.servers[message.from].name,
                                                 recording.servers[message.to].name};
  return std::any_of(recording.faults.begin(), recording.faults.end(), [&](const auto& fault) {
    return fault.kind == "cut" && fault.begin <= until && from < fault.end &&
           std::find(fault.links.begin(), fault.links.end(), link) != fault.links.end();
  });
}

bool WasDown(const ServerTrack& server, int64_t from, int64_t until) {
  for (size_t i = 0; i < server.spans.size(); ++i) {
    const bool over = i + 1 < server.spans.size() && server.spans[i + 1].begin <= from;
    if (over) continue;
    if (server.spans[i].begin > until) return false;
    if (server.spans[i].state == State::kDown || server.spans[i].state == State::kStarting) {
      return true;
    }
  }
  return false;
}

Fate FateOf(const Recording& recording, const MessageRecord& message) {
  const ServerTrack& receiver = recording.servers[message.to];
  const int64_t sent = message.sent;
  // What was so when it was sent counts more than what became so while it was on its way.
  for (const int64_t until : {sent, sent + kOnTheWay}) {
    if (WasDown(receiver, sent, until)) return Fate::kReceiverDown;
    if (WasCut(recording, message, sent, until)) return Fate::kCut;
  }
  return sent + kOnTheWay > recording.end ? Fate::kUnderWay : Fate::kLost;
}

}  // namespace

std::vector<FaultSpan> FaultsOf(const std::vector<Injection>& schedule, int64_t began,
                                int64_t end) {
  using Kind = Injection::Kind;
  std::vector<FaultSpan> faults;
  std::map<uint64_t, size_t> by_id;
  for (const Injection& injection : schedule) {
    const int64_t at = began + injection.at.count();
    if (injection.kind == Kind::kEnd || injection.kind == Kind::kRestart) {
      const auto it = by_id.find(injection.id);
      if (it != by_id.end()) faults[it->second].end = at;
      continue;
    }
    FaultSpan fault{injection.id,
                    at,
                    at,
                    chaos::KindName(injection.kind),
                    injection.fault,
                    chaos::Describe(injection),
                    injection.targets,
                    {}};
    for (const chaos::Link& link : injection.links) fault.links.emplace_back(link.from, link.to);
    const bool moment = injection.kind == Kind::kSkipped || injection.kind == Kind::kOperator ||
                        injection.kind == Kind::kReset || injection.kind == Kind::kIoRot ||
                        injection.kind == Kind::kIoMisdirect;
    if (!moment) {
      by_id[injection.id] = faults.size();
      fault.end =
          injection.lasts == Duration::max() ? end : std::min(end, at + injection.lasts.count());
    }
    faults.push_back(std::move(fault));
  }
  return faults;
}

std::vector<OperationRecord> OperationsOf(const checkers::History& history, int64_t end) {
  std::vector<OperationRecord> out;
  out.reserve(history.operations().size());
  for (const checkers::Operation& op : history.operations()) {
    OperationRecord record;
    record.lane = op.client;
    record.key = op.key;
    record.server = op.server;
    record.outcome = OutcomeName(op.outcome);
    record.begin = op.invoked.count();
    record.end = op.outcome == checkers::Outcome::kPending ? end : op.returned.count();
    Say(op, record);
    out.push_back(std::move(record));
  }
  return out;
}

void Link(FindingRecord& finding, const std::map<std::string, size_t>& names,
          const checkers::History& history) {
  std::set<size_t> servers;
  for (const auto& [name, server] : names) {
    if (HasWord(finding.text, name)) servers.insert(server);
  }
  finding.servers.assign(servers.begin(), servers.end());
  const std::set<uint64_t> terms = TermsIn(finding.text);
  finding.terms.assign(terms.begin(), terms.end());
  const auto& operations = history.operations();
  for (size_t i = 0; i < operations.size(); ++i) {
    // The key first: it is cheap to look for.
    if (!absl::StrContains(finding.text, operations[i].key)) continue;
    if (absl::StrContains(finding.text, checkers::Describe(operations[i]))) {
      finding.operations.push_back(i);
    }
  }
  // As the text names them: what is wrong comes first.
  const auto place = [&](size_t i) { return finding.text.find(checkers::Describe(operations[i])); };
  std::stable_sort(finding.operations.begin(), finding.operations.end(),
                   [&](size_t a, size_t b) { return place(a) < place(b); });
}

void ExplainLosses(Recording& recording) {
  for (MessageRecord& message : recording.messages) {
    if (message.received < 0) message.fate = FateOf(recording, message);
  }
}

}  // namespace konsul::report
