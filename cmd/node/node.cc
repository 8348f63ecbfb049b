#include "cmd/node/node.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cmd/node/storage.h"
#include "core/api/blocking.h"
#include "core/api/long_reads.h"
#include "core/api/stream.h"
#include "core/base/status.h"
#include "core/server/expirer.h"
#include "core/server/registrar.h"
#include "core/state/change_log.h"
#include "core/state/watch_index.h"
#include "net/api/routes.h"
#include "net/api/snapshot_routes.h"
#include "net/http/server.h"
#include "net/rpc/rpc_server.h"
#include "net/rpc/rpc_transport.h"

namespace konsul::node {
namespace {

// For requests under way, when the node stops in good order.
constexpr Duration kDrainTimeout = 5s;
// For clients that send one request after the other: the next one is answered and tells them.
constexpr Duration kDrainGrace = 100ms;

absl::StatusOr<std::unique_ptr<env::Listener>> Listen(const env::Env& env,
                                                      const env::Endpoint& address,
                                                      absl::string_view what,
                                                      absl::string_view flags) {
  absl::StatusOr<std::unique_ptr<env::Listener>> listener = env.network.Listen(address);
  if (listener.ok()) return listener;
  return Annotate(listener.status(), absl::StrCat("cannot serve ", what, " at ", address.ToString(),
                                                  " (", flags, ")"));
}

StorageOptions StorageOptionsOf(const Options& options) {
  return {options.name, options.wal_segment_bytes, options.tables_path, options.tables_in_memory,
          options.boot_id};
}

// Suspends until the node has to end: its failure, OK when it was asked to and is ready, Cancelled.
absl::Status AwaitEnd(const env::Env& env, const Options& options, server::Server& server,
                      http::Server& http_server) {
  absl::Status failure;
  bool stopped = false;
  fiber::Condition ended(env.scheduler);
  fiber::Group watchers(env.scheduler);
  watchers.Spawn("failure", [&] {
    failure = server.WaitForFailure();
    ended.NotifyAll();
  });
  watchers.Spawn("stop", [&] {
    if (options.stop == nullptr || !options.stop->Await().ok()) return;
    env.logger.Info("server", "stopping in good order");
    server.PrepareToStop();
    (void)http_server.Stop(env.After(kDrainTimeout));
    stopped = true;
    ended.NotifyAll();
  });
  KONSUL_RETURN_IF_ERROR(ended.Await([&] { return stopped || !failure.ok(); }));
  return failure;
}

// A leader counts as known as long as this server hears from it.
server::Expirer::Office OfficeOf(const server::ServerStats& stats, const raft::Options& raft) {
  return {.is_leader = stats.role == raft::Role::kLeader,
          .leader_known = stats.leader != NodeId() && stats.last_contact < raft.election_timeout};
}

api::HttpLoad LoadOf(const http::Server* server) {
  if (server == nullptr) return {};
  const http::ServerStats& stats = server->stats();
  return {.connections = server->connection_count(),
          .parked = server->parked_count(),
          .request_bytes = server->request_bytes(),
          .accepted = stats.accepted,
          .refused = stats.refused,
          .requests = stats.requests,
          .malformed = stats.malformed,
          .timed_out = stats.timed_out};
}

}  // namespace

absl::Status Run(const env::Env& env, const Options& options) {
  // Ports first: a second server on the same ports must not touch the data.
  KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::Listener> rpc_listener,
                          Listen(env, options.server_address, "servers", "-bind and -server-port"));
  KONSUL_ASSIGN_OR_RETURN(std::unique_ptr<env::Listener> http_listener,
                          Listen(env, options.http_address, "HTTP", "-client and -http-port"));

  // Whoever watches the tables ends before they do.
  state::WatchIndex watches(env.scheduler);
  state::ChangeLog changes(env.scheduler, options.changes);
  Storage storage(env.scheduler);
  KONSUL_RETURN_IF_ERROR(storage.Open(env, StorageOptionsOf(options)));

  server::Options server_options;
  server_options.id = storage.identity().id;
  server_options.cluster = storage.identity().cluster;
  server_options.name = options.name;
  server_options.address = rpc_listener->local();
  server_options.bootstrap_expect = options.bootstrap_expect;
  server_options.retry_join = options.retry_join;
  server_options.raft = options.raft;
  server_options.snapshots = options.snapshots;
  server_options.observer = options.observer;
  const std::unique_ptr<server::Server> server = server::Server::Create(
      env, server_options,
      {storage.log(), storage.TakeRecovered(), storage.machine(), storage.snapshots(),
       [&](ClusterId cluster) { return storage.StoreCluster(cluster); }});

  api::Options api_options;
  api_options.health.last_contact_max *= options.patience;
  api_options.datacenter = options.datacenter;
  api_options.version = options.version;
  api_options.restore_piece_bytes = options.restore_piece_bytes;
  api_options.session_ttl_min = options.session_ttl_min;
  storage.machine().PublishTo(watches);
  storage.machine().RecordIn(changes);
  api::Blocking blocking(env, watches);
  api::Streams streams(env, changes, options.streams);
  api::LongReads long_reads(env.scheduler, {});
  api::IdSource ids(env.random);
  server::Expirer expirer(
      {env.clock, env.scheduler, env.logger}, *server, storage.tables(), watches,
      [&] { return OfficeOf(server->Stats(), options.raft); }, options.raft.clock_drift_max_ppm);
  server::Registrar registrar({env.clock, env.scheduler, env.logger}, *server, *server,
                              storage.tables(), options.datacenter, options.version);
  const http::Server* serving = nullptr;
  const net_api::Routes routes({*server, *server, storage.tables(), env.clock, api_options,
                                &blocking, &ids, &streams, &long_reads, options.process,
                                [&serving] { return LoadOf(serving); }});
  const http::AccessLogOptions access_defaults;
  http::AccessLog access_log(env,
                             options.access_log == nullptr ? access_defaults : *options.access_log);
  http::ServerOptions http_options;
  http_options.uploads = net_api::BringsArchive;
  http_options.drain_grace = kDrainGrace;
  http::Server http_server(env, http_options, access_log.Around(routes.handler()));
  serving = &http_server;

  absl::Status status;
  {
    // The fibers use everything above, so they end first. Links are in a group of their own because
    // the server's fibers send through them until they end.
    fiber::Group links(env.scheduler);
    const rpc::Patience patience = rpc::Patience{}.Times(options.patience);
    rpc::RpcTransport transport(env, *server, links, patience);
    rpc::RpcServer rpc_server(
        env, *server, [&](NodeId peer) { transport.PeerIsUp(peer); }, patience);
    fiber::Group fibers(env.scheduler);
    server->Start(transport, fibers);
    fibers.Spawn("expirer", [&] { expirer.Run(); });
    fibers.Spawn("registrar", [&] { registrar.Run(); });
    fibers.Spawn("rpc-server", [&] { (void)rpc_server.Serve(*rpc_listener); });
    fibers.Spawn("http-server", [&, listener = std::move(http_listener)]() mutable {
      (void)http_server.Serve(std::move(listener));
    });
    env.logger.Info(
        "server", "serving",
        {{"http", options.http_address.ToString()}, {"rpc", server_options.address.ToString()}});
    if (options.on_serving) options.on_serving();
    status = AwaitEnd(env, options, *server, http_server);
    // Handlers first: they wait for the server's fibers.
    (void)http_server.Stop(Instant::Past());
    fibers.Cancel();
    fibers.Join();
    links.Cancel();
    links.Join();
  }
  return absl::IsCancelled(status) ? absl::OkStatus() : status;
}

}  // namespace konsul::node
