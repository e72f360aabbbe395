#include "slot.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <system_error>

namespace pinhole {
namespace {

[[noreturn]] void fail(const std::string &what) {
  throw std::system_error(errno, std::generic_category(), what);
}

void putLittle(uint8_t *at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) at[i] = static_cast<uint8_t>(value >> (8 * i));
}

uint64_t getLittle(const uint8_t *at, size_t bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes; i++) value |= static_cast<uint64_t>(at[i]) << (8 * i);
  return value;
}

constexpr int kBias = 16383;

}  // namespace

void putReal(uint8_t *at, RealKind kind, double value) {
  std::memset(at, 0, realBytes(kind));
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  if (kind == RealKind::kBinary64) {
    putLittle(at, bits, 8);
    return;
  }
  if (value == 0 || !std::isfinite(value)) return;
  int exponent;
  const double mantissa = std::frexp(std::fabs(value), &exponent);  // 0.5 ≤ mantissa < 1
  const auto top = static_cast<uint16_t>((std::signbit(value) ? 0x8000 : 0) | (exponent - 1 + kBias));
  if (kind == RealKind::kX87) {
    // The leading one is written.
    putLittle(at, static_cast<uint64_t>(std::ldexp(mantissa, 64)), 8);
    putLittle(at + 8, top, 2);
    return;
  }
  // 112 bits of fraction without the leading one; the uppermost 52 are those of a normal double.
  const uint64_t fraction = bits & 0xfffffffffffff;
  putLittle(at + 7, fraction << 4 & 0xff, 1);
  putLittle(at + 8, fraction >> 4, 6);
  putLittle(at + 14, top, 2);
}

double getReal(const uint8_t *at, RealKind kind) {
  if (kind == RealKind::kBinary64) {
    const uint64_t bits = getLittle(at, 8);
    double value;
    std::memcpy(&value, &bits, sizeof value);
    return std::isfinite(value) ? value : 0;
  }
  const size_t topAt = kind == RealKind::kX87 ? 8 : 14;
  const uint64_t top = getLittle(at + topAt, 2);
  const int exponent = static_cast<int>(top & 0x7fff) - kBias;
  double magnitude;
  if (kind == RealKind::kX87) {
    magnitude = std::ldexp(static_cast<double>(getLittle(at, 8)), exponent - 63);
  } else {
    if ((top & 0x7fff) == 0) return 0;
    magnitude = std::ldexp(1 + std::ldexp(static_cast<double>(getLittle(at + 7, 7)), -56), exponent);
  }
  if (!std::isfinite(magnitude)) return 0;
  return (top & 0x8000) != 0 ? -magnitude : magnitude;
}

double clockSeconds(bool raw) {
  timespec time;
#ifdef CLOCK_MONOTONIC_RAW
  clock_gettime(raw ? CLOCK_MONOTONIC_RAW : CLOCK_MONOTONIC, &time);
#else
  (void)raw;
  clock_gettime(CLOCK_MONOTONIC, &time);
#endif
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

SlotObject SlotObject::open(const std::string &name) {
  const int descriptor = shm_open(name.c_str(), O_RDWR | O_CLOEXEC, 0);
  if (descriptor < 0) fail("shm_open");
  return SlotObject(name, descriptor);
}

SlotObject SlotObject::create(const std::string &name, mode_t mode, off_t size) {
  int descriptor = shm_open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode);
  if (descriptor < 0) fail("shm_open");
  struct stat existing;
  if (fstat(descriptor, &existing) == 0 && existing.st_size != 0 && existing.st_size != size) {
    // Programs that have it mapped would die of an object that shrinks: they keep it, and the name means another one.
    close(descriptor);
    shm_unlink(name.c_str());
    descriptor = shm_open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, mode);
    if (descriptor < 0) fail("shm_open");
  }
  SlotObject object(name, descriptor);
  if (fstat(descriptor, &existing) != 0) fail("fstat");
  // The process's umask is not ours to change; of an object that was there already, mode and owner stay.
  if (existing.st_size == 0) fchmod(descriptor, mode);
  if (existing.st_size != size && ftruncate(descriptor, size) != 0) fail("ftruncate");
  return object;
}

SlotObject::SlotObject(SlotObject &&other) noexcept : name_(std::move(other.name_)), descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

SlotObject::~SlotObject() {
  if (descriptor_ >= 0) close(descriptor_);
}

off_t SlotObject::size() const {
  struct stat status;
  return fstat(descriptor_, &status) == 0 ? status.st_size : 0;
}

bool SlotObject::isCurrent() const {
  const int other = shm_open(name_.c_str(), O_RDONLY | O_CLOEXEC, 0);
  if (other < 0) return errno != ENOENT;
  struct stat ours, theirs;
  const bool same = fstat(descriptor_, &ours) == 0 && fstat(other, &theirs) == 0 && ours.st_ino == theirs.st_ino &&
                    ours.st_dev == theirs.st_dev;
  close(other);
  return same;
}

bool SlotObject::tryLock() { return flock(descriptor_, LOCK_EX | LOCK_NB) == 0; }

void SlotObject::unlock() { flock(descriptor_, LOCK_UN); }

bool SlotObject::read(uint8_t *to, size_t length, size_t offset) const {
  while (length > 0) {
    const ssize_t count = pread(descriptor_, to, length, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    to += count;
    offset += static_cast<size_t>(count);
    length -= static_cast<size_t>(count);
  }
  return true;
}

bool SlotObject::write(const uint8_t *from, size_t length, size_t offset) {
  while (length > 0) {
    const ssize_t count = pwrite(descriptor_, from, length, static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    from += count;
    offset += static_cast<size_t>(count);
    length -= static_cast<size_t>(count);
  }
  return true;
}

void SlotObject::unlink() const { shm_unlink(name_.c_str()); }

}  // namespace pinhole
