#include "sim/datagram_layer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/check.h"
#include "core/base/status.h"

namespace konsul::sim {
namespace {

constexpr uint64_t kMillion = 1'000'000;

// No draw for a fault that is off, so that switching one on reshuffles nothing before it fires.
bool Strikes(env::Random& random, uint32_t ppm) { return ppm > 0 && random.Chance(ppm, kMillion); }

}  // namespace

SimDatagramSocket::SimDatagramSocket(DatagramLayer& layer, Life& life, env::Endpoint at)
    : layer_(layer), life_(life), local_(std::move(at)), receivable_(life.scheduler) {}

absl::StatusOr<env::Datagram> SimDatagramSocket::Receive(Instant deadline) {
  while (true) {
    KONSUL_RETURN_IF_ERROR(life_.Check());
    if (closed_) {
      return absl::UnavailableError(absl::StrCat("socket ", local_.ToString(), " closed"));
    }
    if (!received_.empty()) {
      env::Datagram datagram = std::move(received_.front());
      received_.pop_front();
      buffered_ -= datagram.data.size() + kOverhead;
      return datagram;
    }
    KONSUL_RETURN_IF_ERROR(receivable_.Wait(deadline));
  }
}

absl::Status SimDatagramSocket::Send(const env::Endpoint& to, absl::string_view data) {
  KONSUL_RETURN_IF_ERROR(life_.Check());
  if (closed_) {
    return absl::UnavailableError(absl::StrCat("socket ", local_.ToString(), " closed"));
  }
  if (!IsNumericAddress(to.host)) {
    return absl::InvalidArgumentError(absl::StrCat("send to ", to.ToString(), ": not an address"));
  }
  const auto is_v6 = [](const env::Endpoint& e) { return absl::StrContains(e.host, ':'); };
  if (to.port == 0 || is_v6(to) != is_v6(local_)) {
    return absl::InvalidArgumentError(
        absl::StrCat("send from ", local_.ToString(), " to ", to.ToString(), ": Invalid argument"));
  }
  if (data.size() > kMaxSize) {
    return absl::InvalidArgumentError(
        absl::StrCat("datagram of ", data.size(), " bytes to ", to.ToString(), " is too long"));
  }
  layer_.Send(life_.host, local_, to, data);
  return absl::OkStatus();
}

void SimDatagramSocket::Close() {
  if (closed_) return;
  closed_ = true;
  if (life_.alive) layer_.Unbind(life_.host, local_);
  receivable_.WakeAll();
}

bool SimDatagramSocket::Deliver(env::Datagram datagram, size_t buffer_limit) {
  const size_t cost = datagram.data.size() + kOverhead;
  if (buffered_ + cost > buffer_limit) return false;
  buffered_ += cost;
  received_.push_back(std::move(datagram));
  receivable_.WakeOne();
  return true;
}

bool DatagramLayer::PortTaken(HostId host, const env::Endpoint& at) const {
  return sockets_[host.value - 1].Taken(at);
}

void DatagramLayer::Bind(HostId host, const env::Endpoint& at, SimDatagramSocket* socket) {
  sockets_[host.value - 1].Add(at, socket);
}

void DatagramLayer::Unbind(HostId host, const env::Endpoint& at) {
  sockets_[host.value - 1].Remove(at);
}

void DatagramLayer::CutOff(HostId host) {
  sockets_[host.value - 1].Drain([](SimDatagramSocket* socket) { socket->CutOff(); });
}

void DatagramLayer::Send(HostId from, const env::Endpoint& source, const env::Endpoint& to,
                         absl::string_view data) {
  ++counters_.datagrams_sent;
  UnderWay datagram{from, topology_.Find(from, to.host), source, to, std::string(data)};
  if (source.host == kAnyAddress) datagram.source.host = topology_.SourceFor(from, to.host);
  if (datagram.to == HostId()) return;  // nobody has this address
  Link& link = topology_.link(from, datagram.to);
  if (topology_.Blocked(from, datagram.to)) return Dropped(datagram, "cut");
  if (Strikes(link.random, link.faults.loss_ppm)) return Dropped(datagram, "lost");
  if (!data.empty() && Strikes(link.random, link.faults.corrupt_ppm)) {
    const uint64_t bit = link.random.Below(data.size() * 8);
    datagram.data[bit / 8] = static_cast<char>(datagram.data[bit / 8] ^ (1 << (bit % 8)));
  }
  if (data.size() > link.faults.mtu && Strikes(link.random, link.faults.truncate_ppm)) {
    datagram.data.resize(link.faults.mtu);
  }
  if (Strikes(link.random, link.faults.duplicate_ppm)) Launch(link, datagram);
  Launch(link, std::move(datagram));
}

void DatagramLayer::Launch(Link& link, UnderWay datagram) {
  Time arrival = link.Arrival(engine_.now(), datagram.data.size());
  if (Strikes(link.random, link.faults.reorder_ppm)) {
    const auto most = static_cast<uint64_t>(link.faults.reorder_max.count()) + 1;
    arrival = arrival + Duration(static_cast<int64_t>(link.random.Below(most)));
  }
  uint32_t slot;
  if (free_.empty()) {
    slot = static_cast<uint32_t>(under_way_.size());
    under_way_.push_back(std::move(datagram));
  } else {
    slot = free_.back();
    free_.pop_back();
    under_way_[slot] = std::move(datagram);
  }
  engine_.Schedule(arrival, this, 0, slot);
}

void DatagramLayer::OnEvent(uint32_t, uint64_t arg) {
  const auto slot = static_cast<uint32_t>(arg);
  UnderWay& waiting = under_way_[slot];
  const Link& link = topology_.link(waiting.from, waiting.to);
  const bool blocked = topology_.Blocked(waiting.from, waiting.to);
  if (!blocked && link.clogged_until > engine_.now()) {
    engine_.Schedule(link.clogged_until, this, 0, slot);
    return;
  }
  UnderWay datagram = std::move(waiting);
  free_.push_back(slot);
  if (blocked) return Dropped(datagram, "cut");
  SimDatagramSocket* socket = sockets_[datagram.to.value - 1].Find(datagram.target);
  if (socket == nullptr) return Dropped(datagram, "nobody there");
  Record(datagram, EventKind::kDatagram, "datagram");
  ++counters_.datagrams_delivered;
  counters_.datagram_bytes += datagram.data.size();
  if (!socket->Deliver({datagram.source, std::move(datagram.data)}, options_.datagram_buffer)) {
    --counters_.datagrams_delivered;
  }
}

void DatagramLayer::Dropped(const UnderWay& datagram, const char* why) {
  Record(datagram, EventKind::kDrop, why);
}

void DatagramLayer::Record(const UnderWay& datagram, EventKind kind, const char* what) {
  engine_.trace().Add(
      engine_.now(), datagram.to, kind, HashContent(datagram.data, datagram.from.value),
      topology_.link(datagram.from, datagram.to).random.draws(), [&] {
        return absl::StrCat(what, " ", datagram.source.ToString(), " > ",
                            datagram.target.ToString(), " ", datagram.data.size(), " bytes");
      });
}

}  // namespace konsul::sim
