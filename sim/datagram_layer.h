// Datagrams between the hosts of a world, and the sockets they are sent from. The fault model is in
// network.h.
#ifndef KONSUL_SIM_DATAGRAM_LAYER_H_
#define KONSUL_SIM_DATAGRAM_LAYER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "core/env/network.h"
#include "core/fiber/scheduler.h"
#include "sim/engine.h"
#include "sim/life.h"
#include "sim/network.h"
#include "sim/port_table.h"
#include "sim/topology.h"

namespace konsul::sim {

class DatagramLayer;

class SimDatagramSocket : public env::DatagramSocket {
 public:
  // What UDP over IPv4 can carry (RFC 768, RFC 791).
  static constexpr size_t kMaxSize = 65'507;

  SimDatagramSocket(DatagramLayer& layer, Life& life, env::Endpoint at);
  ~SimDatagramSocket() override { Close(); }

  absl::StatusOr<env::Datagram> Receive(Instant deadline) override;
  absl::Status Send(const env::Endpoint& to, absl::string_view data) override;
  void Close() override;
  const env::Endpoint& local() const override { return local_; }

  // What one costs the buffer besides its bytes, so that empty ones fill it as well; as Linux,
  // about.
  static constexpr size_t kOverhead = 512;

  // For DatagramLayer: false when the buffer is full.
  bool Deliver(env::Datagram datagram, size_t buffer_limit);
  void CutOff() { closed_ = true; }

 private:
  DatagramLayer& layer_;
  Life& life_;
  const env::Endpoint local_;
  bool closed_ = false;
  size_t buffered_ = 0;
  std::deque<env::Datagram> received_;
  fiber::WaitList receivable_;
};

class DatagramLayer : private EventTarget {
 public:
  DatagramLayer(Engine& engine, Topology& topology, const NetworkOptions& options,
                NetworkCounters& counters)
      : engine_(engine), topology_(topology), options_(options), counters_(counters) {}

  void AddMachine() { sockets_.emplace_back(); }

  bool PortTaken(HostId host, const env::Endpoint& at) const;
  void Bind(HostId host, const env::Endpoint& at, SimDatagramSocket* socket);
  void Unbind(HostId host, const env::Endpoint& at);
  void Send(HostId from, const env::Endpoint& source, const env::Endpoint& to,
            absl::string_view data);
  // The process of `host` is gone.
  void CutOff(HostId host);

 private:
  struct UnderWay {
    HostId from;
    HostId to;
    env::Endpoint source;
    env::Endpoint target;
    std::string data;
  };

  void OnEvent(uint32_t what, uint64_t arg) override;
  void Launch(Link& link, UnderWay datagram);
  void Dropped(const UnderWay& datagram, const char* why);
  void Record(const UnderWay& datagram, EventKind kind, const char* what);

  Engine& engine_;
  Topology& topology_;
  const NetworkOptions& options_;
  NetworkCounters& counters_;
  std::deque<UnderWay> under_way_;
  std::vector<uint32_t> free_;
  std::vector<PortTable<SimDatagramSocket>> sockets_;  // by host
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_DATAGRAM_LAYER_H_
