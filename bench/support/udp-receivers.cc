// So many UDP sockets that count what comes: RTP packets, gaps in their numbering, and how long after their capture the
// last packet of each picture came, by the kernel's clock. One line of numbers for each line on the standard input:
//   open <count>  → the ports
//   reset         → ok
//   read <count>  → of the first so many: packets lost frames fewest-frames; delays of all, in microseconds
//
// And the same between a server and its viewer: a relay passes on all that keeps a session alive (ICE, DTLS, RTCP), and
// counts RTP in the viewer's place, which would spend more on it than the server does.
//   relay <all|no>  → its number, the port that stands for the viewer, the port that stands for the server. `all`: RTP is
//                     passed on, too
//   far <number> <server|viewer> <address> <port>  → ok
//   keep <number>   → ok; from now on notes when each RTP packet of this relay comes
//   times           → when they came since the last time, in microseconds of one clock
//   sum <number>…   → of these: packets lost frames fewest-frames; of all, the arrival of each picture's last packet
//                     behind its RTP time stamp, in ticks of 90 kHz modulo 2^32
#include <arpa/inet.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int kAtOnce = 64;
constexpr int kBufferBytes = 4 * 1024 * 1024;
constexpr uint64_t kSecondsFrom1900To1970 = 2'208'988'800;
constexpr size_t kMostDelays = 100'000;

struct Relay;

struct Receiver {
  int descriptor = -1;
  // Whose end this is, and the other one; none for a socket that only counts.
  Relay *relay = nullptr;
  bool facesServer = false;
  bool any = false;
  int64_t first = 0;
  int64_t highest = 0;
  uint64_t packets = 0;
  uint64_t frames = 0;
};

struct Relay {
  Receiver server, viewer;
  sockaddr_in serverAddress{}, viewerAddress{};
  bool passesAll = false;
};

// They stay where they are: epoll holds their addresses.
std::deque<Receiver> receivers;
std::deque<Relay> relays;
std::vector<uint32_t> delays;
const Relay *kept = nullptr;
std::vector<int64_t> times;
int poller = -1;

// Binds a socket to any port. Returns the port.
uint16_t bindTo(uint32_t host, Receiver &receiver) {
  receiver.descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(receiver.descriptor, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (setsockopt(receiver.descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &kBufferBytes, sizeof kBufferBytes) != 0)
    setsockopt(receiver.descriptor, SOL_SOCKET, SO_RCVBUF, &kBufferBytes, sizeof kBufferBytes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(host);
  socklen_t length = sizeof address;
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &receiver;
  if (bind(receiver.descriptor, reinterpret_cast<sockaddr *>(&address), length) != 0 ||
      getsockname(receiver.descriptor, reinterpret_cast<sockaddr *>(&address), &length) != 0 ||
      epoll_ctl(poller, EPOLL_CTL_ADD, receiver.descriptor, &event) != 0) {
    std::perror("socket");
    std::exit(1);
  }
  return ntohs(address.sin_port);
}

void open(size_t count) {
  std::ostringstream ports;
  while (receivers.size() < count) {
    receivers.emplace_back();
    ports << bindTo(INADDR_LOOPBACK, receivers.back()) << ' ';
  }
  std::cout << ports.str() << std::endl;
}

void openRelay(bool passesAll) {
  const size_t number = relays.size();
  relays.emplace_back();
  Relay &relay = relays.back();
  relay.passesAll = passesAll;
  relay.server.relay = relay.viewer.relay = &relay;
  relay.server.facesServer = true;
  const uint16_t towardsServer = bindTo(INADDR_ANY, relay.server);
  const uint16_t towardsViewer = bindTo(INADDR_ANY, relay.viewer);
  std::cout << number << ' ' << towardsServer << ' ' << towardsViewer << std::endl;
}

void setFar(std::istringstream &words) {
  size_t number = 0;
  std::string which, host;
  uint16_t port = 0;
  words >> number >> which >> host >> port;
  if (number < relays.size()) {
    sockaddr_in &address = which == "server" ? relays[number].serverAddress : relays[number].viewerAddress;
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  }
  std::cout << "ok" << std::endl;
}

void keep(std::istringstream &words) {
  size_t number = 0;
  words >> number;
  kept = number < relays.size() ? &relays[number] : nullptr;
  std::cout << "ok" << std::endl;
}

void tellTimes() {
  for (const int64_t time : times) std::cout << time << ' ';
  std::cout << std::endl;
  times.clear();
}

void reset() {
  delays.clear();
  const auto forget = [](Receiver &receiver) {
    receiver.any = false;
    receiver.packets = receiver.frames = 0;
  };
  for (Receiver &receiver : receivers) forget(receiver);
  for (Relay &relay : relays) forget(relay.server);
  std::cout << "ok" << std::endl;
}

void tell(const std::vector<const Receiver *> &chosen) {
  uint64_t packets = 0, lost = 0, frames = 0, fewest = UINT64_MAX;
  for (const Receiver *receiver : chosen) {
    packets += receiver->packets;
    if (receiver->any) lost += static_cast<uint64_t>(receiver->highest - receiver->first) + 1 - receiver->packets;
    frames += receiver->frames;
    fewest = std::min(fewest, receiver->frames);
  }
  std::cout << packets << ' ' << lost << ' ' << frames << ' ' << fewest;
  for (const uint32_t delay : delays) std::cout << ' ' << delay;
  std::cout << std::endl;
}

void read(size_t count) {
  std::vector<const Receiver *> chosen;
  for (size_t i = 0; i < std::min(count, receivers.size()); i++) chosen.push_back(&receivers[i]);
  tell(chosen);
}

void sum(std::istringstream &words) {
  std::vector<const Receiver *> chosen;
  for (size_t number; words >> number;)
    if (number < relays.size()) chosen.push_back(&relays[number].server);
  tell(chosen);
}

// The capture time of abs-capture-time, which stands first in the extension of these packets.
void note(const uint8_t *packet, size_t length, const timespec &at) {
  if (length < 25 || (packet[0] & 0x10) == 0 || delays.size() >= kMostDelays) return;
  uint64_t ntp = 0;
  for (int i = 0; i < 8; i++) ntp = ntp << 8 | packet[17 + i];
  const auto captured =
      static_cast<int64_t>(((ntp >> 32) - kSecondsFrom1900To1970) * 1'000'000 + ((ntp & 0xffffffff) * 1'000'000 >> 32));
  const int64_t arrived = static_cast<int64_t>(at.tv_sec) * 1'000'000 + at.tv_nsec / 1000;
  delays.push_back(static_cast<uint32_t>(std::max<int64_t>(0, arrived - captured)));
}

// How long after its RTP time stamp a packet came; what that time stamp means only the server knows.
void noteTicks(const uint8_t *packet, const timespec &at) {
  if (delays.size() >= kMostDelays) return;
  const uint32_t timestamp = static_cast<uint32_t>(packet[4]) << 24 | packet[5] << 16 | packet[6] << 8 | packet[7];
  const uint64_t ticks = static_cast<uint64_t>(at.tv_sec) * 90'000 + static_cast<uint64_t>(at.tv_nsec) * 9 / 100'000;
  delays.push_back(static_cast<uint32_t>(ticks) - timestamp);
}

// RFC 7983 §7, RFC 5761 §4.
bool isRtp(const uint8_t *packet, size_t length) {
  const int type = length < 12 ? 0 : packet[1] & 0x7f;
  return length >= 12 && packet[0] >> 6 == 2 && (type < 64 || type > 95);
}

// Returns whether the datagram is to be counted, too.
bool pass(const Receiver &receiver, const uint8_t *packet, size_t length) {
  const Relay &relay = *receiver.relay;
  const bool media = receiver.facesServer && isRtp(packet, length);
  const sockaddr_in &to = receiver.facesServer ? relay.viewerAddress : relay.serverAddress;
  const Receiver &other = receiver.facesServer ? relay.viewer : relay.server;
  if ((!media || relay.passesAll) && to.sin_port != 0)
    sendto(other.descriptor, packet, length, MSG_DONTWAIT, reinterpret_cast<const sockaddr *>(&to), sizeof to);
  return media;
}

void receive(Receiver &receiver) {
  static uint8_t bytes[kAtOnce][2048];
  static char control[kAtOnce][CMSG_SPACE(sizeof(timespec))];
  mmsghdr messages[kAtOnce];
  iovec vectors[kAtOnce];
  for (int i = 0; i < kAtOnce; i++) {
    vectors[i] = {bytes[i], sizeof bytes[i]};
    messages[i] = {};
    messages[i].msg_hdr.msg_iov = &vectors[i];
    messages[i].msg_hdr.msg_iovlen = 1;
    messages[i].msg_hdr.msg_control = control[i];
    messages[i].msg_hdr.msg_controllen = sizeof control[i];
  }
  const int count = recvmmsg(receiver.descriptor, messages, kAtOnce, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < count; i++) {
    const uint8_t *packet = bytes[i];
    const size_t length = messages[i].msg_len;
    if (receiver.relay != nullptr ? !pass(receiver, packet, length) : !isRtp(packet, length)) continue;
    const int sequence = packet[2] << 8 | packet[3];
    if (!receiver.any) receiver.first = receiver.highest = sequence;
    receiver.any = true;
    receiver.packets++;
    const auto step = static_cast<int16_t>(static_cast<uint16_t>(sequence - receiver.highest));
    if (step > 0) receiver.highest += step;
    const cmsghdr *stamp = CMSG_FIRSTHDR(&messages[i].msg_hdr);
    timespec at{};
    if (stamp != nullptr && stamp->cmsg_type == SO_TIMESTAMPNS) std::memcpy(&at, CMSG_DATA(stamp), sizeof at);
    if (kept != nullptr && receiver.relay == kept && times.size() < kMostDelays)
      times.push_back(static_cast<int64_t>(at.tv_sec) * 1'000'000 + at.tv_nsec / 1000);
    if ((packet[1] & 0x80) == 0) continue;
    receiver.frames++;
    if (at.tv_sec == 0) continue;
    if (receiver.relay != nullptr) noteTicks(packet, at);
    else note(packet, length, at);
  }
}

void obey(const std::string &line) {
  if (line.rfind("open ", 0) == 0) open(std::stoul(line.substr(5)));
  else if (line == "reset") reset();
  else if (line.rfind("read ", 0) == 0) read(std::stoul(line.substr(5)));
  else if (line.rfind("relay ", 0) == 0) openRelay(line == "relay all");
  std::istringstream words(line);
  std::string word;
  words >> word;
  if (word == "far") setFar(words);
  else if (word == "sum") sum(words);
  else if (word == "keep") keep(words);
  else if (word == "times") tellTimes();
}

}  // namespace

int main() {
  poller = epoll_create1(EPOLL_CLOEXEC);
  epoll_event input{};
  input.events = EPOLLIN;
  epoll_ctl(poller, EPOLL_CTL_ADD, STDIN_FILENO, &input);
  std::string line;
  for (;;) {
    epoll_event events[256];
    const int count = epoll_wait(poller, events, 256, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr != nullptr) {
        receive(*static_cast<Receiver *>(events[i].data.ptr));
        continue;
      }
      char text[4096];
      const ssize_t length = ::read(STDIN_FILENO, text, sizeof text);
      if (length <= 0) return 0;
      for (ssize_t at = 0; at < length; at++) {
        if (text[at] != '\n') {
          line += text[at];
          continue;
        }
        obey(line);
        line.clear();
      }
    }
  }
}
