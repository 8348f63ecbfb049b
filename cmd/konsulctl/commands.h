// All commands there are.
#ifndef KONSUL_CMD_KONSULCTL_COMMANDS_H_
#define KONSUL_CMD_KONSULCTL_COMMANDS_H_

#include <vector>

#include "cmd/konsulctl/command.h"

namespace konsul::ctl {

Command KvGet();
Command KvPut();
Command KvDelete();
Command KvList();
Command KvExport();
Command KvImport();
Command SessionCreate();
Command SessionRenew();
Command SessionDestroy();
Command SessionInfo();
Command SessionNode();
Command SessionList();
Command TxnCommand();
Command EventFire();
Command EventList();
Command WatchCommand();
Command LockCommand();
Command SnapshotSave();
Command SnapshotRestore();
Command SnapshotInspect();
Command SnapshotDiff();
Command StatusCommand();
Command InfoCommand();
Command ClusterStatus();
Command ClusterPeers();
Command ClusterJoin();
Command ClusterLeave();
Command ClusterSnapshot();
Command RaftListPeers();
Command RaftRemovePeer();
Command RaftTransferLeader();
Command VersionCommand();
Command CompletionCommand();
Command ManCommand();

// In the order in which people are shown them; the commands of a group are neighbours.
std::vector<Command> Commands();

}  // namespace konsul::ctl

#endif  // KONSUL_CMD_KONSULCTL_COMMANDS_H_
