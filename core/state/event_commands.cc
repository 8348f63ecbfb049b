#include "core/state/event_commands.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "core/base/status.h"
#include "core/state/meta.h"

namespace konsul::state {

std::string EventId(uint64_t random, Index index) {
  const uint64_t low = random ^ index.value;
  return absl::StrFormat("%08x-%04x-%04x-%04x-%012x", low >> 32, (low >> 16) & 0xffff, low & 0xffff,
                         random >> 48, random & 0xffffffffffffULL);
}

OutcomeOr FireEvent(Effects& effects, Index index, const wire::Event& event) {
  if (event.name.empty()) return Outcome::Refused("Missing name");
  KONSUL_ASSIGN_OR_RETURN(const uint64_t before, ReadMetaU64(effects.read(), kMetaEventCount));
  wire::Event stored = event;
  uint64_t random = 0;
  if (!absl::SimpleHexAtoi(event.id, &random)) return Outcome::Refused("Missing id");
  const std::string id = EventId(random, index);
  stored.id = id;
  stored.ltime = before + 1;
  stored.index = index.value;
  KONSUL_RETURN_IF_ERROR(
      effects.Put(Table::kEvents, EncodeU64(stored.ltime), wire::EncodeEvent(stored)));
  if (stored.ltime > kEventsKept) {
    KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kEvents, EncodeU64(stored.ltime - kEventsKept)));
  }
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaEventCount, EncodeU64(stored.ltime)));
  return Outcome::Done();
}

}  // namespace konsul::state
