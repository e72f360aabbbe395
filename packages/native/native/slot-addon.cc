#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>

#include "arguments.h"
#include "modules.h"
#include "slot-reader.h"

namespace pinhole {
namespace {

constexpr size_t kWaitingFrames = 32;

// Calls into JavaScript from the reading thread; frames that find no place in the queue are dropped.
class Callback {
 public:
  Callback(napi_env env, napi_value function) {
    napi_value name;
    require(napi_create_string_utf8(env, "pinhole slot", NAPI_AUTO_LENGTH, &name), "name");
    // Without a bound of its own: a call never waits, so that whoever joins the reading thread never waits for itself.
    auto kept = std::make_unique<std::shared_ptr<Fate>>(fate_);
    require(napi_create_threadsafe_function(env, function, nullptr, name, 0, 1, kept.get(), gone, nullptr, call, &function_),
            "the last argument must be a function");
    kept.release();
    // A slot that nobody waits for does not keep the program alive.
    napi_unref_threadsafe_function(env, function_);
  }
  ~Callback() {
    fate_->stop = nullptr;
    if (!fate_->over) napi_release_threadsafe_function(function_, napi_tsfn_abort);
  }

  // What has to come to its end before calls are no longer possible: whoever makes them.
  void stopBy(std::function<void()> stop) { fate_->stop = std::move(stop); }

  bool frame(std::unique_ptr<SlotFrame> frame) {
    if (*waiting_ >= kWaitingFrames) return false;
    ++*waiting_;
    return post(new Message{std::move(frame), SlotEnd::kReplaced, waiting_});
  }
  void ended(SlotEnd why) { post(new Message{nullptr, why, waiting_}); }

 private:
  using Waiting = std::shared_ptr<std::atomic<size_t>>;

  // Of the function below, which the end of the environment may take away before anybody collects who owns it. Touched on
  // the environment's own thread alone.
  struct Fate {
    std::function<void()> stop;
    bool over = false;
  };

  static void gone(napi_env, void *data, void *) {
    const std::unique_ptr<std::shared_ptr<Fate>> fate(static_cast<std::shared_ptr<Fate> *>(data));
    (*fate)->over = true;
    if ((*fate)->stop) (*fate)->stop();
  }

  struct Message {
    std::unique_ptr<SlotFrame> frame;
    SlotEnd end;
    Waiting waiting;
    ~Message() {
      if (frame) --*waiting;
    }
  };

  bool post(Message *message) {
    if (napi_call_threadsafe_function(function_, message, napi_tsfn_nonblocking) == napi_ok) return true;
    delete message;
    return false;
  }

  // (header, data, writer's seconds, seconds), or (number of the end).
  static void call(napi_env env, napi_value function, void *, void *data) {
    const std::unique_ptr<Message> message(static_cast<Message *>(data));
    if (env == nullptr) return;
    napi_value receiver, arguments[4];
    if (napi_get_undefined(env, &receiver) != napi_ok) return;
    size_t count = 1;
    if (!message->frame) {
      if (napi_create_uint32(env, static_cast<uint32_t>(message->end), &arguments[0]) != napi_ok) return;
    } else {
      SlotFrame &frame = *message->frame;
      uint8_t *bytes = frame.data.get();
      if (napi_create_buffer_copy(env, frame.header.size(), frame.header.data(), nullptr, &arguments[0]) != napi_ok ||
          napi_create_external_buffer(
              env, frame.length, bytes, [](napi_env, void *freed, void *) { std::free(freed); }, nullptr, &arguments[1]) !=
              napi_ok)
        return;
      frame.data.release();
      if (napi_create_double(env, frame.writerSeconds, &arguments[2]) != napi_ok ||
          napi_create_double(env, frame.seconds, &arguments[3]) != napi_ok)
        return;
      count = 4;
    }
    napi_call_function(env, receiver, function, count, arguments, nullptr);
  }

  const std::shared_ptr<Fate> fate_ = std::make_shared<Fate>();
  napi_threadsafe_function function_ = nullptr;
  // Frames on their way; a message may outlive this.
  const Waiting waiting_ = std::make_shared<std::atomic<size_t>>(0);
};

struct ReaderHandle {
  std::unique_ptr<Callback> callback;
  std::unique_ptr<SlotReader> reader;
  ~ReaderHandle() { reader.reset(); }
};

struct WriterHandle {
  WriterHandle(SlotObject object, const SlotLayout &layout) : object(std::move(object)), layout(layout) {}
  SlotObject object;
  const SlotLayout layout;
  uint64_t lastId = 0;  // 0: nothing was published yet
  // The stamp of readers when it was looked at last, and when it was seen to change (0: never), by CLOCK_MONOTONIC.
  bool hasLooked = false;
  double seen = 0;
  double seenAt = 0;
};

// What became of a frame.
enum class Published : uint32_t { kBusy = 0, kYes = 1, kForeign = 2 };

uint64_t wordAt(const uint8_t *header, size_t offset) {
  uint64_t word;
  std::memcpy(&word, header + offset, sizeof word);
  return word;
}

uint64_t idIn(const uint8_t *header) { return wordAt(header, 16); }

// Whether there is a frame that is not the writer's own.
bool isForeign(const WriterHandle &writer, const uint8_t *header) {
  const uint64_t id = idIn(header);
  return writer.lastId != 0 && wordAt(header, 0) == kSlotMagic && id != 0 && id != writer.lastId;
}

std::string nameOf(const Arguments &given) {
  const std::string name = given.text(0, "name");
  const std::string plain = name.substr(!name.empty() && name.front() == '/' ? 1 : 0);
  if (plain.empty() || plain.find('/') != std::string::npos)
    throw ArgumentError("name must be the name of an object in shared memory, without a slash within");
  return "/" + plain;
}

// Ten numbers from argument `i` on, in the order of SlotLayout.
SlotLayout layoutOf(const Arguments &given, size_t i) {
  const double header = kMaxSlotHeader;
  SlotLayout layout{};
  layout.version = static_cast<uint32_t>(given.whole(i, "version", 1, 1000));
  layout.headerBytes = given.whole(i + 1, "headerBytes", kSlotPrefix, header);
  layout.dataOffset = given.whole(i + 2, "dataOffset", kSlotPrefix, 65'536);
  layout.capacity = given.whole(i + 3, "capacity", 1, kMaxSlotCapacity);
  layout.usedBytes = given.whole(i + 4, "usedBytes", 4, 8);
  layout.realKind = static_cast<RealKind>(given.whole(i + 5, "realKind", 0, 2));
  const double end = static_cast<double>(layout.headerBytes);
  layout.lastClientOffset =
      given.whole(i + 6, "lastClientOffset", kSlotPrefix - 8, end - static_cast<double>(realBytes(layout.realKind)));
  layout.keyOffset = static_cast<int64_t>(given.whole(i + 7, "keyOffset", -1, end - 1));
  layout.keyRequestedOffset = static_cast<int64_t>(given.whole(i + 8, "keyRequestedOffset", -1, end - 1));
  layout.clock = static_cast<SlotClock>(given.whole(i + 9, "clock", 0, 2));
  if (layout.usedBytes != 4 && layout.usedBytes != 8) throw ArgumentError("usedBytes must be 4 or 8");
  return layout;
}

// (name) → the first bytes and the size, or null while the object is shorter than those
napi_value peekSlot(const Arguments &given) {
  const SlotObject object = SlotObject::open(nameOf(given));
  const napi_env env = given.env();
  uint8_t prefix[kSlotPrefix] = {};
  object.read(prefix, sizeof prefix, 0);
  napi_value result, bytes;
  if (napi_create_object(env, &result) != napi_ok ||
      napi_create_buffer_copy(env, sizeof prefix, prefix, nullptr, &bytes) != napi_ok)
    throw NodeError("object");
  set(env, result, "prefix", bytes);
  set(env, result, "size", number(env, static_cast<double>(object.size())));
  return result;
}

// (name, layout…, pollMicros, listener) → reader
napi_value openSlotReader(const Arguments &given) {
  const SlotLayout layout = layoutOf(given, 1);
  const uint64_t pollMicros = given.whole(11, "pollMicros", 100, 1'000'000);
  SlotObject object = SlotObject::open(nameOf(given));
  auto handle = std::make_shared<ReaderHandle>();
  handle->callback = std::make_unique<Callback>(given.env(), given.at(12, "listener"));
  Callback *callback = handle->callback.get();
  handle->reader = std::make_unique<SlotReader>(
      std::move(object), layout, pollMicros,
      SlotReader::Handlers{[callback](std::unique_ptr<SlotFrame> frame) { return callback->frame(std::move(frame)); },
                           [callback](SlotEnd why) { callback->ended(why); }});
  callback->stopBy([reader = handle->reader.get()] { reader->stop(); });
  return wrap(given.env(), std::move(handle));
}

napi_value requestSlotKey(const Arguments &given) {
  given.wrapped<ReaderHandle>(0, "reader")->reader->requestKey();
  return nullptr;
}

napi_value slotCounters(const Arguments &given) {
  const SlotCounters &counters = given.wrapped<ReaderHandle>(0, "reader")->reader->counters;
  const napi_env env = given.env();
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) throw NodeError("object");
  set(env, object, "frames", number(env, static_cast<double>(counters.frames)));
  set(env, object, "busy", number(env, static_cast<double>(counters.busy)));
  set(env, object, "truncated", number(env, static_cast<double>(counters.truncated)));
  set(env, object, "dropped", number(env, static_cast<double>(counters.dropped)));
  set(env, object, "cpuMicros", number(env, static_cast<double>(counters.cpuMicros)));
  return object;
}

napi_value closeSlotReader(const Arguments &given) {
  given.wrapped<ReaderHandle>(0, "reader")->reader->stop();
  return nullptr;
}

// (name, layout…, mode, size) → writer
napi_value openSlotWriter(const Arguments &given) {
  const SlotLayout layout = layoutOf(given, 1);
  const auto mode = static_cast<mode_t>(given.whole(11, "mode", 0, 0777));
  const auto size = static_cast<off_t>(given.whole(12, "size", static_cast<double>(layout.headerBytes),
                                                   static_cast<double>(kMaxSlotCapacity) + 65'536));
  return wrap(given.env(), std::make_shared<WriterHandle>(SlotObject::create(nameOf(given), mode, size), layout));
}

// (writer, header, data) → Published: not while somebody else has the lock, nor over what somebody else wrote
napi_value publishToSlot(const Arguments &given) {
  WriterHandle &writer = *given.wrapped<WriterHandle>(0, "writer");
  const SlotLayout &layout = writer.layout;
  const Bytes header = given.bytes(1, "header");
  const Bytes data = given.bytes(2, "data");
  if (header.length != layout.headerBytes)
    throw ArgumentError("header must have " + std::to_string(layout.headerBytes) + " bytes");
  if (data.length > layout.capacity)
    throw ArgumentError("data must have at most " + std::to_string(layout.capacity) + " bytes");
  const auto outcome = [&given](Published what) { return number(given.env(), static_cast<double>(what)); };
  if (!writer.object.tryLock()) return outcome(Published::kBusy);
  uint8_t merged[kMaxSlotHeader];
  std::memcpy(merged, header.data, header.length);
  uint8_t before[kMaxSlotHeader];
  bool written = writer.object.read(before, layout.headerBytes, 0);
  if (written && isForeign(writer, before)) {
    writer.object.unlock();
    return outcome(Published::kForeign);
  }
  // In versions 3 and 4 data begins in what would be the header's padding.
  const size_t headerEnd = std::min(layout.headerBytes, layout.dataOffset);
  // What readers wrote stays; a key frame answers who asked for one.
  std::memcpy(merged + layout.lastClientOffset, before + layout.lastClientOffset, realBytes(layout.realKind));
  const bool key = layout.keyOffset >= 0 && header.data[layout.keyOffset] != 0;
  if (layout.keyRequestedOffset >= 0 && !key) merged[layout.keyRequestedOffset] = before[layout.keyRequestedOffset];
  written = written && writer.object.write(merged + 16, 8, 16) &&
            writer.object.write(data.data, data.length, layout.dataOffset) &&
            writer.object.write(merged + 12, headerEnd - 12, 12) && writer.object.write(merged, 12, 0);
  writer.object.unlock();
  if (!written) throw NodeError("the object in shared memory could not be written");
  writer.lastId = idIn(merged);
  return outcome(Published::kYes);
}

// (writer) → whether its name still means what it writes into
napi_value isSlotCurrent(const Arguments &given) {
  return boolean(given.env(), given.wrapped<WriterHandle>(0, "writer")->object.isCurrent());
}

// (writer) → seconds since a reader was there (infinite: never), whether one asks for a key frame, and
// whether somebody else wrote since
napi_value slotReaders(const Arguments &given) {
  WriterHandle &writer = *given.wrapped<WriterHandle>(0, "writer");
  const SlotLayout &layout = writer.layout;
  const napi_env env = given.env();
  uint8_t header[kMaxSlotHeader] = {};
  const bool whole = writer.object.read(header, layout.headerBytes, 0);
  const double seen = getReal(header + layout.lastClientOffset, layout.realKind);
  const double now = clockSeconds(false);
  // Readers may count by another clock, which drifts from the writer's by seconds a day: a change is what tells.
  if (seen != writer.seen && writer.hasLooked) writer.seenAt = now;
  writer.hasLooked = true;
  writer.seen = seen;
  double secondsSince = std::numeric_limits<double>::infinity();
  if (writer.seenAt > 0) secondsSince = now - writer.seenAt;
  else if (seen > 0) secondsSince = clockSeconds(layout.clock == SlotClock::kRaw) - seen;
  napi_value object;
  if (napi_create_object(env, &object) != napi_ok) throw NodeError("object");
  set(env, object, "secondsSince", number(env, secondsSince));
  set(env, object, "wantsKey",
      boolean(env, layout.keyRequestedOffset >= 0 && header[layout.keyRequestedOffset] != 0));
  set(env, object, "foreign", boolean(env, whole && isForeign(writer, header)));
  return object;
}

// (writer): takes the name away
napi_value unlinkSlot(const Arguments &given) {
  given.wrapped<WriterHandle>(0, "writer")->object.unlink();
  return nullptr;
}

// (raw) → seconds
napi_value clockNow(const Arguments &given) {
  return number(given.env(), clockSeconds(given.boolean(0, "raw")));
}

// (kind, number) → bytes; and back
napi_value encodeReal(const Arguments &given) {
  const auto kind = static_cast<RealKind>(given.whole(0, "kind", 0, 2));
  double value = 0;
  require(napi_get_value_double(given.env(), given.at(1, "value"), &value), "value must be a number");
  uint8_t bytes[16];
  putReal(bytes, kind, value);
  napi_value buffer;
  if (napi_create_buffer_copy(given.env(), realBytes(kind), bytes, nullptr, &buffer) != napi_ok) throw NodeError("buffer");
  return buffer;
}

napi_value decodeReal(const Arguments &given) {
  const auto kind = static_cast<RealKind>(given.whole(0, "kind", 0, 2));
  const Bytes bytes = given.bytes(1, "bytes");
  if (bytes.length != realBytes(kind)) throw ArgumentError("bytes must have 8 or 16 bytes, as the kind has");
  return number(given.env(), getReal(bytes.data, kind));
}

}  // namespace

void registerSlot(napi_env env, napi_value exports) {
  add<peekSlot>(env, exports, "peekSlot");
  add<openSlotReader>(env, exports, "openSlotReader");
  add<requestSlotKey>(env, exports, "requestSlotKey");
  add<slotCounters>(env, exports, "slotCounters");
  add<closeSlotReader>(env, exports, "closeSlotReader");
  add<openSlotWriter>(env, exports, "openSlotWriter");
  add<publishToSlot>(env, exports, "publishToSlot");
  add<isSlotCurrent>(env, exports, "isSlotCurrent");
  add<slotReaders>(env, exports, "slotReaders");
  add<unlinkSlot>(env, exports, "unlinkSlot");
  add<clockNow>(env, exports, "clockNow");
  add<encodeReal>(env, exports, "encodeReal");
  add<decodeReal>(env, exports, "decodeReal");
}

}  // namespace pinhole
