// Helpers of the simulator's own tests.
#ifndef KONSUL_SIM_SIM_SUPPORT_H_
#define KONSUL_SIM_SIM_SUPPORT_H_

#include <memory>
#include <string>
#include <vector>

#include "core/env/env.h"
#include "sim/world.h"

namespace konsul::sim {

// Dials until it succeeds or the fiber is cancelled; null then.
std::unique_ptr<env::Stream> DialAgain(env::Env& env, const env::Endpoint& to);

// Reads exactly `size` bytes, or what came before an end or an error.
std::string ReadBytes(env::Stream& stream, size_t size, Instant deadline = Instant::Never());

// Accepts streams at `at` and sends back what it reads, each stream on a fiber of its own.
void Echo(env::Env env, env::Endpoint at);

// A busy little world: three hosts echo to each other over streams, tell each other of it by
// datagrams and write it down. For comparing runs. Ends at the first cancelled call.
void Gossip(env::Env env, std::vector<std::string> addresses, size_t self);

}  // namespace konsul::sim

#endif  // KONSUL_SIM_SIM_SUPPORT_H_
