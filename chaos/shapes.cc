#include "chaos/shapes.h"

#include <utility>

namespace konsul::chaos {
namespace {

using Names = std::vector<std::string>;

void Part(const Names& a, const Names& b, Direction direction, std::set<Link>& out) {
  for (const std::string& x : a) {
    for (const std::string& y : b) {
      if (direction != Direction::kFrom) out.insert({x, y});
      if (direction != Direction::kTo) out.insert({y, x});
    }
  }
}

Names Slice(const Names& names, size_t begin, size_t end) {
  return {names.begin() + static_cast<ptrdiff_t>(begin),
          names.begin() + static_cast<ptrdiff_t>(end)};
}

// Everybody hears the majority of which it is the middle, and nobody else.
std::set<Link> Ring(const Names& names) {
  const size_t n = names.size();
  const size_t majority = n / 2 + 1;
  std::set<Link> out;
  for (size_t first = 0; first < n; ++first) {
    const std::string& middle = names[(first + majority / 2) % n];
    for (size_t i = majority; i < n; ++i) out.insert({names[(first + i) % n], middle});
  }
  return out;
}

}  // namespace

size_t NodesOf(Shape shape) {
  if (shape == Shape::kNone) return 1;
  return shape == Shape::kRing || shape == Shape::kBridge || shape == Shape::kMajority ? 3 : 2;
}

void Shuffle(Names& names, env::Random& random) {
  for (size_t i = names.size(); i > 1; --i) std::swap(names[i - 1], names[random.Below(i)]);
}

std::set<Link> LinksOf(Shape shape, Direction direction, Names nodes, env::Random& random) {
  Shuffle(nodes, random);
  const size_t n = nodes.size();
  std::set<Link> out;
  if (shape == Shape::kRing) return Ring(nodes);
  if (shape == Shape::kBridge) {
    // The last one is the bridge.
    const size_t half = (n - 1) / 2;
    Part(Slice(nodes, 0, half), Slice(nodes, half, n - 1), direction, out);
    return out;
  }
  size_t size = 1;
  if (shape == Shape::kSplit) size = 1 + random.Below(n - 1);
  if (shape == Shape::kMajority) size = 1 + random.Below((n - 1) / 2);
  Part(Slice(nodes, 0, size), Slice(nodes, size, n), direction, out);
  return out;
}

}  // namespace konsul::chaos
