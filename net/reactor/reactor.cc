#include "net/reactor/reactor.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/check.h"
#include "net/reactor/errors.h"

namespace konsul::reactor {
namespace {

constexpr int kEventsPerTurn = 256;
// epoll_wait counts milliseconds in an int.
constexpr Duration kLongestSleep = 1h;

}  // namespace

Reactor::Reactor(const env::Clock& clock, fiber::Scheduler& scheduler)
    : clock_(clock), scheduler_(scheduler) {
  signal(SIGPIPE, SIG_IGN);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  KONSUL_CHECK(epoll_ >= 0, "epoll_create1: ", ErrnoText(errno));
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  KONSUL_CHECK(wake_ >= 0, "eventfd: ", ErrnoText(errno));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;
  KONSUL_CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0, ErrnoText(errno));
}

Reactor::~Reactor() {
  DeliverArrivals();
  close(wake_);
  close(epoll_);
}

void Reactor::RunUntil(const std::function<bool()>& done) {
  while (true) {
    scheduler_.RunTurn(clock_.Now(), kSwitchesPerTurn);
    if (done()) return;
    CollectEvents();
  }
}

absl::Status Reactor::Watch(int fd, EventSink* sink) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = sink;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) {
    return SocketError("epoll_ctl", errno);
  }
  return absl::OkStatus();
}

void Reactor::Post(Arrival* arrival) {
  arrival->next_ = arrivals_.load(std::memory_order_relaxed);
  while (!arrivals_.compare_exchange_weak(arrival->next_, arrival)) {
  }
  // Pairs with CollectEvents(): either we see it asleep, or it sees the arrival before it sleeps.
  if (asleep_.exchange(false)) {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof(one));
  }
}

absl::Status Reactor::GiveWay() {
  if (scheduler_.cancelled()) return absl::CancelledError("fiber cancelled");
  if (scheduler_.switches() != last_switch_) {
    last_switch_ = scheduler_.switches();
    operations_ = 0;
    return absl::OkStatus();
  }
  if (++operations_ < kOperationsInOneGo || scheduler_.current() == nullptr) {
    return absl::OkStatus();
  }
  return scheduler_.Yield();
}

void Reactor::CollectEvents() {
  Duration at_most = Duration::zero();
  if (!scheduler_.HasRunnable()) {
    const Instant next = scheduler_.NextDeadline();
    const Instant now = clock_.Now();
    if (next > now) {
      at_most = std::min<Duration>(next - now, kLongestSleep);
      asleep_.store(true);
      if (arrivals_.load() != nullptr) at_most = Duration::zero();
    }
  }
  epoll_event events[kEventsPerTurn];
  const int count = Wait(events, kEventsPerTurn, at_most);
  asleep_.store(false, std::memory_order_relaxed);
  for (int i = 0; i < count; ++i) {
    if (events[i].data.ptr != nullptr) {
      static_cast<EventSink*>(events[i].data.ptr)->OnEvents(events[i].events);
    }
  }
  DeliverArrivals();
}

int Reactor::Wait(epoll_event* events, int limit, Duration at_most) {
  if (at_most == Duration::zero()) return std::max(0, epoll_wait(epoll_, events, limit, 0));
  if (has_pwait2_) {
    const timespec timeout{.tv_sec = static_cast<time_t>(at_most / 1s),
                           .tv_nsec = static_cast<long>((at_most % 1s).count())};
    const int count = epoll_pwait2(epoll_, events, limit, &timeout, nullptr);
    if (count >= 0 || errno == EINTR) return std::max(0, count);
    has_pwait2_ = false;  // Linux before 5.11, or a sandbox that does not know it
  }
  const int ms = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(at_most).count());
  return std::max(0, epoll_wait(epoll_, events, limit, ms));
}

void Reactor::DeliverArrivals() {
  Arrival* newest = arrivals_.exchange(nullptr);
  Arrival* oldest = nullptr;
  while (newest != nullptr) {
    Arrival* next = newest->next_;
    newest->next_ = oldest;
    oldest = newest;
    newest = next;
  }
  while (oldest != nullptr) {
    Arrival* next = oldest->next_;  // before Deliver(), which may delete it
    oldest->Deliver();
    oldest = next;
  }
}

}  // namespace konsul::reactor
