#include "sim/checkers/acked_writes.h"

#include <map>

#include "absl/strings/str_cat.h"

namespace konsul::checkers {
namespace {

struct KeyStory {
  std::vector<const Operation*> changes;              // all that may have happened
  std::map<std::string, const Operation*> writer_of;  // by the value written
  const Operation* last_acked_delete = nullptr;       // the one answered last
  bool unknown_delete = false;
};

void Report(Findings& findings, const FinalRead& read, const std::string& why) {
  findings.Report("no-lost-acked-writes",
                  absl::StrCat("at the end ", read.server, " has ", read.key, " = ",
                               read.value.has_value() ? *read.value : "(missing)", ", ", why));
}

// An acknowledged change that began after `since` and so must have replaced what was there then.
const Operation* AckedAfter(const KeyStory& story, Duration since) {
  for (const Operation* op : story.changes) {
    if (op->outcome == Outcome::kOk && op->invoked > since) return op;
  }
  return nullptr;
}

void CheckPresent(const KeyStory& story, const FinalRead& read, Findings& findings) {
  const auto writer = story.writer_of.find(*read.value);
  if (writer == story.writer_of.end()) {
    Report(findings, read, "which nobody wrote");
    return;
  }
  const Operation& wrote = *writer->second;
  if (wrote.outcome != Outcome::kOk) return;  // may have taken effect this late
  if (const Operation* later = AckedAfter(story, wrote.returned)) {
    Report(findings, read,
           absl::StrCat("written by [", Describe(wrote), "], but later [", Describe(*later),
                        "] was acknowledged"));
  }
}

void CheckMissing(const KeyStory& story, const FinalRead& read, Findings& findings) {
  if (story.unknown_delete) return;
  const Duration since =
      story.last_acked_delete != nullptr ? story.last_acked_delete->returned : Duration(-1);
  for (const Operation* op : story.changes) {
    if (op->kind == OpKind::kDelete || op->outcome != Outcome::kOk || op->invoked <= since)
      continue;
    Report(findings, read,
           absl::StrCat("but [", Describe(*op),
                        "] was acknowledged and no delete "
                        "can have come after it"));
    return;
  }
}

}  // namespace

void CheckAckedWrites(const History& history, const std::vector<FinalRead>& final_reads,
                      Findings& findings) {
  std::map<std::string, KeyStory> stories;
  for (const Operation& op : history.operations()) {
    if (op.kind == OpKind::kRead || op.outcome == Outcome::kFailed ||
        op.outcome == Outcome::kNever) {
      continue;
    }
    KeyStory& story = stories[op.key];
    story.changes.push_back(&op);
    if (op.kind != OpKind::kDelete) {
      story.writer_of[*op.value] = &op;
    } else if (op.outcome != Outcome::kOk) {
      story.unknown_delete = true;
    } else if (story.last_acked_delete == nullptr ||
               op.returned > story.last_acked_delete->returned) {
      story.last_acked_delete = &op;
    }
  }
  for (const FinalRead& read : final_reads) {
    const KeyStory& story = stories[read.key];
    if (read.value.has_value()) {
      CheckPresent(story, read, findings);
    } else {
      CheckMissing(story, read, findings);
    }
  }
}

}  // namespace konsul::checkers
