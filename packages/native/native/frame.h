#pragma once

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
};

}  // namespace pinhole
