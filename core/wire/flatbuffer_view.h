// Reading FlatBuffers that lie anywhere in memory: values in a table store and commands inside a
// log record are not aligned, and member functions of flatbuffers::Vector want alignment. These do
// not. Only after the buffer was verified.
#ifndef KONSUL_CORE_WIRE_FLATBUFFER_VIEW_H_
#define KONSUL_CORE_WIRE_FLATBUFFER_VIEW_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "flatbuffers/flatbuffers.h"

namespace konsul::wire {

// The bytes of a [ubyte] or string field; empty when the field is absent. Points into the buffer.
template <typename BytesOrString>
absl::string_view ViewOf(const BytesOrString* field) {
  if (field == nullptr) return {};
  const char* start = reinterpret_cast<const char*>(field);
  const auto size = flatbuffers::ReadScalar<flatbuffers::uoffset_t>(start);
  return absl::string_view(start + sizeof(flatbuffers::uoffset_t), size);
}

// The root table of a verified buffer; flatbuffers::GetRoot wants alignment too.
template <typename T>
const T* RootOf(absl::string_view bytes) {
  const auto offset = flatbuffers::ReadScalar<flatbuffers::uoffset_t>(bytes.data());
  return reinterpret_cast<const T*>(bytes.data() + offset);
}

// A [ubyte] field from bytes.
inline flatbuffers::Offset<flatbuffers::Vector<uint8_t>> BytesField(
    flatbuffers::FlatBufferBuilder& builder, absl::string_view bytes) {
  return builder.CreateVector(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

// The finished buffer as a string.
inline absl::string_view Finished(const flatbuffers::FlatBufferBuilder& builder) {
  return absl::string_view(reinterpret_cast<const char*>(builder.GetBufferPointer()),
                           builder.GetSize());
}

inline flatbuffers::Verifier VerifierOf(absl::string_view bytes) {
  return flatbuffers::Verifier(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace konsul::wire

#endif  // KONSUL_CORE_WIRE_FLATBUFFER_VIEW_H_
