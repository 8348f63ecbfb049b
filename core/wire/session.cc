#include "core/wire/session.h"

#include <algorithm>

#include "core/wire/flatbuffer_view.h"
#include "core/wire/session_generated.h"

namespace konsul::wire {

std::vector<absl::string_view> ChecksOf(const Session& session) {
  std::vector<absl::string_view> all;
  for (const auto* list : {&session.old_checks, &session.checks, &session.service_checks}) {
    for (const absl::string_view id : *list) {
      if (std::find(all.begin(), all.end(), id) == all.end()) all.push_back(id);
    }
  }
  return all;
}

std::string EncodeSession(const Session& session) {
  flatbuffers::FlatBufferBuilder builder;
  const auto id = StringField(builder, session.id);
  const auto name = StringField(builder, session.name);
  const auto node = StringField(builder, session.node);
  const auto checks = StringsField(builder, session.checks);
  const auto service_checks = StringsField(builder, session.service_checks);
  const auto old_checks = StringsField(builder, session.old_checks);
  const auto ttl_text = StringField(builder, session.ttl_text);
  builder.Finish(fb::CreateSession(builder, id, name, node, checks, service_checks,
                                   session.lock_delay, session.ttl, ttl_text, session.delete_keys,
                                   session.create_index, session.modify_index, old_checks));
  return std::string(Finished(builder));
}

absl::StatusOr<Session> DecodeSession(absl::string_view bytes) {
  if (!IsBuffer<fb::Session>(bytes)) return absl::DataLossError("damaged session");
  const auto& session = *RootOf<fb::Session>(bytes);
  return Session{.id = ViewOf(session.id()),
                 .name = ViewOf(session.name()),
                 .node = ViewOf(session.node()),
                 .checks = ViewsOf(session.checks()),
                 .service_checks = ViewsOf(session.service_checks()),
                 .old_checks = ViewsOf(session.old_checks()),
                 .lock_delay = session.lock_delay(),
                 .ttl = session.ttl(),
                 .ttl_text = ViewOf(session.ttl_text()),
                 .delete_keys = session.delete_keys(),
                 .create_index = session.create_index(),
                 .modify_index = session.modify_index()};
}

}  // namespace konsul::wire
