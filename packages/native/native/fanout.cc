#include "fanout.h"

#include <algorithm>
#include <functional>

namespace pinhole {

Fanout::Fanout(const FanoutOptions &options) : options_(options) {
  for (size_t i = 0; i < options.threads; i++) {
    lanes_.push_back(std::make_unique<Lane>(options.segments));
    Lane &lane = *lanes_.back();
    lane.thread = std::thread([this, &lane] { work(lane); });
  }
}

Fanout::~Fanout() { stop(); }

Fanout::Lane &Fanout::laneOf(const Viewer &viewer) {
  return *lanes_[std::hash<uint32_t>{}(viewer.ssrc) % lanes_.size()];
}

bool Fanout::send(const std::shared_ptr<Viewer> &viewer, const Run &run) {
  const size_t packets = run.until - run.from;
  Lane &lane = laneOf(*viewer);
  const std::lock_guard<std::mutex> guard(lane.lock);
  if (viewer->closed || lane.stopped) return false;
  if (viewer->queuedPackets + packets > options_.queuedPackets) {
    viewer->counters.packetsOverflowed += packets;
    return false;
  }
  viewer->queue.push_back(run);
  viewer->queuedPackets += packets;
  if (!viewer->scheduled) {
    viewer->scheduled = true;
    lane.due.push({Clock::now(), lane.order++, viewer});
    lane.wake.notify_one();
  }
  return true;
}

void Fanout::close(const std::shared_ptr<Viewer> &viewer) {
  Lane &lane = laneOf(*viewer);
  const std::lock_guard<std::mutex> guard(lane.lock);
  viewer->closed = true;
  viewer->queue.clear();
  viewer->queuedPackets = 0;
}

bool Fanout::idle() {
  return std::all_of(lanes_.begin(), lanes_.end(), [](const std::unique_ptr<Lane> &lane) {
    const std::lock_guard<std::mutex> guard(lane->lock);
    return lane->due.empty() && lane->sending == 0;
  });
}

SendMode Fanout::mode() const { return lanes_.front()->sender.mode(); }

void Fanout::stop() {
  for (const auto &lane : lanes_) {
    const std::lock_guard<std::mutex> guard(lane->lock);
    lane->stopped = true;
    lane->wake.notify_one();
  }
  for (const auto &lane : lanes_)
    if (lane->thread.joinable()) lane->thread.join();
}

void Fanout::work(Lane &lane) {
  std::unique_lock<std::mutex> guard(lane.lock);
  for (;;) {
    if (lane.stopped) return;
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
    const size_t count = std::min(left, options_.burstPackets);
    const Run run = front;
    viewer->queuedPackets -= count;
    Clock::time_point next = Clock::now();
    if (count == left) {
      viewer->queue.pop_front();
    } else {
      const size_t gaps = (run.frame->count() - 1) / options_.burstPackets;
      next += options_.spread / static_cast<int64_t>(std::max<size_t>(gaps, 1));
      front.from += count;
    }
    lane.sending++;
    guard.unlock();
    lane.sender.send(*viewer, run, run.from, run.from + count);
    guard.lock();
    lane.sending--;
    if (viewer->queue.empty())
      viewer->scheduled = false;
    else
      lane.due.push({next, lane.order++, viewer});
  }
}

}  // namespace pinhole
