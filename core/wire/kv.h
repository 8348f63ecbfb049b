// The value of table kKv: what is stored under a key. Encoding and decoding as in command.h.
#ifndef KONSUL_CORE_WIRE_KV_H_
#define KONSUL_CORE_WIRE_KV_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace konsul::wire {

// The indexes are those of the replicated log.
struct KvEntry {
  absl::string_view value;
  uint64_t flags = 0;
  uint64_t create_index = 0;
  uint64_t modify_index = 0;
  uint64_t lock_index = 0;    // how often a session took the lock
  absl::string_view session;  // who holds the lock; empty when nobody does
  uint64_t lock_slot = 0;     // where table kSessionKeys names the key, while somebody does

  friend bool operator==(const KvEntry&, const KvEntry&) = default;
};

std::string EncodeKvEntry(const KvEntry& entry);
// DataLoss when the bytes are damaged: they come from our own store.
absl::StatusOr<KvEntry> DecodeKvEntry(absl::string_view bytes);

}  // namespace konsul::wire

#endif  // KONSUL_CORE_WIRE_KV_H_
