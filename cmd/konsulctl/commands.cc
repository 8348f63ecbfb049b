#include "cmd/konsulctl/commands.h"

namespace konsul::ctl {

std::vector<Command> Commands() {
  return {KvGet(),           KvPut(),           KvDelete(),
          KvList(),          KvExport(),        KvImport(),
          SessionCreate(),   SessionRenew(),    SessionDestroy(),
          SessionInfo(),     SessionNode(),     SessionList(),
          TxnCommand(),      EventFire(),       EventList(),
          WatchCommand(),    LockCommand(),     SnapshotSave(),
          SnapshotRestore(), SnapshotInspect(), SnapshotDiff(),
          StatusCommand(),   InfoCommand(),     ClusterStatus(),
          ClusterPeers(),    ClusterJoin(),     ClusterLeave(),
          ClusterSnapshot(), RaftListPeers(),   RaftTransferLeader(),
          RaftRemovePeer(),  VersionCommand(),  CompletionCommand(),
          ManCommand()};
}

}  // namespace konsul::ctl
