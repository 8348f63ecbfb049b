#include "net/reactor/errors.h"

#include <errno.h>
#include <string.h>

#include "absl/strings/str_cat.h"

namespace konsul::reactor {
namespace {

absl::StatusCode FileCode(int error) {
  switch (error) {
    case ENOENT:
      return absl::StatusCode::kNotFound;
    case EEXIST:
      return absl::StatusCode::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return absl::StatusCode::kResourceExhausted;
    case EACCES:
    case EPERM:
    case EROFS:
    case EBADF:  // opened for reading only
      return absl::StatusCode::kPermissionDenied;
    case EINVAL:
    case ENAMETOOLONG:
    case ELOOP:
      return absl::StatusCode::kInvalidArgument;
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
    case EBUSY:
    case ETXTBSY:
    case EXDEV:
      return absl::StatusCode::kFailedPrecondition;
    default:
      return absl::StatusCode::kUnavailable;  // EIO and its relatives (ESTALE, ENODEV, EREMOTEIO)
  }
}

absl::StatusCode SocketCode(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case ENOSPC:  // epoll: too many watches
      return absl::StatusCode::kResourceExhausted;
    case EADDRINUSE:
      return absl::StatusCode::kFailedPrecondition;
    case EACCES:
    case EPERM:
      return absl::StatusCode::kPermissionDenied;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EINVAL:
    case EMSGSIZE:
      return absl::StatusCode::kInvalidArgument;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

}  // namespace

std::string ErrnoText(int error) {
  char buffer[256];
  return strerror_r(error, buffer, sizeof(buffer));
}

absl::Status FileError(absl::string_view operation, absl::string_view path, int error) {
  return absl::Status(FileCode(error), absl::StrCat(operation, " ", path, ": ", ErrnoText(error)));
}

absl::Status SocketError(absl::string_view context, int error) {
  return absl::Status(SocketCode(error), absl::StrCat(context, ": ", ErrnoText(error)));
}

}  // namespace konsul::reactor
