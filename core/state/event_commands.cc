#include "core/state/event_commands.h"

#include "core/base/status.h"
#include "core/state/meta.h"

namespace konsul::state {

OutcomeOr FireEvent(Effects& effects, Index index, const wire::Event& event) {
  if (event.name.empty()) return Outcome::Refused("Missing name");
  KONSUL_ASSIGN_OR_RETURN(const uint64_t before, ReadMetaU64(effects.read(), kMetaEventCount));
  wire::Event stored = event;
  stored.ltime = before + 1;
  stored.index = index.value;
  KONSUL_RETURN_IF_ERROR(
      effects.Put(Table::kEvents, EncodeU64(stored.ltime), wire::EncodeEvent(stored)));
  if (stored.ltime > kEventsKept) {
    KONSUL_RETURN_IF_ERROR(effects.Delete(Table::kEvents, EncodeU64(stored.ltime - kEventsKept)));
  }
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaEventCount, EncodeU64(stored.ltime)));
  KONSUL_RETURN_IF_ERROR(effects.Put(Table::kMeta, kMetaEvents, EncodeU64(index.value)));
  return Outcome::Done();
}

}  // namespace konsul::state
