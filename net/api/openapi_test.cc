// docs/openapi.yaml and the server say the same. A failure names what to add or to change.
#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "net/api/openapi_support.h"
#include "net/api/routes_support.h"
#include "net/http/uri.h"

namespace konsul::net_api {
namespace {

namespace json = boost::json;

class OpenApiTest : public RoutesTest {
 protected:
  // The answer's content type without its parameters.
  static std::string TypeOf(const http::Response& response) {
    const std::string type(response.headers.Get("Content-Type").value_or(""));
    return type.substr(0, type.find(';'));
  }

  http::Response Replay(const TriedExample& tried) {
    http::Response response = Ask(absl::StrCat(tried.method, " ", tried.target),
                                  tried.sends.empty() ? tried.body : streamed_[tried.sends]);
    if (response.stream != nullptr && tried.status == 200) Drain(tried.name, *response.stream);
    return response;
  }
  // As far as it goes without waiting.
  void Drain(const std::string& name, http::BodyStream& stream) {
    std::string& bytes = streamed_[name];
    bytes.clear();
    auto step = http::BodyStream::Step::kMore;
    while (step == http::BodyStream::Step::kMore) step = stream.Next(bytes).value();
  }

  const OpenApi api_;
  std::map<std::string, std::string> streamed_;  // by example
};

// "ok", or what is wrong.
std::string Compare(const TriedExample& tried, const http::Response& response,
                    const std::string& type) {
  if (response.status != tried.status) return "the status is another one";
  if (type != tried.type) return "the content is of another type";
  for (const auto& [name, value] : tried.headers) {
    if (response.headers.Get(name) != value) {
      return absl::StrCat(name, " is \"", response.headers.Get(name).value_or("missing"), "\"");
    }
  }
  if (tried.any_body) return "ok";
  if (type.empty()) return response.body.empty() ? "ok" : "there is a body";
  if (type != "application/json") {
    return response.body == tried.value.as_string() ? "ok" : "the body is another one";
  }
  json::error_code error;
  const json::value body = json::parse(response.body, error);
  if (error) return "the body is no JSON";
  return body == tried.value ? "ok" : "the body is another one";
}

TEST_F(OpenApiTest, RouterAndFileNameTheSameOperations) {
  std::set<std::string> in_file;
  for (const Operation& operation : api_.operations()) {
    in_file.insert(absl::StrCat(operation.method, " ", operation.route()));
  }
  std::set<std::string> in_router;
  for (const Router::Route& route : routes_.router().List()) {
    for (const std::string& method : route.methods) {
      const std::string name = absl::StrCat(method, " ", route.path);
      in_router.insert(name);
      EXPECT_TRUE(in_file.contains(name))
          << "docs/openapi.yaml lacks an operation that the router has. Under `paths:` add\n  "
          << route.path << (route.path.back() == '/' ? "{...}:" : ":") << "\n    "
          << absl::AsciiStrToLower(method)
          << ":\n      tags: [...]\n      operationId: ...\n      summary: ...\n"
             "      parameters: [...]\n      responses:\n        '200':\n          description: "
             "...\n          content: {application/json: {schema: ..., examples: {NAME: {value: "
             "...}}}}\n      x-tried:\n        - {step: N, name: NAME, target: "
          << route.path << ", status: 200}\nand run this test again: it prints the body.";
    }
  }
  for (const Operation& operation : api_.operations()) {
    EXPECT_TRUE(in_router.contains(absl::StrCat(operation.method, " ", operation.route())))
        << "docs/openapi.yaml has " << operation.name() << ", line "
        << operation.node.Mark().line + 1 << ", which the router does not know: take it out there";
  }
}

TEST_F(OpenApiTest, ExamplesAreWhatTheServerAnswers) {
  for (const TriedExample& tried : api_.Story()) {
    const http::Response response = Replay(tried);
    const std::string result = Compare(tried, response, TypeOf(response));
    EXPECT_EQ(result, "ok") << "step " << tried.step << ": " << tried.method << " " << tried.target
                            << " " << tried.body << "\nis answered with " << response.status << " "
                            << TypeOf(response) << ". If that is right, docs/openapi.yaml, "
                            << tried.operation << ", responses " << tried.status << ", example `"
                            << tried.name << "` has to be\nvalue: " << response.body;
  }
}

TEST_F(OpenApiTest, EveryOperationIsTriedAndEveryExampleToo) {
  std::map<int, std::string> steps;
  for (const Operation& operation : api_.operations()) {
    EXPECT_EQ(operation.tried.empty(), At(operation.node, {"x-untried"}).IsDefined())
        << operation.name() << " needs x-tried, or x-untried with what tries it instead";
    if (const YAML::Node elsewhere = At(operation.node, {"x-untried"}); elsewhere) {
      EXPECT_TRUE(std::ifstream(absl::StrCat(KONSUL_SOURCE_DIR "/", elsewhere.Scalar())).good())
          << operation.name() << ": there is no " << elsewhere.Scalar();
    }
    std::set<std::string> tried_names;
    for (const TriedExample& tried : operation.tried) {
      EXPECT_TRUE(steps.emplace(tried.step, tried.name).second)
          << "two examples are step " << tried.step;
      EXPECT_TRUE(absl::StartsWith(tried.target, operation.route())) << tried.target;
      tried_names.insert(absl::StrCat(tried.status, " ", tried.name));
      tried_names.insert(tried.name);
    }
    for (const auto& media : At(operation.node, {"requestBody", "content"})) {
      for (const auto& example : At(media.second, {"examples"})) {
        EXPECT_TRUE(tried_names.contains(example.first.Scalar()))
            << operation.name() << ": the request `" << example.first.Scalar() << "` is not tried";
      }
    }
    for (const auto& response : At(operation.node, {"responses"})) {
      // Shared ones may have examples of others.
      if (At(response.second, {"$ref"})) continue;
      for (const auto& media : At(response.second, {"content"})) {
        for (const auto& example : At(media.second, {"examples"})) {
          const std::string name =
              absl::StrCat(response.first.Scalar(), " ", example.first.Scalar());
          EXPECT_TRUE(tried_names.contains(name))
              << operation.name() << ": the example `" << name << "` is not tried";
        }
      }
    }
  }
}

TEST_F(OpenApiTest, ExamplesAreAsTheirSchemasSay) {
  const auto check = [&](const Operation& operation, const YAML::Node& content) {
    for (const auto& media : content) {
      if (!absl::StrContains(media.first.Scalar(), "json")) continue;
      ASSERT_TRUE(At(media.second, {"schema"})) << operation.name();
      for (const auto& example : At(media.second, {"examples"})) {
        const auto why =
            api_.Mismatch(At(media.second, {"schema"}), ToJson(At(example.second, {"value"})));
        // A request that is refused may be wrong on purpose.
        EXPECT_FALSE(why) << operation.name() << ", example `" << example.first.Scalar()
                          << "`: " << *why;
      }
    }
  };
  for (const Operation& operation : api_.operations()) {
    for (const auto& response : At(operation.node, {"responses"})) {
      check(operation, At(api_.Resolve(response.second), {"content"}));
    }
    std::set<std::string> accepted;
    for (const TriedExample& tried : operation.tried) {
      if (tried.status != 200) continue;
      for (const auto& media : At(operation.node, {"requestBody", "content"})) {
        const YAML::Node value = At(media.second, {"examples", tried.name, "value"});
        if (!value || !At(media.second, {"schema"})) continue;
        const auto why = api_.Mismatch(At(media.second, {"schema"}), ToJson(value));
        EXPECT_FALSE(why) << operation.name() << ", request `" << tried.name << "`: " << *why;
      }
    }
  }
}

// Each is named in an example, or has one of its own with which a request that went well still
// does.
TEST_F(OpenApiTest, ParametersAreAccepted) {
  for (const TriedExample& tried : api_.Story()) Replay(tried);
  const auto accepted = [&](const TriedExample& good, const std::string& parameter) {
    TriedExample with = good;
    // Alone as well: what it would conflict with may be in the example.
    for (const std::string& target : {good.target, good.target.substr(0, good.target.find('?'))}) {
      with.target = absl::StrCat(target, absl::StrContains(target, '?') ? "&" : "?", parameter);
      if (Replay(with).status != 400) return true;
    }
    return false;
  };
  for (const Operation& operation : api_.operations()) {
    if (operation.tried.empty()) continue;
    for (const YAML::Node& parameter : operation.parameters) {
      const std::string name = At(parameter, {"name"}).Scalar();
      if (At(parameter, {"in"}).Scalar() != "query") continue;
      const YAML::Node example = At(parameter, {"example"});
      bool good = false;
      for (const TriedExample& tried : operation.tried) {
        if (tried.status != 200) continue;
        const std::string query =
            absl::StrCat("&", tried.target.substr(tried.target.find('?') + 1));
        good = good || absl::StrContains(query, absl::StrCat("&", name, "=")) ||
               absl::EndsWith(query, "&" + name) || absl::StrContains(query, "&" + name + "&") ||
               (example &&
                accepted(tried,
                         absl::StrCat(name, "=", http::EncodeQueryComponent(example.Scalar()))));
      }
      EXPECT_TRUE(good) << operation.name() << ": no example of the parameter " << name
                        << " is answered with anything but 400";
    }
  }
}

TEST_F(OpenApiTest, IsWellFormed) {
  EXPECT_TRUE(absl::StartsWith(At(api_.root(), {"openapi"}).Scalar(), "3.1."));
  std::set<std::string> tags;
  for (const YAML::Node& tag : At(api_.root(), {"tags"})) tags.insert(At(tag, {"name"}).Scalar());
  std::set<std::string> ids;
  for (const Operation& operation : api_.operations()) {
    EXPECT_TRUE(At(operation.node, {"summary"})) << operation.name();
    EXPECT_TRUE(tags.contains(At(operation.node, {"tags"})[0].Scalar())) << operation.name();
    EXPECT_TRUE(ids.insert(At(operation.node, {"operationId"}).as<std::string>("")).second)
        << operation.name() << ": operationId is missing or used twice";
    std::set<std::string> places;
    std::set<std::string> names;
    for (const YAML::Node& parameter : operation.parameters) {
      const std::string name = At(parameter, {"name"}).Scalar();
      EXPECT_TRUE(names.insert(name).second) << operation.name() << ": " << name << " twice";
      EXPECT_TRUE(At(parameter, {"schema"})) << operation.name() << ": " << name;
      EXPECT_TRUE(At(parameter, {"description"})) << operation.name() << ": " << name;
      if (At(parameter, {"in"}).Scalar() == "path") {
        places.insert(name);
        EXPECT_TRUE(At(parameter, {"required"}).as<bool>(false))
            << operation.name() << ": " << name;
      }
    }
    const size_t begin = operation.path.find('{');
    EXPECT_EQ(places.size(), begin == std::string::npos ? 0u : 1u) << operation.name();
    if (begin != std::string::npos) {
      const std::string place = operation.path.substr(begin + 1, operation.path.size() - begin - 2);
      EXPECT_TRUE(places.contains(place)) << operation.name() << ": {" << place << "}";
    }
    for (const auto& response : At(operation.node, {"responses"})) {
      EXPECT_TRUE(At(api_.Resolve(response.second), {"description"}))
          << operation.name() << ", " << response.first.Scalar();
    }
  }
}

}  // namespace
}  // namespace konsul::net_api
