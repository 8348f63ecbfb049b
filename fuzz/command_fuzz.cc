// Entries of the log. Whatever they hold, every replica does the same with them; one that decodes
// encodes to one that decodes again.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/check.h"
#include "core/state/contradiction_support.h"
#include "core/state/memory_store_support.h"
#include "core/state/table_machine.h"
#include "core/wire/command.h"

namespace {

using namespace konsul;

Hash128 DigestAfter(absl::string_view command) {
  state::MemoryStore store;
  const auto machine = *state::TableMachine::Open(store);
  for (int i = 0; i < 2; ++i) {
    const auto results = machine->Apply({{machine->applied() + 1, command}});
    KONSUL_CHECK(results.ok(), results.status().message());
  }
  const std::string wrong = state::Contradiction(*store.Read());
  KONSUL_CHECK(wrong.empty(), wrong);
  return machine->digest();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  KONSUL_CHECK(DigestAfter(bytes) == DigestAfter(bytes));
  const auto command = wire::DecodeCommand(bytes);
  if (!command.ok()) return 0;
  const std::string encoded = wire::EncodeCommand(*command);
  const auto again = wire::DecodeCommand(encoded);
  KONSUL_CHECK(again.ok(), again.status().message());
  KONSUL_CHECK(wire::EncodeCommand(*again) == encoded);
  return 0;
}
