// Keys and values as the API writes them.
#ifndef KONSUL_NET_API_KV_JSON_H_
#define KONSUL_NET_API_KV_JSON_H_

#include "core/api/kv.h"
#include "net/api/json.h"

namespace konsul::net_api {

// Keys in the order in which Consul's clients have always seen them.
void WritePair(const api::KvPair& pair, JsonWriter& json);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_KV_JSON_H_
