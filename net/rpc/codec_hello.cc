#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "net/rpc/codec_parts.h"

namespace konsul::rpc {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

Offset<wire::Member> EncodeMember(FlatBufferBuilder& fbb, const raft::Member& member) {
  const auto name = fbb.CreateString(member.name);
  const auto address = fbb.CreateString(member.address);
  return wire::CreateMember(fbb, member.id.value, name, address);
}

raft::Member DecodeMember(const wire::Member& member) {
  return {NodeId(member.id()), DecodeString(member.name()), DecodeString(member.address())};
}

Offset<wire::Introduction> EncodeHello(FlatBufferBuilder& fbb, const Hello& hello) {
  const server::Introduction& m = hello.introduction;
  std::vector<Offset<wire::Member>> view;
  for (const raft::Member& member : m.view) view.push_back(EncodeMember(fbb, member));
  const auto name = fbb.CreateString(m.name);
  const auto address = fbb.CreateString(m.address);
  const auto members = fbb.CreateVector(view);
  return wire::CreateIntroduction(fbb, kProtocol, m.id.value, m.cluster.value, name, address,
                                  members, m.bootstrap_expect, static_cast<uint8_t>(hello.purpose),
                                  m.log_end.value);
}

absl::StatusOr<Hello> DecodeHello(const wire::Introduction& m) {
  if (m.protocol() != kProtocol) {
    return absl::InvalidArgumentError(absl::StrCat("the peer speaks protocol ", m.protocol(),
                                                   ", this server speaks protocol ", kProtocol));
  }
  if (m.id() == 0) return Malformed("an introduction without an id");
  if (m.purpose() > static_cast<uint8_t>(Purpose::kQuestion)) {
    return Malformed(absl::StrCat("unknown purpose ", m.purpose(), " of a connection"));
  }
  Hello hello;
  hello.purpose = static_cast<Purpose>(m.purpose());
  hello.introduction.id = NodeId(m.id());
  hello.introduction.cluster = ClusterId(m.cluster());
  hello.introduction.name = DecodeString(m.name());
  hello.introduction.address = DecodeString(m.address());
  hello.introduction.bootstrap_expect = m.bootstrap_expect();
  hello.introduction.log_end = Index(m.log_end());
  if (m.view() != nullptr) {
    for (const wire::Member* member : *m.view()) {
      hello.introduction.view.push_back(DecodeMember(*member));
    }
  }
  return hello;
}

}  // namespace konsul::rpc
