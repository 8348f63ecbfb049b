// Reading FlatBuffers that lie anywhere in memory: values in a table store and commands inside a
// log record are not aligned, and member functions of flatbuffers::Vector want alignment. These do
// not. Only after the buffer was verified.
#ifndef KONSUL_CORE_WIRE_FLATBUFFER_VIEW_H_
#define KONSUL_CORE_WIRE_FLATBUFFER_VIEW_H_

#include <cstdint>
#include <cstring>
#include <vector>

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

// A string field; absent when empty.
inline flatbuffers::Offset<flatbuffers::String> StringField(flatbuffers::FlatBufferBuilder& builder,
                                                            absl::string_view text) {
  if (text.empty()) return {};
  return builder.CreateString(text.data(), text.size());
}

// A [string] field.
inline flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>>
StringsField(flatbuffers::FlatBufferBuilder& builder, const std::vector<absl::string_view>& texts) {
  std::vector<flatbuffers::Offset<flatbuffers::String>> offsets;
  for (const absl::string_view text : texts) {
    offsets.push_back(builder.CreateString(text.data(), text.size()));
  }
  return builder.CreateVector(offsets);
}

// How many elements a vector field has.
template <typename T>
size_t SizeOf(const flatbuffers::Vector<flatbuffers::Offset<T>>* field) {
  if (field == nullptr) return 0;
  return flatbuffers::ReadScalar<flatbuffers::uoffset_t>(reinterpret_cast<const uint8_t*>(field));
}

// Element `i` of a vector of tables or strings.
template <typename T>
const T* TableAt(const flatbuffers::Vector<flatbuffers::Offset<T>>* field, size_t i) {
  const uint8_t* slot =
      reinterpret_cast<const uint8_t*>(field) + sizeof(flatbuffers::uoffset_t) * (i + 1);
  return reinterpret_cast<const T*>(slot + flatbuffers::ReadScalar<flatbuffers::uoffset_t>(slot));
}

inline std::vector<absl::string_view> ViewsOf(
    const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* field) {
  std::vector<absl::string_view> views;
  for (size_t i = 0; i < SizeOf(field); ++i) views.push_back(ViewOf(TableAt(field, i)));
  return views;
}

// The finished buffer as a string.
inline absl::string_view Finished(const flatbuffers::FlatBufferBuilder& builder) {
  return absl::string_view(reinterpret_cast<const char*>(builder.GetBufferPointer()),
                           builder.GetSize());
}

// Whether `bytes` are a buffer with a T at its root, and with this file identifier unless it is
// null. The library's verifier wants its buffer aligned: what lies elsewhere is copied for it.
template <typename T>
bool IsBuffer(absl::string_view bytes, const char* identifier = nullptr) {
  if (bytes.empty()) return false;
  using Word = uint64_t;
  const auto verify = [&](const void* start) {
    flatbuffers::Verifier verifier(static_cast<const uint8_t*>(start), bytes.size());
    return verifier.VerifyBuffer<T>(identifier);
  };
  if (reinterpret_cast<uintptr_t>(bytes.data()) % sizeof(Word) == 0) return verify(bytes.data());
  std::vector<Word> aligned((bytes.size() + sizeof(Word) - 1) / sizeof(Word));
  std::memcpy(aligned.data(), bytes.data(), bytes.size());
  return verify(aligned.data());
}

}  // namespace konsul::wire

#endif  // KONSUL_CORE_WIRE_FLATBUFFER_VIEW_H_
