#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace pinhole {

// The RTP payloads of one access unit, one behind the other; shared by all viewers and never changed.
struct Frame {
  std::vector<uint8_t> bytes;
  // Where each payload starts, and the end of the last.
  std::vector<uint32_t> offsets;

  size_t count() const { return offsets.size() - 1; }
  const uint8_t *payload(size_t position) const { return bytes.data() + offsets[position]; }
  size_t length(size_t position) const { return offsets[position + 1] - offsets[position]; }
};

// Packets of a frame on their way to one viewer.
struct Run {
  static constexpr size_t kMaxExtension = 64;

  std::shared_ptr<const Frame> frame;
  size_t from;   // position of the first packet to send
  size_t until;  // behind the last one
  // Index of the frame's first packet as SRTP counts: 65536 × rollover counter + sequence number.
  uint64_t firstIndex;
  uint32_t timestamp;
  uint8_t extension[kMaxExtension];
  uint8_t extensionLength;
  // Where in `extension` the transport-wide sequence number goes; negative: nowhere.
  int8_t transportOffset;
  uint16_t transportFirst;
  // Whether the frame's last packet carries the marker.
  bool marker;
  // Over how long it goes out when it is more than one burst.
  std::chrono::microseconds spread{0};
};

// The time from one frame to the next, by their RTP time stamps (90 kHz).
class FrameInterval {
 public:
  // Takes the next frame's time stamp; what is sent again changes nothing.
  void note(uint32_t timestamp) {
    const auto step = static_cast<int32_t>(timestamp - last_);
    if (any_ && step <= 0) return;
    // Frames that are caught up with follow each other by a tick, and one after a pause says nothing.
    if (any_ && step >= kLeast && step <= kMost) ticks_ += step < ticks_ ? step - ticks_ : (step - ticks_) / 8;
    any_ = true;
    last_ = timestamp;
  }
  std::chrono::microseconds quarter() const { return std::chrono::microseconds(ticks_ * 1000 / 90 / 4); }

 private:
  static constexpr int32_t kLeast = 90;
  static constexpr int32_t kMost = 90'000;
  // 30 frames a second until two came.
  int64_t ticks_ = 3000;
  uint32_t last_ = 0;
  bool any_ = false;
};

}  // namespace pinhole
