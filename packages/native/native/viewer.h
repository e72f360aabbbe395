#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "frame.h"
#include "run-queue.h"
#include "srtp.h"

namespace pinhole {

// A file descriptor of our own, closed with its owner.
class Descriptor {
 public:
  // Duplicates `descriptor`, so that whoever has the other may close it at any time.
  explicit Descriptor(int descriptor);
  ~Descriptor();
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// All counted since the viewer was opened.
struct ViewerCounters {
  std::atomic<uint64_t> packetsSent{0};
  std::atomic<uint64_t> bytesSent{0};
  std::atomic<uint64_t> systemCalls{0};
  // Packets that the system had no room for.
  std::atomic<uint64_t> packetsRefused{0};
  // Packets that were dropped because too many waited already.
  std::atomic<uint64_t> packetsOverflowed{0};
  // Packets that failed for another reason; the last reason.
  std::atomic<uint64_t> packetsFailed{0};
  std::atomic<int> lastError{0};
};

struct ViewerOptions {
  std::shared_ptr<const Descriptor> descriptor;
  sockaddr_storage address;
  socklen_t addressLength;
  MasterKeys keys;
  uint32_t ssrc;
  uint8_t payloadType;
};

using Clock = std::chrono::steady_clock;

// One viewer's way out. What is below `queue` belongs to its fan-out's lock; the protector to the sending thread.
struct Viewer {
  explicit Viewer(const ViewerOptions &options)
      : address(options.address),
        addressLength(options.addressLength),
        ssrc(options.ssrc),
        payloadType(options.payloadType),
        protector(SessionKeys::of(options.keys)),
        descriptor(options.descriptor) {}

  const sockaddr_storage address;
  const socklen_t addressLength;
  const uint32_t ssrc;
  const uint8_t payloadType;
  SrtpProtector protector;
  ViewerCounters counters;
  std::atomic<bool> closed{false};

  // Of the thread that gives runs.
  FrameInterval interval;

  RunQueue queue;
  // Picture and sound of one viewer share it. Gone once the viewer is closed.
  std::shared_ptr<const Descriptor> descriptor;
  // Read without the lock too.
  std::atomic<size_t> queuedPackets{0};
  // The same for JavaScript, which adds what it gives and reads it without a call; nothing is decided by it here.
  const std::shared_ptr<std::atomic<int32_t>> shownPackets = std::make_shared<std::atomic<int32_t>>(0);
  bool scheduled = false;
};

}  // namespace pinhole
