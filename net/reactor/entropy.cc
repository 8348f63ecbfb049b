#include "net/reactor/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "core/base/check.h"

namespace konsul::reactor {

uint64_t SeedFromSystem() {
  uint64_t seed = 0;
  ssize_t got = 0;
  do {
    got = getrandom(&seed, sizeof(seed), 0);
  } while (got < 0 && errno == EINTR);
  KONSUL_CHECK(got == sizeof(seed), "getrandom: errno ", errno);
  return seed;
}

}  // namespace konsul::reactor
