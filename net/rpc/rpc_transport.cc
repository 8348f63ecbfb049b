#include "net/rpc/rpc_transport.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status.h"

namespace konsul::rpc {

RpcTransport::RpcTransport(const env::Env& env, server::TransportHandler& handler,
                           fiber::Group& group)
    : env_(env), handler_(handler), group_(group) {}

void RpcTransport::Send(raft::Message message) {
  const auto it = links_.find(message.to);
  if (it != links_.end()) it->second->Send(std::move(message));
}

void RpcTransport::Learn(NodeId id, const env::Endpoint& address) {
  std::unique_ptr<PeerLink>& link = links_[id];
  if (link != nullptr) {
    link->SetAddress(address);
    return;
  }
  link = std::make_unique<PeerLink>(env_, handler_, id, address);
  group_.Spawn(absl::StrCat("peer-", ToHex(id.value)), [link = link.get()] { link->Run(); });
}

absl::StatusOr<server::Introduction> RpcTransport::Introduce(const env::Endpoint& address,
                                                             Instant deadline) {
  KONSUL_ASSIGN_OR_RETURN(Introduced introduced,
                          DialAndIntroduce(env_, address, handler_, deadline));
  introduced.connection->Close();
  return std::move(introduced.peer);
}

absl::StatusOr<server::ExecuteReply> RpcTransport::Execute(NodeId to,
                                                           server::ExecuteRequest request,
                                                           Instant deadline) {
  return Call<server::ExecuteReply>(to, std::move(request), deadline);
}

absl::StatusOr<server::ReadIndexReply> RpcTransport::ReadIndex(NodeId to,
                                                               server::ReadIndexRequest request,
                                                               Instant deadline) {
  return Call<server::ReadIndexReply>(to, request, deadline);
}

template <typename Reply>
absl::StatusOr<Reply> RpcTransport::Call(NodeId to, Body request, Instant deadline) {
  const auto it = links_.find(to);
  if (it == links_.end()) {
    return absl::UnavailableError(absl::StrCat("server ", ToHex(to.value), " is not known here"));
  }
  absl::StatusOr<Body> body = it->second->Call(std::move(request), deadline);
  if (!body.ok()) return body.status();
  auto* reply = std::get_if<Reply>(&*body);
  if (reply == nullptr) return absl::InternalError("the peer answered another question");
  return std::move(*reply);
}

}  // namespace konsul::rpc
