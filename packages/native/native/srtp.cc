#include "srtp.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>

#include <cstring>
#include <vector>

namespace pinhole {
namespace {

// What a session key is derived for (RFC 3711 §4.3.1).
enum Label : uint8_t { kEncryption = 0, kAuthentication = 1, kSalt = 2 };

void require(bool done, const char *what) {
  if (!done) throw CryptoError(what);
}

// One session key of a master key, at key derivation rate 0 (RFC 3711 §4.3.1; RFC 7714 §11: a salt of 12 bytes is
// followed by zeros).
template <size_t Length>
std::array<uint8_t, Length> derive(const MasterKeys &keys, Label label) {
  std::array<uint8_t, 16> iv{};
  std::memcpy(iv.data(), keys.salt.data(), keys.salt.size());
  iv[7] ^= label;
  const std::array<uint8_t, Length> zeros{};
  std::array<uint8_t, Length> derived;
  int written = 0;
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  require(context && EVP_EncryptInit_ex(context.get(), EVP_aes_128_ctr(), nullptr, keys.key.data(), iv.data()) == 1 &&
              EVP_EncryptUpdate(context.get(), derived.data(), &written, zeros.data(), Length) == 1,
          "key derivation");
  return derived;
}

void xorBigEndian(uint8_t *at, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; i++) at[i] ^= static_cast<uint8_t>(value >> (8 * (bytes - 1 - i)));
}

}  // namespace

SessionKeys SessionKeys::of(const MasterKeys &keys) {
  return {keys.profile, derive<16>(keys, kEncryption), derive<14>(keys, kSalt), derive<20>(keys, kAuthentication)};
}

SessionKeys::~SessionKeys() {
  OPENSSL_cleanse(encryption.data(), encryption.size());
  OPENSSL_cleanse(authentication.data(), authentication.size());
}

SrtpProtector::SrtpProtector(const SessionKeys &keys)
    : profile_(keys.profile), salt_(keys.salt), cipher_(EVP_CIPHER_CTX_new()) {
  const bool gcm = profile_ == Profile::kAeadAes128Gcm;
  require(cipher_ && EVP_EncryptInit_ex(cipher_.get(), gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr(), nullptr,
                                        keys.encryption.data(), nullptr) == 1,
          "cipher");
  if (gcm) return;
  EVP_MAC *hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  require(hmac != nullptr, "HMAC");
  mac_.reset(EVP_MAC_CTX_new(hmac));
  EVP_MAC_free(hmac);
  char digest[] = "SHA1";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  require(mac_ && EVP_MAC_init(mac_.get(), keys.authentication.data(), keys.authentication.size(), parameters) == 1,
          "HMAC");
}

void SrtpProtector::protect(uint8_t *packet, size_t header, const uint8_t *payload, size_t length, uint64_t index,
                            uint32_t ssrc) {
  if (profile_ == Profile::kAeadAes128Gcm)
    protectGcm(packet, header, payload, length, index, ssrc);
  else
    protectCounterMode(packet, header, payload, length, index, ssrc);
}

// RFC 7714 §8.1 (IV), §8.2 (associated data: the header).
void SrtpProtector::protectGcm(uint8_t *packet, size_t header, const uint8_t *payload, size_t length, uint64_t index,
                               uint32_t ssrc) {
  std::array<uint8_t, 12> iv;
  std::memcpy(iv.data(), salt_.data(), iv.size());
  xorBigEndian(&iv[2], ssrc, 4);
  xorBigEndian(&iv[6], index >> 16, 4);
  xorBigEndian(&iv[10], index & 0xffff, 2);
  uint8_t *body = packet + header;
  int written = 0;
  require(EVP_EncryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data()) == 1 &&
              EVP_EncryptUpdate(cipher_.get(), nullptr, &written, packet, static_cast<int>(header)) == 1 &&
              EVP_EncryptUpdate(cipher_.get(), body, &written, payload, static_cast<int>(length)) == 1 &&
              EVP_EncryptFinal_ex(cipher_.get(), body + length, &written) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher_.get(), EVP_CTRL_AEAD_GET_TAG, 16, body + length) == 1,
          "AES-GCM");
}

// RFC 3711 §4.1.1 (AES-CM), §4.2 (HMAC-SHA1 over header, payload and rollover counter).
void SrtpProtector::protectCounterMode(uint8_t *packet, size_t header, const uint8_t *payload, size_t length,
                                       uint64_t index, uint32_t ssrc) {
  std::array<uint8_t, 16> iv{};
  std::memcpy(iv.data(), salt_.data(), salt_.size());
  xorBigEndian(&iv[4], ssrc, 4);
  xorBigEndian(&iv[8], index >> 16, 4);
  xorBigEndian(&iv[12], index & 0xffff, 2);
  uint8_t *body = packet + header;
  int written = 0;
  require(EVP_EncryptInit_ex(cipher_.get(), nullptr, nullptr, nullptr, iv.data()) == 1 &&
              EVP_EncryptUpdate(cipher_.get(), body, &written, payload, static_cast<int>(length)) == 1,
          "AES-CM");
  std::array<uint8_t, 4> rollover{};
  xorBigEndian(rollover.data(), index >> 16, 4);
  std::array<uint8_t, 20> tag;
  size_t tagLength = 0;
  require(EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) == 1 &&
              EVP_MAC_update(mac_.get(), packet, header + length) == 1 &&
              EVP_MAC_update(mac_.get(), rollover.data(), rollover.size()) == 1 &&
              EVP_MAC_final(mac_.get(), tag.data(), &tagLength, tag.size()) == 1,
          "HMAC-SHA1");
  std::memcpy(body + length, tag.data(), overhead());
}

}  // namespace pinhole
