#include "core/wire/catalog.h"

#include "core/wire/catalog_generated.h"
#include "core/wire/flatbuffer_view.h"

namespace konsul::wire {
namespace {

using PairsOffset = flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<fb::Pair>>>;

PairsOffset PairsField(flatbuffers::FlatBufferBuilder& builder, const Pairs& pairs) {
  std::vector<flatbuffers::Offset<fb::Pair>> offsets;
  for (const auto& [name, value] : pairs) {
    const auto name_offset = StringField(builder, name);
    offsets.push_back(fb::CreatePair(builder, name_offset, StringField(builder, value)));
  }
  return builder.CreateVector(offsets);
}

Pairs PairsOf(const flatbuffers::Vector<flatbuffers::Offset<fb::Pair>>* field) {
  Pairs pairs;
  for (size_t i = 0; i < SizeOf(field); ++i) {
    const fb::Pair& pair = *TableAt(field, i);
    pairs.emplace_back(ViewOf(pair.name()), ViewOf(pair.value()));
  }
  return pairs;
}

}  // namespace

std::string EncodeNode(const Node& node) {
  flatbuffers::FlatBufferBuilder builder;
  const auto id = StringField(builder, node.id);
  const auto name = StringField(builder, node.name);
  const auto address = StringField(builder, node.address);
  const auto datacenter = StringField(builder, node.datacenter);
  const auto tagged = PairsField(builder, node.tagged_addresses);
  const auto meta = PairsField(builder, node.meta);
  builder.Finish(fb::CreateNode(builder, id, name, address, datacenter, tagged, meta,
                                node.create_index, node.modify_index));
  return std::string(Finished(builder));
}

absl::StatusOr<Node> DecodeNode(absl::string_view bytes) {
  if (!IsBuffer<fb::Node>(bytes)) return absl::DataLossError("damaged node");
  const auto& node = *RootOf<fb::Node>(bytes);
  return Node{.id = ViewOf(node.id()),
              .name = ViewOf(node.name()),
              .address = ViewOf(node.address()),
              .datacenter = ViewOf(node.datacenter()),
              .tagged_addresses = PairsOf(node.tagged_addresses()),
              .meta = PairsOf(node.meta()),
              .create_index = node.create_index(),
              .modify_index = node.modify_index()};
}

std::string EncodeCheck(const Check& check) {
  flatbuffers::FlatBufferBuilder builder;
  const auto node = StringField(builder, check.node);
  const auto id = StringField(builder, check.id);
  const auto name = StringField(builder, check.name);
  const auto status = StringField(builder, check.status);
  const auto notes = StringField(builder, check.notes);
  const auto output = StringField(builder, check.output);
  const auto type = StringField(builder, check.type);
  builder.Finish(fb::CreateCheck(builder, node, id, name, status, notes, output, type,
                                 check.create_index, check.modify_index));
  return std::string(Finished(builder));
}

absl::StatusOr<Check> DecodeCheck(absl::string_view bytes) {
  if (!IsBuffer<fb::Check>(bytes)) return absl::DataLossError("damaged check");
  const auto& check = *RootOf<fb::Check>(bytes);
  return Check{.node = ViewOf(check.node()),
               .id = ViewOf(check.id()),
               .name = ViewOf(check.name()),
               .status = ViewOf(check.status()),
               .notes = ViewOf(check.notes()),
               .output = ViewOf(check.output()),
               .type = ViewOf(check.type()),
               .create_index = check.create_index(),
               .modify_index = check.modify_index()};
}

std::string EncodeEvent(const Event& event) {
  flatbuffers::FlatBufferBuilder builder;
  const auto id = StringField(builder, event.id);
  const auto name = StringField(builder, event.name);
  const auto payload = BytesField(builder, event.payload);
  const auto node = StringField(builder, event.node_filter);
  const auto service = StringField(builder, event.service_filter);
  const auto tag = StringField(builder, event.tag_filter);
  builder.Finish(
      fb::CreateEvent(builder, id, name, payload, node, service, tag, event.ltime, event.index));
  return std::string(Finished(builder));
}

absl::StatusOr<Event> DecodeEvent(absl::string_view bytes) {
  if (!IsBuffer<fb::Event>(bytes)) return absl::DataLossError("damaged event");
  const auto& event = *RootOf<fb::Event>(bytes);
  return Event{.id = ViewOf(event.id()),
               .name = ViewOf(event.name()),
               .payload = ViewOf(event.payload()),
               .node_filter = ViewOf(event.node_filter()),
               .service_filter = ViewOf(event.service_filter()),
               .tag_filter = ViewOf(event.tag_filter()),
               .ltime = event.ltime(),
               .index = event.index()};
}

}  // namespace konsul::wire
