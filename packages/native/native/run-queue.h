#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "frame.h"

namespace pinhole {

// Runs in their order, in memory that is kept from one to the next: taken and freed for each, on two threads, it would cost
// more than all else that is done with them.
class RunQueue {
 public:
  bool empty() const { return count_ == 0; }
  Run &front() { return runs_[first_]; }

  void push(Run &&run) {
    if (count_ == runs_.size()) resize(count_ == 0 ? kLeast : count_ * 2);
    runs_[place(count_++)] = std::move(run);
  }

  void pop() {
    // Its frame may be the last hold on that.
    runs_[first_].frame.reset();
    first_ = place(1);
    count_--;
    // A long queue was a hard time, and that is over.
    if (count_ == 0 && runs_.size() > kMost) resize(kLeast);
  }

  void swap(RunQueue &other) noexcept {
    runs_.swap(other.runs_);
    std::swap(first_, other.first_);
    std::swap(count_, other.count_);
  }

 private:
  static constexpr size_t kLeast = 2;
  static constexpr size_t kMost = 16;

  // Sizes are powers of two.
  size_t place(size_t position) const { return (first_ + position) & (runs_.size() - 1); }

  void resize(size_t size) {
    std::vector<Run> runs(size);
    for (size_t i = 0; i < count_; i++) runs[i] = std::move(runs_[place(i)]);
    runs_ = std::move(runs);
    first_ = 0;
  }

  std::vector<Run> runs_;
  size_t first_ = 0;
  size_t count_ = 0;
};

}  // namespace pinhole
