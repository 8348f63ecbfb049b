// Scripts that complete konsulctl's command lines, made from the descriptions of its commands.
#ifndef KONSUL_CMD_KONSULCTL_COMPLETION_H_
#define KONSUL_CMD_KONSULCTL_COMPLETION_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cmd/konsulctl/command.h"

namespace konsul::ctl {

// What may follow some words: "kv" is followed by "get" and "put".
struct WordTree {
  // By the words before, joined by blanks: the next word, and a line about it. In their order.
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> next;
};
WordTree TreeOf(const std::vector<Command>& commands);

std::string BashCompletion(const std::vector<Command>& commands);
std::string ZshCompletion(const std::vector<Command>& commands);
std::string FishCompletion(const std::vector<Command>& commands);

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_COMPLETION_H_
