#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pinhole {

// How the writer's compiler lays out `long double`.
enum class RealKind : uint8_t { kX87 = 0, kBinary128 = 1, kBinary64 = 2 };

// The clock by which a writer counts; in one version it may be either.
enum class SlotClock : uint8_t { kMonotonic = 0, kRaw = 1, kEither = 2 };

// Where things are in one version of the slot; chosen in TypeScript, checked here.
struct SlotLayout {
  uint32_t version;
  size_t headerBytes;
  size_t dataOffset;
  size_t capacity;
  size_t usedBytes;  // of the field `used`: 4 or 8
  size_t lastClientOffset;
  RealKind realKind;
  int64_t keyOffset;          // −1: this version has none
  int64_t keyRequestedOffset;  // −1: this version has none
  SlotClock clock;
};

constexpr uint64_t kSlotMagic = 0xCAFEBABECAFEBABE;
constexpr size_t kSlotPrefix = 32;  // magic, version, id, used: the same in every version
constexpr size_t kMaxSlotHeader = 256;
constexpr size_t kMaxSlotCapacity = 64 * 1024 * 1024;

// Bytes of a real number.
inline size_t realBytes(RealKind kind) { return kind == RealKind::kBinary64 ? 8 : 16; }
// Writes a number as the writer's compiler would. Finite numbers only.
void putReal(uint8_t *at, RealKind kind, double value);
double getReal(const uint8_t *at, RealKind kind);

// Seconds of a clock of this machine.
double clockSeconds(bool raw);

// An object in shared memory, by its descriptor: read and written by calls, never mapped, so that an object that shrinks
// is an error and not a signal.
class SlotObject {
 public:
  // Opens an object that exists, to read and write. Throws std::system_error.
  static SlotObject open(const std::string &name);
  // Opens or creates an object of that size. Throws std::system_error.
  static SlotObject create(const std::string &name, mode_t mode, off_t size);

  SlotObject(SlotObject &&other) noexcept;
  SlotObject &operator=(SlotObject &&) = delete;
  ~SlotObject();

  off_t size() const;
  // Whether the name still means this object.
  bool isCurrent() const;
  bool tryLock();
  void unlock();
  // False when the object is shorter than that.
  bool read(uint8_t *to, size_t length, size_t offset) const;
  bool write(const uint8_t *from, size_t length, size_t offset);
  void unlink() const;

 private:
  SlotObject(std::string name, int descriptor) : name_(std::move(name)), descriptor_(descriptor) {}

  std::string name_;
  int descriptor_;
};

}  // namespace pinhole
