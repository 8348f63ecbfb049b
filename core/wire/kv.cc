#include "core/wire/kv.h"

#include "core/wire/flatbuffer_view.h"
#include "core/wire/kv_generated.h"

namespace konsul::wire {

std::string EncodeKvEntry(const KvEntry& entry) {
  flatbuffers::FlatBufferBuilder builder(entry.value.size() + 128);
  flatbuffers::Offset<flatbuffers::String> session;
  if (!entry.session.empty()) {
    session = builder.CreateString(entry.session.data(), entry.session.size());
  }
  const auto value = BytesField(builder, entry.value);
  builder.Finish(fb::CreateKvEntry(builder, value, entry.flags, entry.create_index,
                                   entry.modify_index, entry.lock_index, session, entry.lock_slot));
  return std::string(Finished(builder));
}

absl::StatusOr<KvEntry> DecodeKvEntry(absl::string_view bytes) {
  // In place, as values may be large: only vectors of offsets, which it has none of, have to be
  // aligned for that.
  flatbuffers::Verifier verifier(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (!verifier.VerifyBuffer<fb::KvEntry>(nullptr)) {
    return absl::DataLossError("damaged KV entry");
  }
  const auto& entry = *RootOf<fb::KvEntry>(bytes);
  return KvEntry{.value = ViewOf(entry.value()),
                 .flags = entry.flags(),
                 .create_index = entry.create_index(),
                 .modify_index = entry.modify_index(),
                 .lock_index = entry.lock_index(),
                 .session = ViewOf(entry.session()),
                 .lock_slot = entry.lock_slot()};
}

}  // namespace konsul::wire
