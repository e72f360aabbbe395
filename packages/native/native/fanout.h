#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <queue>
#include <thread>
#include <vector>

#include "burst-sender.h"
#include "viewer.h"

namespace pinhole {

struct FanoutOptions {
  size_t threads;
  // Whether one system call may carry many packets.
  bool segments;
  // Packets that go out at once of a frame that has more than twice as many; such a frame is spread.
  size_t burstPackets;
  // Over how long a frame is spread; below 0: a quarter of the time between two frames.
  std::chrono::microseconds spread;
  // Packets that may wait for one viewer; a run that does not fit is dropped whole.
  size_t queuedPackets;
};

// All since the fan-out was opened.
struct FanoutCounters {
  uint64_t packetsSent;
  uint64_t systemCalls;
  // Packets that the system did not take, or that could not be made.
  uint64_t packetsRefused;
  // Packets that were dropped because too many waited already.
  uint64_t packetsOverflowed;
  // Processor time of the threads; 0 where the system does not tell.
  std::chrono::microseconds cpuTime;
};

// Sends to many viewers on threads of its own. Runs of one viewer keep their order; a large frame of one does not hold up
// another.
class Fanout {
 public:
  explicit Fanout(const FanoutOptions &options);
  ~Fanout();

  // Takes a run; false when too much waits for that viewer already, or it is closed. It is on its way from `flush` on, or
  // once enough others are.
  bool send(const std::shared_ptr<Viewer> &viewer, Run &&run);
  // Wakes the threads for all that was taken since: once for a frame and not once for each of its viewers.
  void flush();
  // Forgets what waits for a viewer, and gives its descriptor back.
  void close(const std::shared_ptr<Viewer> &viewer);
  // Whether nothing waits.
  bool idle();
  SendMode mode() const;
  FanoutCounters counters();
  // Ends the threads; what waits is forgotten.
  void stop();

 private:
  struct Due {
    Clock::time_point at;
    uint64_t order;
    std::shared_ptr<Viewer> viewer;
    bool operator<(const Due &other) const { return at == other.at ? order > other.order : at > other.at; }
  };
  struct Lane {
    explicit Lane(bool segments) : sender(segments) {}
    std::mutex lock;
    std::condition_variable wake;
    std::priority_queue<Due> due;
    uint64_t order = 0;
    size_t sending = 0;
    bool stopped = false;
    BurstSender sender;
    // Once the thread has ended.
    std::chrono::microseconds cpuTime{0};
    std::thread thread;
  };

  struct Posted {
    std::shared_ptr<Viewer> viewer;
    Run run;
  };

  size_t laneOf(const Viewer &viewer) const;
  void work(Lane &lane);

  const FanoutOptions options_;
  // Taken, and not yet handed to the lane of the same place. As all that is public for one thread alone.
  std::vector<std::vector<Posted>> posted_;
  size_t postedRuns_ = 0;
  uint64_t packetsOverflowed_ = 0;
  bool stopped_ = false;
  std::vector<std::unique_ptr<Lane>> lanes_;
};

}  // namespace pinhole
