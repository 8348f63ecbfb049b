#include "cmd/agent/pid_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace konsul::agent {
namespace {

// 0 when there is no file or no number in it.
pid_t ReadPid(const std::string& path) {
  std::ifstream file(path);
  pid_t pid = 0;
  file >> pid;
  return file ? pid : 0;
}

// Of /proc/PID/stat: "PID (name) state ...", where the name may hold anything. Both empty when
// there is no such process.
struct ProcessStatus {
  std::string name;
  std::string state;
};

ProcessStatus StatusOf(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/stat"));
  std::string line;
  std::getline(file, line);
  const size_t begin = line.find('(');
  const size_t end = line.rfind(')');
  if (begin == std::string::npos || end == std::string::npos || end + 2 >= line.size()) return {};
  return {line.substr(begin + 1, end - begin - 1), line.substr(end + 2, 1)};
}

// Process ids are reused, so a living process is not enough: it must be of our program. One that
// has ended and that nobody has waited for (Z) is none, however long it is listed.
bool IsLivingKonsul(pid_t pid) {
  if (pid <= 0 || pid == getpid()) return false;
  const ProcessStatus status = StatusOf(pid);
  return status.state != "Z" && status.name == StatusOf(getpid()).name;
}

absl::Status CannotWrite(const std::string& path, int error) {
  return absl::ErrnoToStatus(error,
                             absl::StrCat("the pid file ", path, " cannot be written (-pid-file)"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<PidFile>> PidFile::Create(const std::string& path) {
  if (pid_t pid = ReadPid(path); IsLivingKonsul(pid)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the pid file ", path, " names a running konsul, process ", pid,
                     "; stop that one first, or choose another -pid-file"));
  }
  std::string fresh = absl::StrCat(path, ".", getpid());
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << getpid() << "\n";
    file.close();
    if (!file) return CannotWrite(path, errno);
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    absl::Status status = CannotWrite(path, errno);
    std::remove(fresh.c_str());
    return status;
  }
  return std::unique_ptr<PidFile>(new PidFile(path));
}

PidFile::~PidFile() {
  if (ReadPid(path_) == getpid()) std::remove(path_.c_str());
}

}  // namespace konsul::agent
