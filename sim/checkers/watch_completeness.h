// Nobody who watches sleeps through a change.
//
// A watcher asks for its key or prefix again and again, each time for what is newer than the index
// it was told last. It must be told indexes that never go back, and nothing else under an index
// that it has been told before; and once the cluster works and nothing changes any more, it must
// have been told what there is. The runner makes the changes that the last part is about itself
// (sim/workloads/watcher.h), because what happens under faults may be excused by them.
//
// That each answer by itself is true is the linearizability checker's concern.
#ifndef KONSUL_SIM_CHECKERS_WATCH_COMPLETENESS_H_
#define KONSUL_SIM_CHECKERS_WATCH_COMPLETENESS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/checkers/findings.h"

namespace konsul::checkers {

// Reports as "watch-completeness". Owned by the runner.
class WatchCompleteness {
 public:
  using Values = std::map<std::string, std::string>;  // by key

  explicit WatchCompleteness(Findings& findings) : findings_(findings) {}

  // A watcher of one key, or of all keys that begin with it; its number.
  size_t Add(std::string key, bool prefix);
  // It was told by `server` that this is all there is, as of `index`.
  void OnAnswer(size_t watcher, const std::string& server, uint64_t index, Values values);

  // The index that it was told last, 0 before the first.
  uint64_t index(size_t watcher) const { return watchers_[watcher].index; }
  const std::string& key(size_t watcher) const { return watchers_[watcher].key; }
  bool prefix(size_t watcher) const { return watchers_[watcher].prefix; }
  size_t size() const { return watchers_.size(); }

  // Somebody who knows something else than `values`, and what; empty: there is nobody.
  std::string WhoIsBehind(const Values& values) const;

 private:
  struct Watcher {
    std::string key;
    bool prefix = false;
    uint64_t index = 0;
    std::string server;
    Values values;
  };
  std::string Name(size_t watcher) const;

  Findings& findings_;
  std::vector<Watcher> watchers_;
};

}  // namespace konsul::checkers

#endif  // KONSUL_SIM_CHECKERS_WATCH_COMPLETENESS_H_
