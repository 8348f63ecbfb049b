// A backup of the servers' state as a file.
#include <boost/json.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "cmd/konsulctl/commands.h"
#include "cmd/konsulctl/common_flags.h"
#include "cmd/konsulctl/output_file.h"
#include "cmd/konsulctl/snapshot_reader.h"
#include "cmd/konsulctl/snapshot_text.h"
#include "core/base/status.h"

namespace konsul::ctl {
namespace {

// Until the reply begins: the server writes the snapshot first.
constexpr Duration kSnapshotTimeout = 600s;
// Of a reply that is an error.
constexpr size_t kErrorBytesMax = 64 << 10;

// The body of a reply, which goes into a file on its way.
class Download final : public ByteSource {
 public:
  Download(Api& api, OutputFile& file) : api_(api), file_(file) {}

  absl::StatusOr<bool> Read(std::string& out) override {
    const size_t before = out.size();
    KONSUL_ASSIGN_OR_RETURN(const bool more, api_.ReadBody(out));
    KONSUL_RETURN_IF_ERROR(file_.Write(absl::string_view(out).substr(before)));
    return more;
  }
  std::optional<uint64_t> size() const override { return std::nullopt; }

 private:
  Api& api_;
  OutputFile& file_;
};

absl::StatusOr<archive::Meta> Save(Api& api, const std::string& path,
                                   std::vector<http::QueryParameter> query) {
  KONSUL_ASSIGN_OR_RETURN(
      http::Response reply,
      api.Begin({.path = "/v1/snapshot", .query = std::move(query), .timeout = kSnapshotTimeout}));
  if (reply.status != 200) {
    bool more = true;
    while (more && reply.body.size() < kErrorBytesMax) {
      KONSUL_ASSIGN_OR_RETURN(more, api.ReadBody(reply.body));
    }
    return UnexpectedReply(reply);
  }
  KONSUL_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file, OutputFile::Create(path));
  SnapshotReader reader(std::make_unique<Download>(api, *file), "what the server sent",
                        api.env().scheduler);
  KONSUL_RETURN_IF_ERROR(CheckAll(reader));
  KONSUL_RETURN_IF_ERROR(file->Publish());
  return reader.meta();
}

absl::StatusOr<Outcome> RunSave(Api& api, const flags::Parsed& parsed) {
  const std::string& path = parsed.positional[0];
  KONSUL_ASSIGN_OR_RETURN(std::vector<http::QueryParameter> query, WithMode(parsed, {}));
  const absl::StatusOr<archive::Meta> meta = Save(api, path, std::move(query));
  if (absl::IsCancelled(meta.status())) return meta.status();
  if (!meta.ok()) {
    const bool complete = absl::StartsWith(meta.status().message(), "Error!");
    return Outcome{.error = absl::StrCat(complete ? "" : "Error! ", meta.status().message(), "\n",
                                         "Nothing was saved."),
                   .code = kExitFailure};
  }
  if (WantsJson(parsed)) {
    const boost::json::object json = {{"File", JsonText(path)},
                                      {"ID", JsonText(meta->id)},
                                      {"Index", meta->index},
                                      {"Term", meta->term},
                                      {"Size", meta->size}};
    return Outcome::Ok(boost::json::serialize(json) + "\n");
  }
  return Outcome::Ok(absl::StrCat("Saved and verified snapshot to index ", meta->index, " (",
                                  ByteSize(meta->size), ") in ", path, "\n"));
}

}  // namespace

Command SnapshotSave() {
  return {"snapshot save",
          "FILE",
          "Save the servers' state as a snapshot archive.\n\n"
          "Of one moment: everything that was written before the command began is in it, unless\n"
          "-stale is given. What arrives is checked on its way, down to the last row; only when\n"
          "all of it is right and on disk does FILE appear, or is replaced. It holds all values\n"
          "in clear: only its owner may read it.",
          WithReadFlags({}),
          1,
          1,
          RunSave};
}

}  // namespace konsul::ctl
