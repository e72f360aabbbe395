#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "slot.h"

namespace pinhole {

struct FreeBytes {
  void operator()(uint8_t *bytes) const { std::free(bytes); }
};

// One frame as it was in the slot.
struct SlotFrame {
  std::vector<uint8_t> header;
  std::unique_ptr<uint8_t, FreeBytes> data;
  size_t length;
  // When it was taken, by the writer's clock and by CLOCK_MONOTONIC; seconds.
  double writerSeconds;
  double seconds;
};

enum class SlotEnd : uint8_t { kReplaced = 0, kVersion = 1 };

struct SlotCounters {
  std::atomic<uint64_t> frames{0};
  // Looks at a slot that somebody else had locked.
  std::atomic<uint64_t> busy{0};
  // Frames that claimed more than the slot or the object holds.
  std::atomic<uint64_t> truncated{0};
  // Frames that nobody took in time.
  std::atomic<uint64_t> dropped{0};
  // Processor time of the reading thread.
  std::atomic<uint64_t> cpuMicros{0};
};

// Looks at a slot every `pollMicros` on a thread of its own, tells the writer that somebody is there, and hands on every
// new frame.
class SlotReader {
 public:
  struct Handlers {
    // Called on the reading thread; false: nobody took it.
    std::function<bool(std::unique_ptr<SlotFrame>)> frame;
    // Nothing follows.
    std::function<void(SlotEnd)> ended;
  };

  SlotReader(SlotObject object, const SlotLayout &layout, uint64_t pollMicros, Handlers handlers);
  ~SlotReader() { stop(); }

  void requestKey() { wantsKey_ = true; }
  void stop();

  SlotCounters counters;

 private:
  void work();
  // Takes what is new, under the lock.
  std::unique_ptr<SlotFrame> look(bool stamp);

  SlotObject object_;
  const SlotLayout layout_;
  const uint64_t pollMicros_;
  const Handlers handlers_;
  std::atomic<bool> stopped_{false};
  std::atomic<bool> wantsKey_{false};
  bool foreign_ = false;
  uint64_t lastId_ = 0;
  std::thread thread_;
};

}  // namespace pinhole
