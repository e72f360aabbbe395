#include "fanout.h"

#include <pthread.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace pinhole {
namespace {

// The threads need not wait until all viewers of a frame are told of.
constexpr size_t kMaxPosted = 64;

std::chrono::microseconds cpuTimeBy(clockid_t clock) {
  timespec time;
  if (clock_gettime(clock, &time) != 0) return std::chrono::microseconds(0);
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::nanoseconds(time.tv_nsec));
}

std::chrono::microseconds cpuTimeOf(std::thread &thread) {
#ifdef __linux__
  clockid_t clock;
  if (pthread_getcpuclockid(thread.native_handle(), &clock) == 0) return cpuTimeBy(clock);
#else
  (void)thread;
#endif
  return std::chrono::microseconds(0);
}

// What system tools show it as.
void nameThread() {
#ifdef __linux__
  pthread_setname_np(pthread_self(), "pinhole-send");
#else
  pthread_setname_np("pinhole-send");
#endif
}

}  // namespace

Fanout::Fanout(const FanoutOptions &options) : options_(options), posted_(options.threads) {
  for (size_t i = 0; i < options.threads; i++) {
    lanes_.push_back(std::make_unique<Lane>(options.segments));
    Lane &lane = *lanes_.back();
    lane.thread = std::thread([this, &lane] { work(lane); });
  }
}

Fanout::~Fanout() { stop(); }

// Picture, sound and what is sent again of one viewer have SSRCs that differ in their last two bits, and share a lane.
size_t Fanout::laneOf(const Viewer &viewer) const {
  const uint32_t mixed = (viewer.ssrc >> 2) * 2'654'435'761U;
  return (mixed >> 16) % lanes_.size();
}

bool Fanout::send(const std::shared_ptr<Viewer> &viewer, Run &&run) {
  const size_t packets = run.until - run.from;
  if (viewer->closed || stopped_) return false;
  if (viewer->queuedPackets + packets > options_.queuedPackets) {
    viewer->counters.packetsOverflowed += packets;
    packetsOverflowed_ += packets;
    return false;
  }
  viewer->queuedPackets += packets;
  viewer->interval.note(run.timestamp);
  run.spread = options_.spread.count() < 0 ? viewer->interval.quarter() : options_.spread;
  posted_[laneOf(*viewer)].push_back({viewer, std::move(run)});
  if (++postedRuns_ >= kMaxPosted) flush();
  return true;
}

void Fanout::flush() {
  if (postedRuns_ == 0) return;
  postedRuns_ = 0;
  const Clock::time_point now = Clock::now();
  for (size_t i = 0; i < lanes_.size(); i++) {
    if (posted_[i].empty()) continue;
    Lane &lane = *lanes_[i];
    {
      const std::lock_guard<std::mutex> guard(lane.lock);
      for (Posted &posted : posted_[i]) {
        Viewer &viewer = *posted.viewer;
        if (viewer.closed) continue;
        viewer.queue.push(std::move(posted.run));
        if (viewer.scheduled) continue;
        viewer.scheduled = true;
        lane.due.push({now, lane.order++, std::move(posted.viewer)});
      }
    }
    lane.wake.notify_one();
    posted_[i].clear();
  }
}

void Fanout::close(const std::shared_ptr<Viewer> &viewer) {
  Lane &lane = *lanes_[laneOf(*viewer)];
  RunQueue queue;
  std::shared_ptr<const Descriptor> descriptor;
  {
    const std::lock_guard<std::mutex> guard(lane.lock);
    viewer->closed = true;
    viewer->queuedPackets = 0;
    // Freed behind the lock.
    queue.swap(viewer->queue);
    descriptor.swap(viewer->descriptor);
  }
}

bool Fanout::idle() {
  flush();
  return std::all_of(lanes_.begin(), lanes_.end(), [](const std::unique_ptr<Lane> &lane) {
    const std::lock_guard<std::mutex> guard(lane->lock);
    return lane->due.empty() && lane->sending == 0;
  });
}

SendMode Fanout::mode() const { return lanes_.front()->sender.mode(); }

FanoutCounters Fanout::counters() {
  FanoutCounters sum{0, 0, 0, packetsOverflowed_, std::chrono::microseconds(0)};
  for (const auto &lane : lanes_) {
    const SenderCounters &counters = lane->sender.counters();
    sum.packetsSent += counters.packetsSent;
    sum.systemCalls += counters.systemCalls;
    sum.packetsRefused += counters.packetsRefused;
    sum.cpuTime += lane->thread.joinable() ? cpuTimeOf(lane->thread) : lane->cpuTime;
  }
  return sum;
}

void Fanout::stop() {
  stopped_ = true;
  for (std::vector<Posted> &posted : posted_) posted.clear();
  for (const auto &lane : lanes_) {
    const std::lock_guard<std::mutex> guard(lane->lock);
    lane->stopped = true;
    lane->wake.notify_one();
  }
  for (const auto &lane : lanes_)
    if (lane->thread.joinable()) lane->thread.join();
}

void Fanout::work(Lane &lane) {
  nameThread();
  std::unique_lock<std::mutex> guard(lane.lock);
  for (;;) {
    if (lane.stopped) {
      lane.cpuTime = cpuTimeBy(CLOCK_THREAD_CPUTIME_ID);
      return;
    }
    if (lane.due.empty()) {
      lane.wake.wait(guard);
      continue;
    }
    const Clock::time_point at = lane.due.top().at;
    if (at > Clock::now()) {
      lane.wake.wait_until(guard, at);
      continue;
    }
    const std::shared_ptr<Viewer> viewer = lane.due.top().viewer;
    lane.due.pop();
    if (viewer->queue.empty()) {
      viewer->scheduled = false;
      continue;
    }
    // The run stays in the queue until all of it is sent, so that runs behind it keep behind it.
    Run &front = viewer->queue.front();
    const size_t left = front.until - front.from;
    const bool spread = front.frame->count() > 2 * options_.burstPackets;
    const size_t count = spread ? std::min(left, options_.burstPackets) : left;
    const Run run = front;
    const std::shared_ptr<const Descriptor> descriptor = viewer->descriptor;
    viewer->queuedPackets -= count;
    *viewer->shownPackets -= static_cast<int32_t>(count);
    Clock::time_point next = Clock::now();
    if (count == left) {
      viewer->queue.pop();
    } else {
      const size_t gaps = (run.frame->count() - 1) / options_.burstPackets;
      next += run.spread / static_cast<int64_t>(std::max<size_t>(gaps, 1));
      front.from += count;
    }
    lane.sending++;
    guard.unlock();
    if (descriptor) lane.sender.send(*viewer, descriptor->get(), run, run.from, run.from + count);
    guard.lock();
    lane.sending--;
    if (viewer->queue.empty())
      viewer->scheduled = false;
    else
      lane.due.push({next, lane.order++, viewer});
  }
}

}  // namespace pinhole
