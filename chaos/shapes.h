// Who is cut off from whom in a partition of some shape. Pure: a shape and a draw make links, and
// the links are what is on record.
#ifndef KONSUL_CHAOS_SHAPES_H_
#define KONSUL_CHAOS_SHAPES_H_

#include <set>
#include <string>
#include <vector>

#include "chaos/experiment.h"
#include "core/env/random.h"

namespace konsul::chaos {

// How many nodes a shape needs.
size_t NodesOf(Shape shape);
// Not kNone. `nodes` are at least NodesOf(shape). With Direction::kBoth nothing passes between two
// parts; otherwise one of the two ways stays open. A ring is what it is in every direction: with an
// even majority some links of it are cut in one direction only.
std::set<Link> LinksOf(Shape shape, Direction direction, std::vector<std::string> nodes,
                       env::Random& random);

// Fisher-Yates.
void Shuffle(std::vector<std::string>& names, env::Random& random);

}  // namespace konsul::chaos

#endif  // KONSUL_CHAOS_SHAPES_H_
