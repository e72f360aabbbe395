#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

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
// What JavaScript holds of a frame; runs on their way hold the frame itself.
struct FrameHandle {
  FrameHandle(napi_env env, std::shared_ptr<const Frame> frame) : env_(env), frame(std::move(frame)) { tell(1); }
  ~FrameHandle() { tell(-1); }

 private:
  // The collector has to know what hangs on so small an object.
  void tell(int64_t sign) const {
    int64_t held = 0;
    napi_adjust_external_memory(env_, sign * static_cast<int64_t>(frame->bytes.size()), &held);
  }
  napi_env env_;

 public:
  const std::shared_ptr<const Frame> frame;
};
struct ViewerHandle {
  std::shared_ptr<Viewer> viewer;
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
                               std::chrono::microseconds(given.whole(3, "spreadMicros", 0, 1'000'000)),
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
  auto handle = std::make_shared<ViewerHandle>();
  handle->viewer = std::make_shared<Viewer>(options);
  return wrap(given.env(), std::move(handle));
}

// (fan-out, viewer, frame, firstIndex, timestamp, extension, transportOffset or −1, transportFirst, from, until, marker) → bytes of
// its datagrams; 0 when it was dropped
napi_value send(const Arguments &given) {
  const auto &fanout = given.wrapped<FanoutHandle>(0, "fanout");
  const auto &handle = given.wrapped<ViewerHandle>(1, "viewer");
  Run run;
  run.frame = given.wrapped<FrameHandle>(2, "frame")->frame;
  const double packets = static_cast<double>(run.frame->count());
  run.firstIndex = given.whole(3, "firstIndex", 0, kMaxIndex - packets);
  run.timestamp = static_cast<uint32_t>(given.whole(4, "timestamp", 0, kMaxU32));
  const Bytes extension = given.bytes(5, "extension");
  if (extension.length > Run::kMaxExtension || extension.length % 4 != 0)
    throw ArgumentError("extension must have whole 32-bit words, at most " + std::to_string(Run::kMaxExtension / 4));
  if (extension.length > 0) std::memcpy(run.extension, extension.data, extension.length);
  run.extensionLength = static_cast<uint8_t>(extension.length);
  run.transportOffset = static_cast<int8_t>(
      static_cast<int64_t>(given.whole(6, "transportOffset", -1, std::max(static_cast<double>(extension.length) - 2, -1.0))));
  run.transportFirst = static_cast<uint16_t>(given.whole(7, "transportFirst", 0, 65'535));
  run.from = static_cast<size_t>(given.whole(8, "from", 0, packets - 1));
  run.until = static_cast<size_t>(given.whole(9, "until", static_cast<double>(run.from) + 1, packets));
  run.marker = given.boolean(10, "marker");
  const size_t count = run.until - run.from;
  const size_t payload = run.frame->offsets[run.until] - run.frame->offsets[run.from];
  const size_t packetOverhead = kRtpHeaderBytes + run.extensionLength + handle->viewer->protector.overhead();
  const bool taken = fanout->send(handle->viewer, std::move(run));
  return number(given.env(), taken ? static_cast<double>(payload + count * packetOverhead) : 0);
}

// (fan-out)
napi_value flush(const Arguments &given) {
  given.wrapped<FanoutHandle>(0, "fanout")->flush();
  return nullptr;
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

// (viewer) → packets that wait
napi_value queuedPackets(const Arguments &given) {
  return number(given.env(), static_cast<double>(given.wrapped<ViewerHandle>(0, "viewer")->viewer->queuedPackets));
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
  add<send>(env, exports, "send");
  add<flush>(env, exports, "flush");
  add<fanoutCounters>(env, exports, "fanoutCounters");
  add<closeViewer>(env, exports, "closeViewer");
  add<queuedPackets>(env, exports, "queuedPackets");
  add<viewerCounters>(env, exports, "viewerCounters");
  add<isIdle>(env, exports, "isIdle");
  add<sendMode>(env, exports, "sendMode");
  add<closeFanout>(env, exports, "closeFanout");
}

}  // namespace pinhole
