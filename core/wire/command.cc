#include "core/wire/command.h"

#include <utility>

#include "core/base/status.h"
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
  flatbuffers::Offset<fb::Command> operator()(const KvOp& op) const {
    return fb::CreateCommand(builder, fb::CommandBody::KvOp, Field(op).Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const Txn& txn) const {
    std::vector<flatbuffers::Offset<fb::TxnOp>> ops;
    for (const TxnOp& op : txn.ops) {
      if (const auto* kv = std::get_if<KvOp>(&op)) {
        ops.push_back(fb::CreateTxnOp(builder, fb::TxnOpBody::KvOp, Field(*kv).Union()));
      } else if (const auto* node = std::get_if<NodeOp>(&op)) {
        const auto bytes = BytesField(builder, EncodeNode(node->node));
        const auto body =
            fb::CreateNodeOp(builder, static_cast<uint8_t>(node->verb), bytes, node->index);
        ops.push_back(fb::CreateTxnOp(builder, fb::TxnOpBody::NodeOp, body.Union()));
      } else if (const auto* check = std::get_if<CheckOp>(&op)) {
        const auto bytes = BytesField(builder, EncodeCheck(check->check));
        const auto body =
            fb::CreateCheckOp(builder, static_cast<uint8_t>(check->verb), bytes, check->index);
        ops.push_back(fb::CreateTxnOp(builder, fb::TxnOpBody::CheckOp, body.Union()));
      } else {
        const auto id = StringField(builder, std::get<SessionDestroy>(op).id);
        const auto body = fb::CreateSessionDestroy(builder, id);
        ops.push_back(fb::CreateTxnOp(builder, fb::TxnOpBody::SessionDestroy, body.Union()));
      }
    }
    const auto body = fb::CreateTxn(builder, builder.CreateVector(ops));
    return fb::CreateCommand(builder, fb::CommandBody::Txn, body.Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const SessionCreate& create) const {
    const auto bytes = BytesField(builder, EncodeSession(create.session));
    const auto body = fb::CreateSessionCreate(builder, bytes);
    return fb::CreateCommand(builder, fb::CommandBody::SessionCreate, body.Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const SessionDestroy& destroy) const {
    const auto body = fb::CreateSessionDestroy(builder, StringField(builder, destroy.id));
    return fb::CreateCommand(builder, fb::CommandBody::SessionDestroy, body.Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const SessionRenew& renew) const {
    const auto body = fb::CreateSessionRenew(builder, StringField(builder, renew.id));
    return fb::CreateCommand(builder, fb::CommandBody::SessionRenew, body.Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const Expire& expire) const {
    std::vector<flatbuffers::Offset<fb::ExpiredSession>> sessions;
    for (const auto& each : expire.sessions) {
      sessions.push_back(
          fb::CreateExpiredSession(builder, StringField(builder, each.id), each.renewed));
    }
    std::vector<flatbuffers::Offset<fb::EndedLockDelay>> delays;
    for (const auto& each : expire.lock_delays) {
      delays.push_back(
          fb::CreateEndedLockDelay(builder, BytesField(builder, each.key), each.since));
    }
    const auto sessions_field = builder.CreateVector(sessions);
    const auto body = fb::CreateExpire(builder, sessions_field, builder.CreateVector(delays));
    return fb::CreateCommand(builder, fb::CommandBody::Expire, body.Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const Register& reg) const {
    const auto node = BytesField(builder, EncodeNode(reg.node));
    std::vector<flatbuffers::Offset<fb::Bytes>> checks;
    for (const Check& check : reg.checks) {
      checks.push_back(fb::CreateBytes(builder, BytesField(builder, EncodeCheck(check))));
    }
    const auto body =
        fb::CreateRegister(builder, node, reg.skip_node, builder.CreateVector(checks));
    return fb::CreateCommand(builder, fb::CommandBody::Register, body.Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const Deregister& dereg) const {
    const auto node = StringField(builder, dereg.node);
    const auto body = fb::CreateDeregister(builder, node, StringField(builder, dereg.check));
    return fb::CreateCommand(builder, fb::CommandBody::Deregister, body.Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const EventFire& fire) const {
    const auto id = StringField(builder, fire.event.id);
    const auto name = StringField(builder, fire.event.name);
    const auto payload = BytesField(builder, fire.event.payload);
    const auto node = StringField(builder, fire.event.node_filter);
    const auto service = StringField(builder, fire.event.service_filter);
    const auto body = fb::CreateEventFire(builder, id, name, payload, node, service,
                                          StringField(builder, fire.event.tag_filter));
    return fb::CreateCommand(builder, fb::CommandBody::EventFire, body.Union());
  }
  flatbuffers::Offset<fb::Command> operator()(const Restore& restore) const {
    const auto rows = BytesField(builder, restore.rows);
    const auto id = StringField(builder, restore.id);
    const auto body =
        fb::CreateRestore(builder, id, static_cast<uint8_t>(restore.step), restore.number, rows);
    return fb::CreateCommand(builder, fb::CommandBody::Restore, body.Union());
  }

 private:
  flatbuffers::Offset<fb::KvOp> Field(const KvOp& op) const {
    const auto key = BytesField(builder, op.key);
    const auto value = BytesField(builder, op.value);
    return fb::CreateKvOp(builder, static_cast<uint8_t>(op.verb), key, value, op.flags, op.index,
                          StringField(builder, op.session));
  }
};

constexpr char kRestoreCommitIdentifier[] = "KRST";

absl::Status Unknown() { return absl::InvalidArgumentError("unknown command"); }

absl::StatusOr<KvOp> FromFb(const fb::KvOp& op) {
  const auto verb = static_cast<KvVerb>(op.verb());
  if (verb < KvVerb::kSet || verb > KvVerb::kDeleteCas) return Unknown();
  return KvOp{.verb = verb,
              .key = ViewOf(op.key()),
              .value = ViewOf(op.value()),
              .flags = op.flags(),
              .index = op.index(),
              .session = ViewOf(op.session())};
}

absl::StatusOr<NodeOp> FromFb(const fb::NodeOp& op) {
  const auto verb = static_cast<NodeVerb>(op.verb());
  if (verb < NodeVerb::kGet || verb > NodeVerb::kDeleteCas) return Unknown();
  KONSUL_ASSIGN_OR_RETURN(Node node, DecodeNode(ViewOf(op.node())));
  return NodeOp{.verb = verb, .node = std::move(node), .index = op.index()};
}

absl::StatusOr<CheckOp> FromFb(const fb::CheckOp& op) {
  const auto verb = static_cast<NodeVerb>(op.verb());
  if (verb < NodeVerb::kGet || verb > NodeVerb::kDeleteCas) return Unknown();
  KONSUL_ASSIGN_OR_RETURN(const Check check, DecodeCheck(ViewOf(op.check())));
  return CheckOp{.verb = verb, .check = check, .index = op.index()};
}

absl::StatusOr<Txn> FromFb(const fb::Txn& txn) {
  Txn decoded;
  for (size_t i = 0; i < SizeOf(txn.ops()); ++i) {
    const fb::TxnOp& op = *TableAt(txn.ops(), i);
    if (const fb::KvOp* kv = op.body_as_KvOp()) {
      KONSUL_ASSIGN_OR_RETURN(decoded.ops.emplace_back(), FromFb(*kv));
    } else if (const fb::NodeOp* node = op.body_as_NodeOp()) {
      KONSUL_ASSIGN_OR_RETURN(decoded.ops.emplace_back(), FromFb(*node));
    } else if (const fb::CheckOp* check = op.body_as_CheckOp()) {
      KONSUL_ASSIGN_OR_RETURN(decoded.ops.emplace_back(), FromFb(*check));
    } else if (const fb::SessionDestroy* session = op.body_as_SessionDestroy()) {
      decoded.ops.emplace_back(SessionDestroy{ViewOf(session->id())});
    } else {
      return Unknown();
    }
  }
  return decoded;
}

Expire FromFb(const fb::Expire& expire) {
  Expire decoded;
  for (size_t i = 0; i < SizeOf(expire.sessions()); ++i) {
    const auto& each = *TableAt(expire.sessions(), i);
    decoded.sessions.push_back({ViewOf(each.id()), each.renewed()});
  }
  for (size_t i = 0; i < SizeOf(expire.lock_delays()); ++i) {
    const auto& each = *TableAt(expire.lock_delays(), i);
    decoded.lock_delays.push_back({ViewOf(each.key()), each.since()});
  }
  return decoded;
}

absl::StatusOr<Register> FromFb(const fb::Register& reg) {
  Register decoded{.node = {}, .skip_node = reg.skip_node(), .checks = {}};
  KONSUL_ASSIGN_OR_RETURN(decoded.node, DecodeNode(ViewOf(reg.node())));
  for (size_t i = 0; i < SizeOf(reg.checks()); ++i) {
    KONSUL_ASSIGN_OR_RETURN(decoded.checks.emplace_back(),
                            DecodeCheck(ViewOf(TableAt(reg.checks(), i)->bytes())));
  }
  return decoded;
}

}  // namespace

bool Writes(KvVerb verb) {
  switch (verb) {
    case KvVerb::kSet:
    case KvVerb::kCas:
    case KvVerb::kLock:
    case KvVerb::kUnlock:
    case KvVerb::kDelete:
    case KvVerb::kDeleteTree:
    case KvVerb::kDeleteCas:
      return true;
    default:
      return false;
  }
}

std::string EncodeCommand(const Command& command) {
  flatbuffers::FlatBufferBuilder builder;
  const auto* restore = std::get_if<Restore>(&command);
  const bool commits = restore != nullptr && restore->step == RestoreStep::kCommit;
  builder.Finish(std::visit(BodyEncoder{builder}, command),
                 commits ? kRestoreCommitIdentifier : fb::CommandIdentifier());
  return std::string(Finished(builder));
}

absl::StatusOr<Command> DecodeCommand(absl::string_view bytes) {
  const bool commits = CommitsRestore(bytes);
  if (!IsBuffer<fb::Command>(bytes, commits ? kRestoreCommitIdentifier : fb::CommandIdentifier())) {
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
  if (const fb::KvOp* op = command.body_as_KvOp()) return FromFb(*op);
  if (const fb::Txn* txn = command.body_as_Txn()) return FromFb(*txn);
  if (const fb::SessionCreate* create = command.body_as_SessionCreate()) {
    KONSUL_ASSIGN_OR_RETURN(Session session, DecodeSession(ViewOf(create->session())));
    return SessionCreate{std::move(session)};
  }
  if (const fb::SessionDestroy* destroy = command.body_as_SessionDestroy()) {
    return SessionDestroy{ViewOf(destroy->id())};
  }
  if (const fb::SessionRenew* renew = command.body_as_SessionRenew()) {
    return SessionRenew{ViewOf(renew->id())};
  }
  if (const fb::Expire* expire = command.body_as_Expire()) return FromFb(*expire);
  if (const fb::Register* reg = command.body_as_Register()) return FromFb(*reg);
  if (const fb::Deregister* dereg = command.body_as_Deregister()) {
    return Deregister{ViewOf(dereg->node()), ViewOf(dereg->check())};
  }
  if (const fb::EventFire* fire = command.body_as_EventFire()) {
    return EventFire{Event{.id = ViewOf(fire->id()),
                           .name = ViewOf(fire->name()),
                           .payload = ViewOf(fire->payload()),
                           .node_filter = ViewOf(fire->node_filter()),
                           .service_filter = ViewOf(fire->service_filter()),
                           .tag_filter = ViewOf(fire->tag_filter())}};
  }
  if (const fb::Restore* restore = command.body_as_Restore()) {
    const auto step = static_cast<RestoreStep>(restore->step());
    if (step < RestoreStep::kBegin || step > RestoreStep::kAbort) return Unknown();
    if (commits != (step == RestoreStep::kCommit)) return Unknown();
    return Restore{.id = ViewOf(restore->id()),
                   .step = step,
                   .number = restore->number(),
                   .rows = ViewOf(restore->rows())};
  }
  return Unknown();
}

bool CommitsRestore(absl::string_view command) {
  constexpr size_t kAt = sizeof(flatbuffers::uoffset_t);
  return command.size() >= kAt + flatbuffers::kFileIdentifierLength &&
         command.substr(kAt, flatbuffers::kFileIdentifierLength) == kRestoreCommitIdentifier;
}

std::string EncodeCommandResult(const CommandResult& result) {
  flatbuffers::FlatBufferBuilder builder;
  const auto error = StringField(builder, result.error);
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<fb::TxnError>>> errors;
  if (!result.txn_errors.empty()) {
    std::vector<flatbuffers::Offset<fb::TxnError>> offsets;
    for (const TxnError& each : result.txn_errors) {
      offsets.push_back(fb::CreateTxnError(builder, each.op, StringField(builder, each.what)));
    }
    errors = builder.CreateVector(offsets);
  }
  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<fb::TxnResult>>> results;
  if (!result.txn_results.empty()) {
    std::vector<flatbuffers::Offset<fb::TxnResult>> offsets;
    for (const TxnResult& each : result.txn_results) {
      const auto key = BytesField(builder, each.key);
      const auto entry = BytesField(builder, each.entry);
      const auto node = BytesField(builder, each.node);
      const auto check = BytesField(builder, each.check);
      offsets.push_back(fb::CreateTxnResult(builder, key, entry, node, check));
    }
    results = builder.CreateVector(offsets);
  }
  builder.Finish(
      fb::CreateCommandResult(builder, result.success, result.index.value, error, errors, results));
  return std::string(Finished(builder));
}

absl::StatusOr<CommandResult> DecodeCommandResult(absl::string_view bytes) {
  if (!IsBuffer<fb::CommandResult>(bytes)) {
    return absl::InvalidArgumentError("malformed command result");
  }
  const auto& result = *RootOf<fb::CommandResult>(bytes);
  CommandResult decoded{.success = result.success(),
                        .index = Index(result.index()),
                        .error = std::string(ViewOf(result.error()))};
  for (size_t i = 0; i < SizeOf(result.txn_errors()); ++i) {
    const auto& each = *TableAt(result.txn_errors(), i);
    decoded.txn_errors.push_back({each.op(), std::string(ViewOf(each.what()))});
  }
  for (size_t i = 0; i < SizeOf(result.txn_results()); ++i) {
    const auto& each = *TableAt(result.txn_results(), i);
    decoded.txn_results.push_back(
        {std::string(ViewOf(each.key())), std::string(ViewOf(each.entry())),
         std::string(ViewOf(each.node())), std::string(ViewOf(each.check()))});
  }
  return decoded;
}

}  // namespace konsul::wire
