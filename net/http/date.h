// The Date header (RFC 9110, 5.6.7).
#ifndef KONSUL_NET_HTTP_DATE_H_
#define KONSUL_NET_HTTP_DATE_H_

#include <string>

#include "core/base/time.h"

namespace konsul::http {

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string FormatImfFixdate(WallTime time);

}  // namespace konsul::http

#endif  // KONSUL_NET_HTTP_DATE_H_
