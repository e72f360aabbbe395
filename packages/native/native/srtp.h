#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace pinhole {

// Protection profiles by the code points of DTLS (RFC 5764 §4.1.2, RFC 7714 §14.2).
enum class Profile : uint16_t { kAes128CmHmacSha1 = 0x0001, kAeadAes128Gcm = 0x0007 };

// What DTLS agreed on for one direction: 16 bytes of key; 14 bytes of salt, 12 with GCM.
struct MasterKeys {
  Profile profile;
  std::array<uint8_t, 16> key;
  std::array<uint8_t, 14> salt;
};

// What follows from master keys (RFC 3711 §4.3.1): encryption, salt, authentication (not with GCM).
struct SessionKeys {
  Profile profile;
  std::array<uint8_t, 16> encryption;
  std::array<uint8_t, 14> salt;
  std::array<uint8_t, 20> authentication;

  static SessionKeys of(const MasterKeys &keys);
  ~SessionKeys();
};

// OpenSSL said no.
struct CryptoError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Encrypts and authenticates RTP packets of one SRTP session. Not for two threads at once.
class SrtpProtector {
 public:
  explicit SrtpProtector(const SessionKeys &keys);

  // Bytes that protection adds to a packet.
  size_t overhead() const { return profile_ == Profile::kAeadAes128Gcm ? 16 : 10; }

  // Protects a packet: `packet` holds `header` bytes of header, behind which `length` bytes of payload and then
  // `overhead()` more are written. `payload` may already be there. `index` is 65536 × rollover counter + sequence number.
  void protect(uint8_t *packet, size_t header, const uint8_t *payload, size_t length, uint64_t index, uint32_t ssrc);

 private:
  void protectGcm(uint8_t *packet, size_t header, const uint8_t *payload, size_t length, uint64_t index, uint32_t ssrc);
  void protectCounterMode(uint8_t *packet, size_t header, const uint8_t *payload, size_t length, uint64_t index,
                          uint32_t ssrc);

  struct FreeCipher {
    void operator()(EVP_CIPHER_CTX *context) const { EVP_CIPHER_CTX_free(context); }
  };
  struct FreeMac {
    void operator()(EVP_MAC_CTX *context) const { EVP_MAC_CTX_free(context); }
  };

  Profile profile_;
  std::array<uint8_t, 14> salt_{};
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> cipher_;
  std::unique_ptr<EVP_MAC_CTX, FreeMac> mac_;
};

}  // namespace pinhole
