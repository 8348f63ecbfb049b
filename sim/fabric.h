// The state behind sim::Network: who is where, and what is on its way.
#ifndef KONSUL_SIM_FABRIC_H_
#define KONSUL_SIM_FABRIC_H_

#include <string>

#include "sim/datagram_layer.h"
#include "sim/engine.h"
#include "sim/network.h"
#include "sim/stream_layer.h"
#include "sim/topology.h"

namespace konsul::sim {

class Fabric {
 public:
  Fabric(Engine& engine, const NetworkOptions& o)
      : options(o),
        topology(engine, options),
        streams(engine, topology, options, counters),
        datagrams(engine, topology, options, counters) {}

  void AddMachine(HostId id, const std::string& ip) {
    topology.AddMachine(id, ip);
    streams.AddMachine();
    datagrams.AddMachine();
  }
  // The process of `host` is gone, with a goodbye of its kernel or, without power, in silence.
  void CutOff(HostId host, bool lose_power) {
    streams.CutOff(host, lose_power);
    datagrams.CutOff(host);
  }
  void SetPowered(HostId host, bool powered) {
    topology.SetPowered(host, powered);
    if (powered) streams.ReleaseHeld();
  }

  NetworkOptions options;
  NetworkCounters counters;
  Topology topology;
  StreamLayer streams;
  DatagramLayer datagrams;
};

}  // namespace konsul::sim

#endif  // KONSUL_SIM_FABRIC_H_
