// docs/openapi.yaml, read for the tests that hold it against the server.
#ifndef KONSUL_NET_API_OPENAPI_SUPPORT_H_
#define KONSUL_NET_API_OPENAPI_SUPPORT_H_

#include <yaml-cpp/yaml.h>

#include <boost/json/value.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace konsul::net_api {

// One `x-tried` of an operation: a request and what is answered.
struct TriedExample {
  int step = 0;
  std::string name, operation;  // "entry", "GET /v1/kv/{key}"
  std::string method, target, body;
  std::string sends;  // the example whose answer is the body of this request; empty: none
  int status = 0;
  std::string type;       // of the answer's content; empty: there is none
  bool any_body = false;  // the type is all that is said of it
  // The answer's body: the text, or the value that the JSON has. Not a YAML::Node, whose assignment
  // would change the document.
  boost::json::value value;
  std::vector<std::pair<std::string, std::string>> headers;
};

struct Operation {
  std::string path, method;  // "/v1/kv/{key}", "GET"
  YAML::Node node;
  std::vector<YAML::Node> parameters;  // the path's and its own, without $ref
  std::vector<TriedExample> tried;

  std::string name() const { return method + " " + path; }
  // Of the router: a template's place is whatever follows.
  std::string route() const { return path.substr(0, path.find('{')); }
};

// What is wrong with the file itself is a failure of the test that reads it.
class OpenApi {
 public:
  // The file of this source tree.
  OpenApi();

  const std::vector<Operation>& operations() const { return operations_; }
  const YAML::Node& root() const { return root_; }
  // What a $ref refers to, or the node itself.
  YAML::Node Resolve(const YAML::Node& node) const;
  // All x-tried, by step.
  std::vector<TriedExample> Story() const;
  // Why the value is not as the schema says, with the place in it; nothing when it is. Members that
  // a schema of an object does not name are wrong.
  std::optional<std::string> Mismatch(const YAML::Node& schema,
                                      const boost::json::value& value) const;

 private:
  void ReadOperation(const std::string& path, const std::string& method, const YAML::Node& item);
  TriedExample ReadTried(const Operation& operation, const YAML::Node& node) const;
  std::optional<std::string> ObjectMismatch(const YAML::Node& schema,
                                            const boost::json::object& value) const;

  YAML::Node root_;
  std::vector<Operation> operations_;
};

// The node below `node` at these keys; undefined, and false, when one is not there.
YAML::Node At(const YAML::Node& node, std::initializer_list<std::string> keys);

// As JSON; scalars without quotes become numbers, true, false or null where they look like it.
boost::json::value ToJson(const YAML::Node& node);

}  // namespace konsul::net_api

#endif  // KONSUL_NET_API_OPENAPI_SUPPORT_H_
