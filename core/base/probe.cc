#include "core/base/probe.h"

namespace konsul::probe {

const std::array<Named, kCount>& Names() {
  static constexpr std::array<Named, kCount> kNames = {{
      {"leader-without-quorum", "a leader steps down since it hears no quorum"},
      {"leader-disk-stalled", "a leader steps down since its disk hangs"},
      {"campaign-awaits-disk", "an election time-out passes while term and vote are being written"},
      {"leader-connection-closed", "a follower hurries since the leader's connection was closed"},
      {"split-vote", "a candidate loses"},
      {"pre-vote-lost", "a pre-vote is lost"},
      {"made-way", "of two who ask each other, one makes way"},
      {"loyal-to-leader", "a vote request is not heard, since a leader is alive"},
      {"loyal-by-promise", "a vote request is not heard, since a leader may hold a lease"},
      {"vote-refused-for-log", "a vote is refused to a log that is behind"},
      {"vote-refused-for-other", "a vote is refused, since another candidate of the term has it"},
      {"vote-refused-without-log", "a vote is refused by a server that has no log yet"},
      {"asked-again", "a voter that has not answered is asked again"},
      {"leader-deposed", "a leader hears of a higher term"},
      {"candidate-deposed", "a candidate finds that another one won"},
      {"stale-request", "a request of an older term is refused"},
      {"older-term-waits", "an older term's entries are on a majority, and are not committed yet"},
      {"append-refused", "an append does not fit the follower's log"},
      {"append-of-known", "an append brings only entries that the follower has"},
      {"conflict-truncated", "a follower's entries give way to the leader's"},
      {"configuration-rolled-back", "a configuration that was in force is truncated"},
      {"write-overload", "a write is refused since too many wait"},
      {"transfer-gave-up", "a leadership transfer takes too long"},
      {"transfer-awaited", "a leadership transfer waits for the successor's log"},
      {"campaign-by-transfer", "a server campaigns because the leader says so"},
      {"leader-removed-itself", "a leader steps down, since it is no voter any more"},
      {"non-voter-campaigns", "a server stands for election that an uncommitted entry removes"},
      {"joint-inherited", "a new leader ends its predecessor's change of the membership"},
      {"retired-refused", "a server that was removed once is refused"},
      {"snapshot-needed", "a follower needs entries that the leader's log has no more"},
      {"snapshot-keeps-log", "a snapshot arrives whose entries are all there"},
      {"snapshot-resets-log", "a snapshot replaces a log"},
      {"snapshot-outdated", "a snapshot arrives that is older than the commit index"},
      {"snapshot-mended", "a leader finds its latest snapshot damaged and writes another"},
      {"snapshot-resumed", "a transfer goes on where the follower says, not where it was sent"},
      {"compacted-under-follower", "a log is cut where a follower still reads"},
      {"read-awaits-own-term", "a read waits until its leader has committed in its own term"},
      {"reads-failed", "reads that waited for confirmation fail with their leader"},
      {"lease-read", "a read is answered by lease"},
      {"lease-ran-out", "a read finds that the lease has run out"},
      {"lease-released", "a read finds the lease given up for a transfer"},
      {"learner-too-slow", "a learner has a round behind it that took too long"},
      {"member-replaced", "a server that lost its data replaces itself under its address"},
      {"membership-without-quorum", "a change is refused that would leave no majority"},
      {"wal-torn-tail", "recovery cuts an interrupted batch"},
      {"wal-damage-found", "recovery finds the log damaged"},
      {"forwarded-write-retried", "a write is tried once more, since it certainly did not happen"},
  }};
  static_assert(!kNames.back().name.empty(), "a probe without a name");
  return kNames;
}

}  // namespace konsul::probe
