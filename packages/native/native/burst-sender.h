#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "viewer.h"

namespace pinhole {

// How datagrams are handed to the system.
enum class SendMode { kSegments, kMany, kOne };

struct SenderCounters {
  std::atomic<uint64_t> packetsSent{0};
  std::atomic<uint64_t> systemCalls{0};
  // Packets that the system did not take, or that could not be made.
  std::atomic<uint64_t> packetsRefused{0};
};

// Makes packets and hands them to the system; one for each sending thread.
class BurstSender {
 public:
  // `segments`: whether one system call may carry many packets (UDP_SEGMENT, Linux 4.18); found out when first refused.
  explicit BurstSender(bool segments);

  // Sends packets `from` to `until` of a run to a viewer. Returns at once; what the system has no room for is dropped
  // and counted.
  void send(Viewer &viewer, int descriptor, const Run &run, size_t from, size_t until);

  // Of all viewers so far.
  const SenderCounters &counters() const { return counters_; }

  SendMode mode() const { return mode_.load(std::memory_order_relaxed); }

 private:
  struct Packet {
    size_t offset;
    size_t length;
  };

  size_t lengthOf(const Viewer &viewer, const Run &run, size_t position) const;
  void write(Viewer &viewer, const Run &run, size_t position);
  size_t sendSegments(Viewer &viewer, int descriptor, size_t first);
  size_t sendMany(Viewer &viewer, int descriptor, size_t first);
  void refuse(Viewer &viewer, size_t packets, int error);

  std::atomic<SendMode> mode_;
  SenderCounters counters_;
  // Grows to the largest burst; what was in it before is written over.
  std::vector<uint8_t> scratch_;
  size_t written_ = 0;
  std::vector<Packet> packets_;
};

}  // namespace pinhole
