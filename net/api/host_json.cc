#include "net/api/host_json.h"

namespace konsul::net_api {
namespace {

void Text(absl::string_view key, absl::string_view text, JsonWriter& json) {
  json.Key(key);
  json.String(text);
}

void Number(absl::string_view key, uint64_t number, JsonWriter& json) {
  json.Key(key);
  json.Number(number);
}

void Percent(absl::string_view key, uint64_t part, uint64_t whole, JsonWriter& json) {
  json.Key(key);
  json.Decimal(whole == 0 ? 0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void WriteMemory(const api::HostMemory& memory, JsonWriter& json) {
  json.BeginObject();
  for (const auto& [name, value] : memory.fields) Number(name, value, json);
  Number("used", memory.used, json);
  Percent("usedPercent", memory.used, memory.total, json);
  json.EndObject();
}

void WriteCpu(const api::HostCpu& cpu, JsonWriter& json) {
  json.BeginObject();
  Number("cpu", cpu.cpu, json);
  Text("vendorId", cpu.vendor, json);
  Text("family", cpu.family, json);
  Text("model", cpu.model, json);
  Number("stepping", cpu.stepping, json);
  Text("physicalId", cpu.physical_id, json);
  Text("coreId", cpu.core_id, json);
  Number("cores", cpu.cores, json);
  Text("modelName", cpu.model_name, json);
  json.Key("mhz");
  json.Decimal(cpu.mhz);
  Number("cacheSize", cpu.cache_kib, json);
  json.Key("flags");
  json.BeginArray();
  for (const std::string& flag : cpu.flags) json.String(flag);
  json.EndArray();
  Text("microcode", cpu.microcode, json);
  json.EndObject();
}

void WriteSystem(const api::HostSystem& system, JsonWriter& json) {
  json.BeginObject();
  Text("hostname", system.hostname, json);
  Number("uptime", system.uptime_seconds, json);
  Number("bootTime", system.boot_time, json);
  Number("procs", system.processes, json);
  Text("os", system.os, json);
  Text("platform", system.platform, json);
  Text("platformFamily", system.platform_family, json);
  Text("platformVersion", system.platform_version, json);
  Text("kernelVersion", system.kernel_version, json);
  Text("kernelArch", system.kernel_arch, json);
  // Not looked for.
  Text("virtualizationSystem", "", json);
  Text("virtualizationRole", "", json);
  Text("hostId", system.id, json);
  json.EndObject();
}

void WriteDisk(const api::HostDisk& disk, JsonWriter& json) {
  json.BeginObject();
  Text("path", disk.path, json);
  Text("fstype", disk.fstype, json);
  Number("total", disk.total, json);
  Number("free", disk.free, json);
  Number("used", disk.used, json);
  Percent("usedPercent", disk.used, disk.used + disk.free, json);
  Number("inodesTotal", disk.inodes_total, json);
  Number("inodesUsed", disk.inodes_used, json);
  Number("inodesFree", disk.inodes_total - disk.inodes_used, json);
  Percent("inodesUsedPercent", disk.inodes_used, disk.inodes_total, json);
  json.EndObject();
}

template <typename T>
void OrNull(absl::string_view key, const std::optional<T>& value,
            void (*write)(const T&, JsonWriter&), JsonWriter& json) {
  json.Key(key);
  value ? write(*value, json) : json.Null();
}

template <typename T>
void ListOrNull(absl::string_view key, const std::vector<T>& list, auto write, JsonWriter& json) {
  json.Key(key);
  if (list.empty()) return json.Null();
  json.BeginArray();
  for (const T& each : list) write(each, json);
  json.EndArray();
}

}  // namespace

void WriteHost(const api::HostInfo& host, JsonWriter& json) {
  json.BeginObject();
  OrNull("Memory", host.memory, &WriteMemory, json);
  ListOrNull("CPU", host.cpus, &WriteCpu, json);
  OrNull("Host", host.system, &WriteSystem, json);
  OrNull("Disk", host.disk, &WriteDisk, json);
  Number("CollectionTime", static_cast<uint64_t>(host.collected.ns), json);
  ListOrNull(
      "Errors", host.errors, [](const std::string& error, JsonWriter& out) { out.String(error); },
      json);
  json.EndObject();
}

}  // namespace konsul::net_api
