#include <arpa/inet.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "arguments.h"
#include "fanout.h"
#include "modules.h"

namespace pinhole {
namespace {

constexpr size_t kMaxFrameBytes = 16 * 1024 * 1024;
constexpr size_t kMaxPayloadBytes = 60'000;
constexpr size_t kMaxPackets = 16'384;
constexpr size_t kRtpHeaderBytes = 12;
constexpr double kMaxIndex = 281'474'976'710'655;  // 2^48 − 1: SRTP ends there (RFC 3711 §3.3.1)
constexpr double kMaxU32 = 4'294'967'295;

struct FanoutHandle : Fanout {
  using Fanout::Fanout;
};
// Things by number, for calls that name many at once. A number that is none, or none any more, finds nothing.
template <typename T>
std::unordered_map<uint32_t, std::shared_ptr<T>> &numbered() {
  static thread_local std::unordered_map<uint32_t, std::shared_ptr<T>> things;
  return things;
}
uint32_t nextNumber() {
  static thread_local uint32_t last = 0;
  return ++last;
}
// What JavaScript holds of a frame; runs on their way hold the frame itself.
struct FrameHandle {
  FrameHandle(napi_env env, std::shared_ptr<const Frame> frame) : env_(env), frame(std::move(frame)) {
    numbered<const Frame>().emplace(number, this->frame);
    tell(1);
  }
  ~FrameHandle() {
    numbered<const Frame>().erase(number);
    tell(-1);
  }

 private:
  // The collector has to know what hangs on so small an object.
  void tell(int64_t sign) const {
    int64_t held = 0;
    napi_adjust_external_memory(env_, sign * static_cast<int64_t>(frame->bytes.size()), &held);
  }
  napi_env env_;

 public:
  const uint32_t number = nextNumber();
  const std::shared_ptr<const Frame> frame;
};
struct ViewerHandle {
  explicit ViewerHandle(const ViewerOptions &options) : viewer(std::make_shared<Viewer>(options)) {
    numbered<Viewer>().emplace(number, viewer);
  }
  ~ViewerHandle() { numbered<Viewer>().erase(number); }
  const uint32_t number = nextNumber();
  const std::shared_ptr<Viewer> viewer;
};
// Viewers that were made with it keep the descriptor, too.
struct SocketHandle {
  std::shared_ptr<const Descriptor> descriptor;
};

// (threads, segments, burstPackets, spreadMicros, queuedPackets) → fan-out
napi_value openFanout(const Arguments &given) {
  return wrap(given.env(), std::make_shared<FanoutHandle>(FanoutOptions{
                               static_cast<size_t>(given.whole(0, "threads", 1, 64)),
                               given.boolean(1, "segments"),
                               static_cast<size_t>(given.whole(2, "burstPackets", 1, kMaxPackets)),
                               std::chrono::microseconds(static_cast<int64_t>(given.whole(3, "spreadMicros", -1, 1'000'000))),
                               static_cast<size_t>(given.whole(4, "queuedPackets", 1, 1'000'000)),
                           }));
}

// (payloads) → frame
napi_value openFrame(const Arguments &given) {
  const napi_value payloads = given.at(0, "payloads");
  bool isArray = false;
  uint32_t count = 0;
  if (napi_is_array(given.env(), payloads, &isArray) != napi_ok || !isArray ||
      napi_get_array_length(given.env(), payloads, &count) != napi_ok || count == 0 || count > kMaxPackets)
    throw ArgumentError("payloads must be 1 to " + std::to_string(kMaxPackets) + " byte arrays");
  auto frame = std::make_shared<Frame>();
  frame->offsets.reserve(count + 1);
  frame->offsets.push_back(0);
  for (uint32_t i = 0; i < count; i++) {
    napi_value payload;
    require(napi_get_element(given.env(), payloads, i, &payload), "payloads");
    const Bytes bytes = given.bytesOf(payload, "payloads");
    if (bytes.length > kMaxPayloadBytes || frame->bytes.size() + bytes.length > kMaxFrameBytes)
      throw ArgumentError("payloads: a payload has at most " + std::to_string(kMaxPayloadBytes) + " bytes, all together " +
                          std::to_string(kMaxFrameBytes));
    frame->bytes.insert(frame->bytes.end(), bytes.data, bytes.data + bytes.length);
    frame->offsets.push_back(static_cast<uint32_t>(frame->bytes.size()));
  }
  return wrap(given.env(), std::make_shared<FrameHandle>(given.env(), std::move(frame)));
}

void readAddress(const std::string &text, uint16_t port, ViewerOptions &options) {
  auto *v4 = reinterpret_cast<sockaddr_in *>(&options.address);
  auto *v6 = reinterpret_cast<sockaddr_in6 *>(&options.address);
  std::memset(&options.address, 0, sizeof options.address);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    options.addressLength = sizeof *v4;
  } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    options.addressLength = sizeof *v6;
  } else {
    throw ArgumentError("address must be an IP address");
  }
}

Profile readProfile(const Arguments &given, size_t i) {
  const uint64_t profile = given.whole(i, "profile", 0, 65'535);
  if (profile != static_cast<uint16_t>(Profile::kAeadAes128Gcm) &&
      profile != static_cast<uint16_t>(Profile::kAes128CmHmacSha1))
    throw ArgumentError("profile must be 1 (AES128_CM_HMAC_SHA1_80) or 7 (AEAD_AES_128_GCM)");
  return static_cast<Profile>(profile);
}

template <size_t Length>
void readKey(const Arguments &given, size_t i, const char *name, size_t length, std::array<uint8_t, Length> &key) {
  const Bytes bytes = given.bytes(i, name);
  if (bytes.length != length) throw ArgumentError(std::string(name) + " must have " + std::to_string(length) + " bytes");
  key.fill(0);
  std::memcpy(key.data(), bytes.data, length);
}

size_t saltLength(Profile profile) { return profile == Profile::kAeadAes128Gcm ? 12 : 14; }

// (profile, encryption key, salt, authentication key, packet without tag, bytes of header, index, ssrc) → protected packet
napi_value protect(const Arguments &given) {
  SessionKeys keys{};
  keys.profile = readProfile(given, 0);
  readKey(given, 1, "encryptionKey", 16, keys.encryption);
  readKey(given, 2, "salt", saltLength(keys.profile), keys.salt);
  readKey(given, 3, "authenticationKey", 20, keys.authentication);
  const Bytes packet = given.bytes(4, "packet");
  const size_t header = static_cast<size_t>(given.whole(5, "header", 12, static_cast<double>(packet.length)));
  const uint64_t index = given.whole(6, "index", 0, kMaxIndex);
  const auto ssrc = static_cast<uint32_t>(given.whole(7, "ssrc", 0, kMaxU32));
  SrtpProtector protector(keys);
  void *copy = nullptr;
  napi_value buffer;
  if (napi_create_buffer(given.env(), packet.length + protector.overhead(), &copy, &buffer) != napi_ok)
    throw NodeError("buffer");
  std::memcpy(copy, packet.data, packet.length);
  protector.protect(static_cast<uint8_t *>(copy), header, packet.data + header, packet.length - header, index, ssrc);
  return buffer;
}

// (descriptor) → socket
napi_value openSocket(const Arguments &given) {
  auto handle = std::make_shared<SocketHandle>();
  handle->descriptor =
      std::make_shared<const Descriptor>(static_cast<int>(given.whole(0, "descriptor", 0, 1'000'000'000)));
  return wrap(given.env(), std::move(handle));
}

// (socket)
napi_value closeSocket(const Arguments &given) {
  given.wrapped<SocketHandle>(0, "socket")->descriptor.reset();
  return nullptr;
}

// (socket, address, port, profile, masterKey, masterSalt, ssrc, payloadType) → viewer
napi_value openViewer(const Arguments &given) {
  ViewerOptions options{};
  options.descriptor = given.wrapped<SocketHandle>(0, "socket")->descriptor;
  if (!options.descriptor) throw ArgumentError("socket is closed");
  readAddress(given.text(1, "address"), static_cast<uint16_t>(given.whole(2, "port", 1, 65'535)), options);
  options.keys.profile = readProfile(given, 3);
  readKey(given, 4, "masterKey", 16, options.keys.key);
  readKey(given, 5, "masterSalt", saltLength(options.keys.profile), options.keys.salt);
  options.ssrc = static_cast<uint32_t>(given.whole(6, "ssrc", 0, kMaxU32));
  options.payloadType = static_cast<uint8_t>(given.whole(7, "payloadType", 0, 127));
  return wrap(given.env(), std::make_shared<ViewerHandle>(options));
}

// One run as JavaScript writes it: so many numbers, and a place of Run::kMaxExtension bytes for its extension.
enum RunWord : size_t {
  kViewer,
  kFrame,
  kFirstIndex,
  kTimestamp,
  kExtensionLength,
  kTransportOffset,
  kTransportFirst,
  kFrom,
  kUntil,
  kMarker,
  kRunWords,
};

bool isWhole(double value, double least, double most) {
  return value >= least && value <= most && value == static_cast<double>(static_cast<int64_t>(value));
}

// Puts the numbers into a run; false for what no run can be, which only happens when somebody else wrote them.
bool readRun(const double *words, const uint8_t *extension, Run &run) {
  const auto packets = static_cast<double>(run.frame->count());
  if (!isWhole(words[kFirstIndex], 0, kMaxIndex - packets) || !isWhole(words[kTimestamp], 0, kMaxU32) ||
      !isWhole(words[kExtensionLength], 0, Run::kMaxExtension) ||
      !isWhole(words[kTransportOffset], -1, std::max(words[kExtensionLength] - 2, -1.0)) ||
      !isWhole(words[kTransportFirst], 0, 65'535) || !isWhole(words[kFrom], 0, packets - 1) ||
      !isWhole(words[kUntil], words[kFrom] + 1, packets))
    return false;
  run.firstIndex = static_cast<uint64_t>(words[kFirstIndex]);
  run.timestamp = static_cast<uint32_t>(words[kTimestamp]);
  run.extensionLength = static_cast<uint8_t>(words[kExtensionLength]);
  std::memcpy(run.extension, extension, run.extensionLength);
  run.transportOffset = static_cast<int8_t>(words[kTransportOffset]);
  run.transportFirst = static_cast<uint16_t>(words[kTransportFirst]);
  run.from = static_cast<size_t>(words[kFrom]);
  run.until = static_cast<size_t>(words[kUntil]);
  run.marker = words[kMarker] != 0;
  return true;
}

// (fan-out, numbers of runs, their extensions, how many): takes the runs. Those of viewers that are closed are forgotten.
napi_value post(const Arguments &given) {
  const auto &fanout = given.wrapped<FanoutHandle>(0, "fanout");
  const Numbers words = given.numbers(1, "runs");
  const Bytes extensions = given.bytes(2, "extensions");
  const size_t most = std::min(words.length / kRunWords, extensions.length / Run::kMaxExtension);
  const size_t count = static_cast<size_t>(given.whole(3, "count", 0, static_cast<double>(most)));
  const auto &viewers = numbered<Viewer>();
  const auto &frames = numbered<const Frame>();
  auto frame = frames.end();
  for (size_t i = 0; i < count; i++) {
    const double *word = words.data + i * kRunWords;
    if (!isWhole(word[kViewer], 0, kMaxU32) || !isWhole(word[kFrame], 0, kMaxU32)) continue;
    const auto viewer = viewers.find(static_cast<uint32_t>(word[kViewer]));
    const auto wanted = static_cast<uint32_t>(word[kFrame]);
    // Runs of one frame follow each other.
    if (frame == frames.end() || frame->first != wanted) frame = frames.find(wanted);
    if (viewer == viewers.end() || frame == frames.end()) continue;
    Run run;
    run.frame = frame->second;
    if (!readRun(word, extensions.data + i * Run::kMaxExtension, run)) continue;
    const auto packets = static_cast<int32_t>(run.until - run.from);
    if (!fanout->send(viewer->second, std::move(run))) *viewer->second->shownPackets -= packets;
  }
  fanout->flush();
  return nullptr;
}

// (viewer) → its number
napi_value viewerNumber(const Arguments &given) {
  return number(given.env(), given.wrapped<ViewerHandle>(0, "viewer")->number);
}

// (frame) → its number
napi_value frameNumber(const Arguments &given) {
  return number(given.env(), given.wrapped<FrameHandle>(0, "frame")->number);
}

// (viewer) → memory of 32 bits, the packets that wait: who posts adds to it
napi_value shownPackets(const Arguments &given) {
  using Shown = std::shared_ptr<std::atomic<int32_t>>;
  static_assert(sizeof(std::atomic<int32_t>) == sizeof(int32_t));
  auto *kept = new Shown(given.wrapped<ViewerHandle>(0, "viewer")->viewer->shownPackets);
  napi_value memory;
  if (napi_create_external_arraybuffer(
          given.env(), kept->get(), sizeof(int32_t),
          [](napi_env, void *, void *hint) { delete static_cast<Shown *>(hint); }, kept, &memory) != napi_ok) {
    delete kept;
    throw NodeError("memory");
  }
  return memory;
}

// (fan-out) → what was counted, of all its viewers
napi_value fanoutCounters(const Arguments &given) {
  const FanoutCounters counters = given.wrapped<FanoutHandle>(0, "fanout")->counters();
  const napi_env env = given.env();
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) throw NodeError("object");
  set(env, object, "packetsSent", number(env, static_cast<double>(counters.packetsSent)));
  set(env, object, "systemCalls", number(env, static_cast<double>(counters.systemCalls)));
  set(env, object, "packetsRefused", number(env, static_cast<double>(counters.packetsRefused)));
  set(env, object, "packetsOverflowed", number(env, static_cast<double>(counters.packetsOverflowed)));
  set(env, object, "cpuMicros", number(env, static_cast<double>(counters.cpuTime.count())));
  return object;
}

// (fan-out, viewer)
napi_value closeViewer(const Arguments &given) {
  const auto &handle = given.wrapped<ViewerHandle>(1, "viewer");
  given.wrapped<FanoutHandle>(0, "fanout")->close(handle->viewer);
  return nullptr;
}

// (viewer) → what was counted
napi_value viewerCounters(const Arguments &given) {
  const ViewerCounters &counters = given.wrapped<ViewerHandle>(0, "viewer")->viewer->counters;
  const napi_env env = given.env();
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) throw NodeError("object");
  set(env, object, "packetsSent", number(env, static_cast<double>(counters.packetsSent)));
  set(env, object, "bytesSent", number(env, static_cast<double>(counters.bytesSent)));
  set(env, object, "systemCalls", number(env, static_cast<double>(counters.systemCalls)));
  set(env, object, "packetsRefused", number(env, static_cast<double>(counters.packetsRefused)));
  set(env, object, "packetsOverflowed", number(env, static_cast<double>(counters.packetsOverflowed)));
  set(env, object, "packetsFailed", number(env, static_cast<double>(counters.packetsFailed)));
  set(env, object, "lastError", number(env, counters.lastError));
  return object;
}

// (fan-out) → whether nothing waits
napi_value isIdle(const Arguments &given) {
  return boolean(given.env(), given.wrapped<FanoutHandle>(0, "fanout")->idle());
}

// (fan-out) → 0 segments, 1 many at once, 2 one at a time
napi_value sendMode(const Arguments &given) {
  return number(given.env(), static_cast<double>(given.wrapped<FanoutHandle>(0, "fanout")->mode()));
}

// (fan-out)
napi_value closeFanout(const Arguments &given) {
  given.wrapped<FanoutHandle>(0, "fanout")->stop();
  return nullptr;
}

}  // namespace

void registerFanout(napi_env env, napi_value exports) {
  add<openFanout>(env, exports, "openFanout");
  add<openFrame>(env, exports, "openFrame");
  add<openSocket>(env, exports, "openSocket");
  add<closeSocket>(env, exports, "closeSocket");
  add<openViewer>(env, exports, "openViewer");
  add<protect>(env, exports, "protect");
  add<post>(env, exports, "post");
  add<viewerNumber>(env, exports, "viewerNumber");
  add<frameNumber>(env, exports, "frameNumber");
  add<shownPackets>(env, exports, "shownPackets");
  add<fanoutCounters>(env, exports, "fanoutCounters");
  add<closeViewer>(env, exports, "closeViewer");
  add<viewerCounters>(env, exports, "viewerCounters");
  add<isIdle>(env, exports, "isIdle");
  add<sendMode>(env, exports, "sendMode");
  add<closeFanout>(env, exports, "closeFanout");
}

}  // namespace pinhole
