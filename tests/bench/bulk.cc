#include "tests/bench/bulk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/base/status.h"
#include "core/fiber/scheduler.h"
#include "net/http/client.h"

namespace konsul::bench {
namespace {

constexpr Duration kTimeout = 600s;
constexpr uint64_t kKeysPerTransaction = 128;
constexpr uint64_t kFillers = 8;

class Bench {
 public:
  Bench(const env::Env& env, OwnCluster& cluster, const BulkOptions& options,
        const BulkProgress& progress)
      : env_(env), cluster_(cluster), options_(options), progress_(progress) {}

  absl::StatusOr<BulkResult> Run() {
    KONSUL_ASSIGN_OR_RETURN(leader_, cluster_.WaitForLeader(env_.After(kTimeout)));
    KONSUL_RETURN_IF_ERROR(Fill());
    BulkResult result;
    result.resident_before = cluster_.ResidentBytes(leader_);
    std::string archive;
    for (uint64_t round = 0; round < options_.rounds; ++round) {
      progress_("measure", round, options_.rounds);
      KONSUL_ASSIGN_OR_RETURN(const auto list,
                              Measure("GET", "/v1/kv/bulk/?recurse", nullptr, nullptr));
      result.list.push_back(list.took);
      result.list_bytes = list.bytes;
      result.write_while_listing.push_back(list.longest_write);
      KONSUL_ASSIGN_OR_RETURN(const auto keys,
                              Measure("GET", "/v1/kv/bulk/?keys", nullptr, nullptr));
      result.keys.push_back(keys.took);
      archive.clear();
      KONSUL_ASSIGN_OR_RETURN(const auto save, Measure("GET", "/v1/snapshot", nullptr, &archive));
      result.save.push_back(save.took);
      result.archive_bytes = archive.size();
      result.write_while_saving.push_back(save.longest_write);
      // What is there already would cost less. Prefix by prefix: one deletion of all stops a
      // server for longer than others wait for it.
      for (int digit = 0; digit < 100; ++digit) {
        KONSUL_RETURN_IF_ERROR(
            Do("DELETE", absl::StrCat("/v1/kv/bulk/", Two(digit), "?recurse"), ""));
      }
      KONSUL_ASSIGN_OR_RETURN(const auto restore,
                              Measure("PUT", "/v1/snapshot", &archive, nullptr));
      result.restore.push_back(restore.took);
      result.write_while_restoring.push_back(restore.longest_write);
    }
    result.resident_after = cluster_.ResidentBytes(leader_);
    for (Samples* each :
         {&result.list, &result.keys, &result.save, &result.restore, &result.write_while_listing,
          &result.write_while_saving, &result.write_while_restoring}) {
      std::sort(each->begin(), each->end());
    }
    return result;
  }

 private:
  struct Measured {
    Duration took{};
    uint64_t bytes = 0;  // of the answer
    Duration longest_write{};
  };

  static std::string Two(int number) { return absl::StrCat(number < 10 ? "0" : "", number); }

  absl::Status Do(absl::string_view method, const std::string& target, std::string body) {
    http::Client client(env_, cluster_.Http(leader_));
    KONSUL_ASSIGN_OR_RETURN(
        const http::Response reply,
        client.Do(http::Request::Make(method, target, std::move(body)), env_.After(kTimeout)));
    return Check(reply.status, target, reply.body);
  }

  static absl::Status Check(int status, absl::string_view target, absl::string_view body) {
    if (status == 200) return absl::OkStatus();
    return absl::UnavailableError(absl::StrCat(target, ": status ", status, ": ", body));
  }

  absl::Status Fill() {
    const std::string value = absl::Base64Escape(std::string(options_.value_bytes, 'v'));
    uint64_t next = 0;
    absl::Status failure;
    fiber::Group fillers(env_.scheduler);
    for (uint64_t i = 0; i < kFillers; ++i) {
      fillers.Spawn("fill", [&] {
        while (failure.ok() && next < options_.keys) {
          const uint64_t begin = next;
          next = std::min(options_.keys, next + kKeysPerTransaction);
          progress_("fill", next, options_.keys);
          std::string ops = "[";
          for (uint64_t key = begin; key < begin + kKeysPerTransaction && key < options_.keys;
               ++key) {
            absl::StrAppend(&ops, key > begin ? "," : "", R"({"KV":{"Verb":"set","Key":"bulk/)",
                            Two(static_cast<int>(key % 100)), "/", key, R"(","Value":")", value,
                            R"("}})");
          }
          const absl::Status done = Do("PUT", "/v1/txn", absl::StrCat(ops, "]"));
          if (!done.ok()) failure = done;
        }
      });
    }
    fillers.Join();
    return failure;
  }

  // One request to the leader, with small writes beside it.
  absl::StatusOr<Measured> Measure(absl::string_view method, const std::string& target,
                                   const std::string* archive, std::string* answer) {
    Measured measured;
    bool over = false;
    fiber::Group writer(env_.scheduler);
    writer.Spawn("writer", [&] {
      for (uint64_t i = 0; !over; ++i) {
        const Instant began = env_.clock.Now();
        if (!Do("PUT", "/v1/kv/beside", absl::StrCat(i)).ok()) return;
        measured.longest_write = std::max(measured.longest_write, env_.clock.Now() - began);
      }
    });
    const Instant began = env_.clock.Now();
    http::Client client(env_, cluster_.Http(leader_));
    http::Client::Upload upload;
    size_t sent = 0;
    if (archive != nullptr) {
      upload.size = archive->size();
      upload.next = [&](std::string& piece) {
        constexpr size_t kPiece = 256 << 10;
        piece += archive->substr(sent, kPiece);
        sent += kPiece;
        return absl::OkStatus();
      };
    }
    KONSUL_ASSIGN_OR_RETURN(const http::Response reply,
                            client.Begin(http::Request::Make(method, target), env_.After(kTimeout),
                                         archive == nullptr ? nullptr : &upload));
    std::string piece;
    while (true) {
      KONSUL_ASSIGN_OR_RETURN(const bool more, client.ReadBody(piece, env_.After(kTimeout)));
      measured.bytes += piece.size();
      if (reply.status != 200) KONSUL_RETURN_IF_ERROR(Check(reply.status, target, piece));
      if (answer != nullptr) *answer += piece;
      piece.clear();
      if (!more) break;
    }
    measured.took = env_.clock.Now() - began;
    over = true;
    writer.Join();
    return measured;
  }

  const env::Env env_;
  OwnCluster& cluster_;
  const BulkOptions options_;
  const BulkProgress& progress_;
  size_t leader_ = 0;
};

}  // namespace

absl::StatusOr<BulkResult> RunBulk(const env::Env& env, OwnCluster& cluster,
                                   const BulkOptions& options, const BulkProgress& progress) {
  return Bench(env, cluster, options, progress).Run();
}

}  // namespace konsul::bench
