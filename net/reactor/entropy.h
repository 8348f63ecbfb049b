// The one place where the operating system is asked for randomness.
#ifndef KONSUL_NET_REACTOR_ENTROPY_H_
#define KONSUL_NET_REACTOR_ENTROPY_H_

#include <cstdint>

namespace konsul::reactor {

// 64 bits from getrandom(2), to seed an env::Random. May wait early in the machine's boot.
uint64_t SeedFromSystem();

}  // namespace konsul::reactor

#endif  // KONSUL_NET_REACTOR_ENTROPY_H_
