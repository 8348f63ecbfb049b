// Events of users (https://developer.hashicorp.com/consul/api-docs/event): replicated, so that
// every server tells the same ones in the same order.
#ifndef KONSUL_CORE_STATE_EVENT_COMMANDS_H_
#define KONSUL_CORE_STATE_EVENT_COMMANDS_H_

#include <cstdint>
#include <string>

#include "core/base/ids.h"
#include "core/state/effects.h"
#include "core/state/outcome.h"
#include "core/wire/catalog.h"

namespace konsul::state {

// Older ones are forgotten.
inline constexpr uint64_t kEventsKept = 256;

// The id of the event that the command at `index` fires. Clients of Consul take the exclusive or of
// the two halves of an id for the index at which they wait for the next event; so it is here.
std::string EventId(uint64_t random, Index index);

// `event` comes without its times, and with the random half of its id. Errors mean that the store
// failed.
OutcomeOr FireEvent(Effects& effects, Index index, const wire::Event& event);

}  // namespace konsul::state

#endif  // KONSUL_CORE_STATE_EVENT_COMMANDS_H_
