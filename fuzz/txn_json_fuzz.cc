// Bodies of PUT /v1/txn. What is read survives the log, and is done wholly or not at all.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/base/check.h"
#include "core/state/contradiction_support.h"
#include "core/state/memory_store_support.h"
#include "core/state/table_machine.h"
#include "core/wire/command.h"
#include "net/api/txn_body.h"

namespace {

using namespace konsul;

constexpr char kNode[] = "n";
constexpr char kSession[] = "00000000-0000-0000-0000-000000000001";

void Apply(state::TableMachine& machine, const wire::Command& command) {
  const std::string bytes = wire::EncodeCommand(command);
  KONSUL_CHECK(machine.Apply({{machine.applied() + 1, bytes}}).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  net_api::TxnBody body;
  if (!body.Read({reinterpret_cast<const char*>(data), size}).ok()) return 0;
  const std::string bytes = wire::EncodeCommand(body.txn());
  const auto decoded = wire::DecodeCommand(bytes);
  KONSUL_CHECK(decoded.ok(), decoded.status().message());
  KONSUL_CHECK(std::get<wire::Txn>(*decoded) == body.txn());

  state::MemoryStore store;
  const auto machine = *state::TableMachine::Open(store);
  Apply(*machine, wire::Register{.node = {.name = kNode}});
  Apply(*machine, wire::SessionCreate{{.id = kSession, .node = kNode}});
  Apply(*machine, wire::KvOp{wire::KvVerb::kLock, "k", "v", 0, 0, kSession});
  auto before = store.tables();
  const auto results = machine->Apply({{machine->applied() + 1, bytes}});
  KONSUL_CHECK(results.ok(), results.status().message());
  const auto result = wire::DecodeCommandResult(results->front());
  KONSUL_CHECK(result.ok(), result.status().message());
  if (!result->success) {
    before[0] = store.tables()[0];  // the applied index and the digest
    KONSUL_CHECK(store.tables() == before, "a failed transaction left a trace");
  }
  const std::string wrong = state::Contradiction(*store.Read());
  KONSUL_CHECK(wrong.empty(), wrong);
  return 0;
}
