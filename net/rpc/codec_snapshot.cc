#include <utility>

#include "core/raft/configuration.h"
#include "net/rpc/codec_parts.h"

namespace konsul::rpc {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

Offset<wire::SnapshotChunk> EncodeChunk(FlatBufferBuilder& fbb,
                                        const server::SnapshotChunk& chunk) {
  const raft::SnapshotPoint& point = chunk.meta.point;
  const auto configuration = EncodeBytes(fbb, point.configuration.Encode());
  const auto bytes = EncodeBytes(fbb, chunk.bytes);
  return wire::CreateSnapshotChunk(fbb, chunk.from.value, chunk.term.value, point.last.index.value,
                                   point.last.term.value, point.configuration_index.value,
                                   configuration, chunk.meta.digest.hi, chunk.meta.digest.lo,
                                   chunk.meta.bytes, chunk.offset, bytes, chunk.to_learner);
}

absl::StatusOr<server::SnapshotChunk> DecodeChunk(const wire::SnapshotChunk& m) {
  if (m.from() == 0) return Malformed("a snapshot from nobody");
  if (m.last_index() == 0 || m.last_term() > m.term()) {
    return Malformed("a snapshot that its leader cannot have");
  }
  if (m.configuration_index() == 0 || m.configuration_index() > m.last_index()) {
    return Malformed("a configuration that the snapshot does not reach");
  }
  server::SnapshotChunk chunk;
  chunk.bytes = DecodeBytes(m.bytes());
  if (m.offset() > m.size() || chunk.bytes.size() > m.size() - m.offset()) {
    return Malformed("a piece beyond the end of its snapshot");
  }
  auto configuration = raft::Configuration::Decode(DecodeBytes(m.configuration()));
  if (!configuration.ok()) return Malformed(configuration.status().message());
  chunk.from = NodeId(m.from());
  chunk.term = Term(m.term());
  chunk.meta.point.last = {Index(m.last_index()), Term(m.last_term())};
  chunk.meta.point.configuration_index = Index(m.configuration_index());
  chunk.meta.point.configuration = *std::move(configuration);
  chunk.meta.digest = {m.digest_hi(), m.digest_lo()};
  chunk.meta.bytes = m.size();
  chunk.offset = m.offset();
  chunk.to_learner = m.to_learner();
  return chunk;
}

}  // namespace konsul::rpc
