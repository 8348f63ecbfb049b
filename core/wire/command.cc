#include "core/wire/command.h"

#include "core/wire/command_generated.h"
#include "core/wire/flatbuffer_view.h"

namespace konsul::wire {
namespace {

flatbuffers::Optional<uint64_t> ToFb(std::optional<uint64_t> value) {
  return value ? flatbuffers::Optional<uint64_t>(*value)
               : flatbuffers::Optional<uint64_t>(flatbuffers::nullopt);
}

std::optional<uint64_t> FromFb(flatbuffers::Optional<uint64_t> value) {
  return value ? std::optional<uint64_t>(*value) : std::nullopt;
}

// Fields are always built in the order of these functions: that makes the bytes a function of the
// value.
struct BodyEncoder {
  flatbuffers::FlatBufferBuilder& builder;

  flatbuffers::Offset<fb::Command> operator()(const KvPut& put) const {
    const auto value = BytesField(builder, put.value);
    const auto key = BytesField(builder, put.key);
    const auto body = fb::CreateKvPut(builder, key, value, put.flags, ToFb(put.cas));
    return fb::CreateCommand(builder, fb::CommandBody::KvPut, body.Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const KvDelete& del) const {
    const auto key = BytesField(builder, del.key);
    const auto body = fb::CreateKvDelete(builder, key, del.recurse, ToFb(del.cas));
    return fb::CreateCommand(builder, fb::CommandBody::KvDelete, body.Union());
  }
};

}  // namespace

std::string EncodeCommand(const Command& command) {
  flatbuffers::FlatBufferBuilder builder;
  fb::FinishCommandBuffer(builder, std::visit(BodyEncoder{builder}, command));
  return std::string(Finished(builder));
}

absl::StatusOr<Command> DecodeCommand(absl::string_view bytes) {
  flatbuffers::Verifier verifier = VerifierOf(bytes);
  if (!fb::VerifyCommandBuffer(verifier)) {
    return absl::InvalidArgumentError("malformed command");
  }
  const fb::Command& command = *RootOf<fb::Command>(bytes);
  if (const fb::KvPut* put = command.body_as_KvPut()) {
    return KvPut{.key = ViewOf(put->key()),
                 .value = ViewOf(put->value()),
                 .flags = put->flags(),
                 .cas = FromFb(put->cas())};
  }
  if (const fb::KvDelete* del = command.body_as_KvDelete()) {
    return KvDelete{
        .key = ViewOf(del->key()), .recurse = del->recurse(), .cas = FromFb(del->cas())};
  }
  return absl::InvalidArgumentError("unknown command");
}

std::string EncodeCommandResult(const CommandResult& result) {
  flatbuffers::FlatBufferBuilder builder;
  flatbuffers::Offset<flatbuffers::String> error;
  if (!result.error.empty()) error = builder.CreateString(result.error);
  builder.Finish(fb::CreateCommandResult(builder, result.success, result.index.value, error));
  return std::string(Finished(builder));
}

absl::StatusOr<CommandResult> DecodeCommandResult(absl::string_view bytes) {
  flatbuffers::Verifier verifier = VerifierOf(bytes);
  if (!verifier.VerifyBuffer<fb::CommandResult>(nullptr)) {
    return absl::InvalidArgumentError("malformed command result");
  }
  const auto& result = *RootOf<fb::CommandResult>(bytes);
  return CommandResult{.success = result.success(),
                       .index = Index(result.index()),
                       .error = std::string(ViewOf(result.error()))};
}

}  // namespace konsul::wire
