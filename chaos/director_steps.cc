// Faults that are made of several steps: flapping, swizzling, rolling restarts.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chaos/director.h"
#include "chaos/shapes.h"

namespace konsul::chaos {
namespace {

const Node* Find(const Inventory& inventory, const std::string& name) {
  const auto it = std::find_if(inventory.begin(), inventory.end(),
                               [&](const Node& node) { return node.name == name; });
  return it == inventory.end() ? nullptr : &*it;
}

}  // namespace

void Director::BeginSteps(Duration now, Injection injection, const Inventory& inventory,
                          env::Random& random, std::vector<Injection>& out) {
  if (injection.kind != Injection::Kind::kSkipped) {
    const auto* pod = std::get_if<PodChaos>(&injection.body);
    if (pod != nullptr && pod->rolling) return StartRolling(now, injection, random);
    const auto* network = std::get_if<NetworkChaos>(&injection.body);
    if (network != nullptr && network->swizzle) return Swizzle(now, injection, random);
    if (network != nullptr && network->flap > Duration::zero()) {
      return Flap(now, injection, network->flap);
    }
  }
  Admit(now, std::move(injection), inventory, out);
}

void Director::Flap(Duration now, const Injection& whole, Duration period) {
  const Duration end = now + std::min(experiment_.duration - now, whole.lasts);
  uint64_t number = 0;
  for (Duration at = now; at < end; at += period) {
    Injection step = whole;
    step.occurrence = absl::StrCat(whole.occurrence, "/", number++);
    step.lasts = std::min(std::max(Duration(1ms), period / 2), end - at);
    steps_.emplace(at, std::move(step));
  }
}

// A third of the time to cut one after the other, a third to bring them back.
void Director::Swizzle(Duration now, const Injection& whole, env::Random& random) {
  const Duration lasts = std::min(experiment_.duration - now, whole.lasts);
  const Duration pace = lasts / static_cast<int64_t>(3 * whole.targets.size());
  std::vector<std::string> order = whole.targets;
  std::vector<std::string> back = whole.targets;
  Shuffle(order, random);
  Shuffle(back, random);
  for (size_t i = 0; i < order.size(); ++i) {
    Injection step = whole;
    step.occurrence = absl::StrCat(whole.occurrence, "/", order[i]);
    step.targets = {order[i]};
    std::erase_if(step.links,
                  [&](const Link& link) { return link.from != order[i] && link.to != order[i]; });
    const auto turn = std::find(back.begin(), back.end(), order[i]) - back.begin();
    const Duration at = now + pace * static_cast<int64_t>(i);
    const Duration end = now + lasts - pace * (static_cast<int64_t>(back.size()) - 1 - turn);
    step.lasts = std::max(Duration(1ms), end - at);
    steps_.emplace(at, std::move(step));
  }
}

void Director::StartRolling(Duration now, const Injection& whole, env::Random& random) {
  Rolling rolling{whole, *std::get<PodChaos>(whole.body).restart_after, random, whole.targets};
  rolling.step.targets.clear();
  Shuffle(rolling.left, rolling.random);
  rolling.look_at = now;
  rolling_.push_back(std::move(rolling));
}

bool Director::Roll(Duration now, Rolling& rolling, const Inventory& inventory,
                    std::vector<Injection>& out) {
  if (now < rolling.look_at) return true;
  rolling.look_at = now + kRollingPoll;
  if (!rolling.waits_for.empty()) {
    const Node* former = Find(inventory, rolling.waits_for);
    // A machine that was retired meanwhile is not waited for.
    if (former != nullptr && !(former->running && former->serving)) return true;
    rolling.waits_for.clear();
  }
  while (!rolling.left.empty() && Find(inventory, rolling.left.back()) == nullptr) {
    rolling.left.pop_back();
  }
  if (rolling.left.empty()) return false;
  if (!Find(inventory, rolling.left.back())->running) return true;
  Injection step = rolling.step;
  step.targets = {rolling.left.back()};
  if (!Exceeds(step, inventory).empty()) return true;
  step.occurrence = absl::StrCat(rolling.step.occurrence, "/", rolling.done++);
  step.lasts = DrawIn(rolling.restart_after, rolling.random);
  rolling.waits_for = rolling.left.back();
  rolling.left.pop_back();
  Admit(now, std::move(step), inventory, out);
  return true;
}

}  // namespace konsul::chaos
