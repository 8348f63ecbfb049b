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

std::string ProgramName(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/comm"));
  std::string name;
  std::getline(file, name);
  return name;
}

// Process ids are reused, so a living process is not enough: it must be of our program.
bool IsLivingKonsul(pid_t pid) {
  return pid > 0 && pid != getpid() && ProgramName(pid) == ProgramName(getpid());
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
