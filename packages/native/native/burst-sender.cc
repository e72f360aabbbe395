#include "burst-sender.h"

#include <fcntl.h>
#include <netinet/udp.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#ifdef __linux__
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#endif

namespace pinhole {
namespace {

constexpr size_t kRtpHeader = 12;
// What the kernel takes in one call with UDP_SEGMENT.
constexpr size_t kMaxSegments = 64;
constexpr size_t kMaxSegmentedBytes = 65'000;
constexpr size_t kMaxMany = 64;

void put16(uint8_t *at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}

void put32(uint8_t *at, uint32_t value) {
  put16(at, static_cast<uint16_t>(value >> 16));
  put16(at + 2, static_cast<uint16_t>(value));
}

bool hasNoRoom(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == ENOBUFS || error == ENOMEM; }

// The system, the network card or the socket cannot cut segments.
bool cannotSegment(int error) {
  return error == EIO || error == EINVAL || error == ENOPROTOOPT || error == EOPNOTSUPP || error == EMSGSIZE;
}

}  // namespace

Descriptor::Descriptor(int descriptor) : descriptor_(fcntl(descriptor, F_DUPFD_CLOEXEC, 0)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "descriptor");
}

Descriptor::~Descriptor() { close(descriptor_); }

BurstSender::BurstSender(bool segments)
#ifdef __linux__
    : mode_(segments ? SendMode::kSegments : SendMode::kMany) {
}
#else
    : mode_(SendMode::kOne) {
  (void)segments;
}
#endif

void BurstSender::send(Viewer &viewer, int descriptor, const Run &run, size_t from, size_t until) {
  written_ = 0;
  packets_.clear();
  size_t bytes = 0;
  for (size_t position = from; position < until; position++) bytes += lengthOf(viewer, run, position);
  if (scratch_.size() < bytes) scratch_.resize(bytes);
  try {
    for (size_t position = from; position < until; position++) write(viewer, run, position);
  } catch (const CryptoError &) {
    viewer.counters.packetsFailed += until - from;
    counters_.packetsRefused += until - from;
    return;
  }
  for (size_t next = 0; next < packets_.size();) {
    const size_t sent = mode() == SendMode::kSegments ? sendSegments(viewer, descriptor, next) : sendMany(viewer, descriptor, next);
    if (sent == 0) return;
    next += sent;
  }
}

size_t BurstSender::lengthOf(const Viewer &viewer, const Run &run, size_t position) const {
  return kRtpHeader + run.extensionLength + run.frame->length(position) + viewer.protector.overhead();
}

// Header (RFC 3550 §5.1), extension, payload, tag.
void BurstSender::write(Viewer &viewer, const Run &run, size_t position) {
  const Frame &frame = *run.frame;
  const uint64_t index = run.firstIndex + position;
  const size_t header = kRtpHeader + run.extensionLength;
  const size_t length = lengthOf(viewer, run, position);
  uint8_t *packet = scratch_.data() + written_;
  packet[0] = run.extensionLength > 0 ? 0x90 : 0x80;
  packet[1] = static_cast<uint8_t>((run.marker && position + 1 == frame.count() ? 0x80 : 0) | viewer.payloadType);
  put16(packet + 2, static_cast<uint16_t>(index));
  put32(packet + 4, run.timestamp);
  put32(packet + 8, viewer.ssrc);
  std::memcpy(packet + kRtpHeader, run.extension, run.extensionLength);
  if (run.transportOffset >= 0)
    put16(packet + kRtpHeader + run.transportOffset, static_cast<uint16_t>(run.transportFirst + position));
  viewer.protector.protect(packet, header, frame.payload(position), frame.length(position), index, viewer.ssrc);
  packets_.push_back({written_, length});
  written_ += length;
}

// As many packets as one call takes: all of one length, only the last may be shorter. Returns how many are done with,
// 0 when the rest is dropped.
size_t BurstSender::sendSegments(Viewer &viewer, int descriptor, size_t first) {
#ifdef __linux__
  const size_t size = packets_[first].length;
  size_t count = 1;
  size_t bytes = size;
  while (first + count < packets_.size() && count < kMaxSegments) {
    const size_t length = packets_[first + count].length;
    if (length > size || bytes + length > kMaxSegmentedBytes) break;
    bytes += length;
    count++;
    if (length < size) break;
  }
  iovec vector{scratch_.data() + packets_[first].offset, bytes};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(uint16_t))] = {};
  msghdr message{};
  message.msg_name = const_cast<sockaddr_storage *>(&viewer.address);
  message.msg_namelen = viewer.addressLength;
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  if (count > 1) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr *segment = CMSG_FIRSTHDR(&message);
    segment->cmsg_level = SOL_UDP;
    segment->cmsg_type = UDP_SEGMENT;
    segment->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const auto segmentSize = static_cast<uint16_t>(size);
    std::memcpy(CMSG_DATA(segment), &segmentSize, sizeof segmentSize);
  }
  viewer.counters.systemCalls++;
  counters_.systemCalls++;
  if (sendmsg(descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) {
    viewer.counters.packetsSent += count;
    viewer.counters.bytesSent += bytes;
    counters_.packetsSent += count;
    return count;
  }
  if (count > 1 && cannotSegment(errno)) {
    mode_ = SendMode::kMany;
    return sendMany(viewer, descriptor, first);
  }
  refuse(viewer, packets_.size() - first, errno);
  return 0;
#else
  return sendMany(viewer, descriptor, first);
#endif
}

// Up to kMaxMany packets by one call where the system has such a call, else one. Returns as sendSegments does.
size_t BurstSender::sendMany(Viewer &viewer, int descriptor, size_t first) {
  const size_t count = std::min(packets_.size() - first, mode() == SendMode::kOne ? 1 : kMaxMany);
  iovec vectors[kMaxMany];
  int sent;
  viewer.counters.systemCalls++;
  counters_.systemCalls++;
#ifdef __linux__
  mmsghdr messages[kMaxMany];
  for (size_t i = 0; i < count; i++) {
    const Packet &packet = packets_[first + i];
    vectors[i] = {scratch_.data() + packet.offset, packet.length};
    messages[i] = {};
    messages[i].msg_hdr.msg_name = const_cast<sockaddr_storage *>(&viewer.address);
    messages[i].msg_hdr.msg_namelen = viewer.addressLength;
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  sent = sendmmsg(descriptor, messages, static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
#else
  const Packet &packet = packets_[first];
  (void)vectors;
  sent = sendto(descriptor, scratch_.data() + packet.offset, packet.length, MSG_DONTWAIT,
                reinterpret_cast<const sockaddr *>(&viewer.address), viewer.addressLength) < 0
             ? -1
             : 1;
#endif
  if (sent <= 0) {
    refuse(viewer, packets_.size() - first, errno);
    return 0;
  }
  for (int i = 0; i < sent; i++) viewer.counters.bytesSent += packets_[first + static_cast<size_t>(i)].length;
  viewer.counters.packetsSent += static_cast<uint64_t>(sent);
  counters_.packetsSent += static_cast<uint64_t>(sent);
  return static_cast<size_t>(sent);
}

void BurstSender::refuse(Viewer &viewer, size_t packets, int error) {
  (hasNoRoom(error) ? viewer.counters.packetsRefused : viewer.counters.packetsFailed) += packets;
  viewer.counters.lastError = error;
  counters_.packetsRefused += packets;
}

}  // namespace pinhole
