// Events of users (https://developer.hashicorp.com/consul/api-docs/event): replicated, so that
// every server tells the same ones in the same order.
#ifndef KONSUL_CORE_STATE_EVENT_COMMANDS_H_
#define KONSUL_CORE_STATE_EVENT_COMMANDS_H_

#include "core/base/ids.h"
#include "core/state/effects.h"
#include "core/state/outcome.h"
#include "core/wire/catalog.h"

namespace konsul::state {

// Older ones are forgotten.
inline constexpr uint64_t kEventsKept = 256;

// `event` comes without its times. Errors mean that the store failed.
OutcomeOr FireEvent(Effects& effects, Index index, const wire::Event& event);

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_EVENT_COMMANDS_H_
