#include "slot-reader.h"

#include <time.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace pinhole {
namespace {

using Clock = std::chrono::steady_clock;

// A writer of our times takes a change of the stamp for a sign of life, an older one a stamp that is younger than 10 s.
constexpr auto kStampEvery = std::chrono::milliseconds(100);
constexpr auto kCheckNameEvery = std::chrono::milliseconds(250);

uint64_t get(const uint8_t *at, size_t bytes) {
  uint64_t value = 0;
  std::memcpy(&value, at, bytes);
  return value;
}

uint64_t threadMicros() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000 + static_cast<uint64_t>(time.tv_nsec) / 1000;
}

}  // namespace

SlotReader::SlotReader(SlotObject object, const SlotLayout &layout, uint64_t pollMicros, Handlers handlers)
    : object_(std::move(object)), layout_(layout), pollMicros_(pollMicros), handlers_(std::move(handlers)) {
  thread_ = std::thread([this] { work(); });
}

void SlotReader::stop() {
  stopped_ = true;
  if (thread_.joinable() && thread_.get_id() != std::this_thread::get_id()) thread_.join();
}

void SlotReader::work() {
  Clock::time_point stampedAt{}, checkedAt = Clock::now();
  while (!stopped_) {
    const Clock::time_point now = Clock::now();
    if (now - checkedAt >= kCheckNameEvery) {
      checkedAt = now;
      counters.cpuMicros = threadMicros();
      if (!object_.isCurrent()) {
        handlers_.ended(SlotEnd::kReplaced);
        return;
      }
    }
    if (object_.tryLock()) {
      const bool stamp = now - stampedAt >= kStampEvery;
      if (stamp) stampedAt = now;
      std::unique_ptr<SlotFrame> frame = look(stamp);
      object_.unlock();
      if (foreign_) {
        handlers_.ended(SlotEnd::kVersion);
        return;
      }
      if (frame) {
        counters.frames++;
        if (!handlers_.frame(std::move(frame))) counters.dropped++;
      }
    } else {
      counters.busy++;
    }
    std::this_thread::sleep_for(std::chrono::microseconds(pollMicros_));
  }
}

std::unique_ptr<SlotFrame> SlotReader::look(bool stamp) {
  uint8_t header[kMaxSlotHeader];
  if (!object_.read(header, layout_.headerBytes, 0)) return nullptr;
  if (get(header, 8) != kSlotMagic) return nullptr;
  if (get(header + 8, 4) != layout_.version) {
    foreign_ = true;
    return nullptr;
  }
  const uint64_t id = get(header + 16, 8);
  // Nothing was published yet under 0.
  const bool isNew = id != 0 && id != lastId_;
  const double monotonicSeconds = clockSeconds(false);
  const double writerSeconds = layout_.clock == SlotClock::kMonotonic ? monotonicSeconds : clockSeconds(true);
  if (isNew || stamp) {
    uint8_t real[16];
    // By the later of two clocks a stamp is young enough for a writer with either.
    const double stamped = layout_.clock == SlotClock::kEither ? std::max(writerSeconds, monotonicSeconds) : writerSeconds;
    putReal(real, layout_.realKind, std::round(stamped * 1000) / 1000);
    object_.write(real, realBytes(layout_.realKind), layout_.lastClientOffset);
    const bool key = isNew && layout_.keyOffset >= 0 && header[layout_.keyOffset] != 0;
    if (key) {
      wantsKey_ = false;
    } else if (wantsKey_ && layout_.keyRequestedOffset >= 0) {
      const uint8_t yes = 1;
      object_.write(&yes, 1, static_cast<size_t>(layout_.keyRequestedOffset));
    }
  }
  if (!isNew) return nullptr;
  lastId_ = id;
  const uint64_t used = get(header + 24, layout_.usedBytes);
  if (used > layout_.capacity || layout_.dataOffset + used > static_cast<uint64_t>(object_.size())) {
    counters.truncated++;
    return nullptr;
  }
  auto frame = std::make_unique<SlotFrame>();
  frame->length = used;
  frame->data.reset(static_cast<uint8_t *>(std::malloc(used > 0 ? used : 1)));
  if (!frame->data || !object_.read(frame->data.get(), used, layout_.dataOffset)) {
    counters.truncated++;
    return nullptr;
  }
  frame->header.assign(header, header + layout_.headerBytes);
  frame->writerSeconds = writerSeconds;
  frame->seconds = clockSeconds(false);
  return frame;
}

}  // namespace pinhole
