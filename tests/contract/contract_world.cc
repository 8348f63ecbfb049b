#include "tests/contract/contract_world.h"

namespace konsul::contract {

std::vector<WorldFactory>& Worlds() {
  static auto* worlds = new std::vector<WorldFactory>();
  return *worlds;
}

void Await(env::Env& env, const std::function<bool()>& holds) {
  while (!holds()) {
    if (!env.Sleep(1ms).ok()) return;
  }
}

}  // namespace konsul::contract
