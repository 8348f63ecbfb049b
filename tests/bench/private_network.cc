#include "tests/bench/private_network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/status.h"
#include "tests/bench/process.h"

namespace konsul::bench {
namespace {

constexpr char kSubnet[] = "10.77.0.";
constexpr char kOurAddress[] = "10.77.0.254/24";

absl::Status SystemError(absl::string_view what, int error) {
  const std::string text = absl::StrCat(what, ": ", strerror(error));
  return error == EPERM ? absl::PermissionDeniedError(text) : absl::UnavailableError(text);
}

// Words without spaces inside. Where administrators' programs are not on a user's PATH.
absl::Status Ip(absl::string_view arguments, int network_namespace = -1) {
  std::vector<std::string> command = absl::StrSplit(absl::StrCat("ip ", arguments), ' ');
  absl::Status status = RunTool(command, network_namespace);
  if (absl::IsNotFound(status)) {
    command[0] = "/usr/sbin/ip";
    status = RunTool(command, network_namespace);
  }
  return status;
}

void WriteFile(const char* path, const std::string& text) { std::ofstream(path) << text; }

// Without root, the owner of a fresh user namespace is root within it.
absl::Status LeaveOldNetwork() {
  if (unshare(CLONE_NEWNET) == 0) return absl::OkStatus();
  const std::string user = absl::StrCat("0 ", geteuid(), " 1");
  const std::string group = absl::StrCat("0 ", getegid(), " 1");
  if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
    return SystemError("cannot make a network namespace", errno);
  }
  WriteFile("/proc/self/setgroups", "deny");
  WriteFile("/proc/self/uid_map", user);
  WriteFile("/proc/self/gid_map", group);
  return absl::OkStatus();
}

int OpenOwnNamespace() { return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC); }

// A new namespace that exists as long as the descriptor; the thread stays where it is.
absl::StatusOr<int> MakeNamespace() {
  const int home = OpenOwnNamespace();
  if (home < 0 || unshare(CLONE_NEWNET) != 0) {
    const absl::Status status = SystemError("cannot make a network namespace", errno);
    close(home);
    return status;
  }
  const int made = OpenOwnNamespace();
  const bool back = setns(home, CLONE_NEWNET) == 0;
  close(home);
  if (made < 0 || !back) return SystemError("cannot keep a network namespace", errno);
  return made;
}

std::string PortName(size_t server) { return absl::StrCat("s", server + 1); }

}  // namespace

std::string PrivateNetwork::Address(size_t server) { return absl::StrCat(kSubnet, server + 1); }

absl::StatusOr<std::unique_ptr<PrivateNetwork>> PrivateNetwork::Enter(size_t servers) {
  KONSUL_RETURN_IF_ERROR(LeaveOldNetwork());
  KONSUL_RETURN_IF_ERROR(Ip("link set lo up"));
  std::unique_ptr<PrivateNetwork> network(new PrivateNetwork);
  KONSUL_RETURN_IF_ERROR(network->MakeBridge());
  for (size_t i = 0; i < servers; ++i) KONSUL_RETURN_IF_ERROR(network->AddServer(i));
  return network;
}

PrivateNetwork::~PrivateNetwork() {
  for (const int one : namespaces_) close(one);
  if (netlink_ >= 0) close(netlink_);
}

absl::Status PrivateNetwork::MakeBridge() {
  KONSUL_RETURN_IF_ERROR(Ip("link add br0 type bridge forward_delay 0"));
  KONSUL_RETURN_IF_ERROR(Ip(absl::StrCat("addr add ", kOurAddress, " dev br0")));
  KONSUL_RETURN_IF_ERROR(Ip("link set br0 up"));
  netlink_ = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  return netlink_ >= 0 ? absl::OkStatus() : SystemError("cannot open a netlink socket", errno);
}

absl::Status PrivateNetwork::AddServer(size_t server) {
  KONSUL_ASSIGN_OR_RETURN(const int inside, MakeNamespace());
  namespaces_.push_back(inside);
  const std::string port = PortName(server);
  KONSUL_RETURN_IF_ERROR(
      Ip(absl::StrCat("link add eth0 type veth peer name ", port, " netns ", getpid()), inside));
  KONSUL_RETURN_IF_ERROR(Ip(absl::StrCat("addr add ", Address(server), "/24 dev eth0"), inside));
  KONSUL_RETURN_IF_ERROR(Ip("link set eth0 up", inside));
  KONSUL_RETURN_IF_ERROR(Ip("link set lo up", inside));
  return Ip(absl::StrCat("link set ", port, " master br0 up"));
}

absl::Status PrivateNetwork::Cut(size_t server) { return SetPortState(server, BR_STATE_DISABLED); }

absl::Status PrivateNetwork::Heal(size_t server) {
  return SetPortState(server, BR_STATE_FORWARDING);
}

// One message to the kernel instead of running `bridge`, whose start would be part of what is
// measured.
absl::Status PrivateNetwork::SetPortState(size_t server, unsigned char state) {
  struct {
    nlmsghdr header;
    ifinfomsg link;
    nlattr protection;
    nlattr port_state;
    unsigned char state;
    unsigned char padding[3];
  } request = {};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_SETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  request.link.ifi_family = AF_BRIDGE;
  request.link.ifi_index = static_cast<int>(if_nametoindex(PortName(server).c_str()));
  request.protection.nla_type = IFLA_PROTINFO | NLA_F_NESTED;
  request.protection.nla_len = sizeof(request) - offsetof(decltype(request), protection);
  request.port_state.nla_type = IFLA_BRPORT_STATE;
  request.port_state.nla_len = NLA_HDRLEN + 1;
  request.state = state;
  if (send(netlink_, &request, sizeof(request), 0) < 0) {
    return SystemError("cannot ask for a bridge port's state", errno);
  }
  struct {
    nlmsghdr header;
    nlmsgerr error;
    char rest[512];  // our message again
  } reply = {};
  if (recv(netlink_, &reply, sizeof(reply), 0) < 0) {
    return SystemError("no answer about a bridge port's state", errno);
  }
  if (reply.header.nlmsg_type != NLMSG_ERROR || reply.error.error != 0) {
    return SystemError("cannot set a bridge port's state", -reply.error.error);
  }
  return absl::OkStatus();
}

}  // namespace konsul::bench
