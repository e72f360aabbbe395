#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <unordered_set>

namespace pinhole {

// What JavaScript gave is not what it should be; becomes a TypeError.
struct ArgumentError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Node said no, e.g. since the environment is about to end.
struct NodeError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(napi_status status, const char *what) {
  if (status != napi_ok) throw ArgumentError(what);
}

// What `wrap` made of Ts on this thread and the collector has not taken yet: whatever an object claims to hold is looked
// up here before it is believed. Ten times as fast as a type tag.
template <typename T>
std::unordered_set<const void *> &wrappedOf() {
  static thread_local std::unordered_set<const void *> known;
  return known;
}

struct Bytes {
  const uint8_t *data;
  size_t length;
};

struct Numbers {
  const double *data;
  size_t length;
};

// The arguments of one call; every getter throws an ArgumentError that names what it wanted.
class Arguments {
 public:
  static constexpr size_t kMax = 16;

  Arguments(napi_env env, napi_callback_info call) : env_(env) {
    size_t count = kMax;
    require(napi_get_cb_info(env, call, &count, values_, nullptr, nullptr), "arguments");
    count_ = count;
  }

  napi_env env() const { return env_; }
  napi_value at(size_t i, const char *name) const {
    if (i >= count_) throw ArgumentError(std::string(name) + " is missing");
    return values_[i];
  }

  // A whole number from `least` to `most`.
  uint64_t whole(size_t i, const char *name, double least, double most) const {
    double value = 0;
    const napi_status status = napi_get_value_double(env_, at(i, name), &value);
    if (status != napi_ok || !(value >= least && value <= most) || value != static_cast<double>(static_cast<int64_t>(value)))
      throw ArgumentError(std::string(name) + " must be a whole number from " + std::to_string(static_cast<int64_t>(least)) +
                          " to " + std::to_string(static_cast<int64_t>(most)));
    return static_cast<uint64_t>(static_cast<int64_t>(value));
  }

  bool boolean(size_t i, const char *name) const {
    bool value = false;
    require(napi_get_value_bool(env_, at(i, name), &value), (std::string(name) + " must be true or false").c_str());
    return value;
  }

  std::string text(size_t i, const char *name) const {
    char value[128];
    size_t length = 0;
    if (napi_get_value_string_utf8(env_, at(i, name), nullptr, 0, &length) != napi_ok || length >= sizeof value ||
        napi_get_value_string_utf8(env_, at(i, name), value, sizeof value, &length) != napi_ok)
      throw ArgumentError(std::string(name) + " must be text of less than " + std::to_string(sizeof value) + " bytes");
    return std::string(value, length);
  }

  Bytes bytes(size_t i, const char *name) const { return bytesOf(at(i, name), name); }

  Bytes bytesOf(napi_value value, const char *name) const {
    bool is = false;
    napi_typedarray_type type;
    size_t length = 0;
    void *data = nullptr;
    if (napi_is_typedarray(env_, value, &is) != napi_ok || !is ||
        napi_get_typedarray_info(env_, value, &type, &length, &data, nullptr, nullptr) != napi_ok ||
        type != napi_uint8_array || (length > 0 && data == nullptr))
      throw ArgumentError(std::string(name) + " must be bytes");
    return {static_cast<const uint8_t *>(data), length};
  }

  Numbers numbers(size_t i, const char *name) const {
    bool is = false;
    napi_typedarray_type type;
    size_t length = 0;
    void *data = nullptr;
    if (napi_is_typedarray(env_, at(i, name), &is) != napi_ok || !is ||
        napi_get_typedarray_info(env_, values_[i], &type, &length, &data, nullptr, nullptr) != napi_ok ||
        type != napi_float64_array || (length > 0 && data == nullptr))
      throw ArgumentError(std::string(name) + " must be numbers of 64 bits");
    return {static_cast<const double *>(data), length};
  }

  // What `wrap` made of a T; anything else, also of another kind, is an error.
  template <typename T>
  const std::shared_ptr<T> &wrapped(size_t i, const char *name) const {
    const napi_value value = at(i, name);
    napi_valuetype type;
    void *data = nullptr;
    if (napi_typeof(env_, value, &type) != napi_ok || type != napi_object ||
        napi_unwrap(env_, value, &data) != napi_ok || wrappedOf<T>().count(data) == 0)
      throw ArgumentError(std::string(name) + " must be what this addon made");
    return *static_cast<std::shared_ptr<T> *>(data);
  }

 private:
  napi_env env_;
  napi_value values_[kMax];
  size_t count_;
};

// An object for JavaScript that keeps `value` alive.
template <typename T>
napi_value wrap(napi_env env, std::shared_ptr<T> value) {
  napi_value object;
  auto *kept = new std::shared_ptr<T>(std::move(value));
  if (napi_create_object(env, &object) != napi_ok ||
      napi_wrap(
          env, object, kept,
          [](napi_env, void *data, void *) {
            wrappedOf<T>().erase(data);
            delete static_cast<std::shared_ptr<T> *>(data);
          },
          nullptr, nullptr) != napi_ok) {
    delete kept;
    throw NodeError("object");
  }
  wrappedOf<T>().insert(kept);
  return object;
}

inline napi_value number(napi_env env, double value) {
  napi_value result;
  if (napi_create_double(env, value, &result) != napi_ok) throw NodeError("number");
  return result;
}

inline napi_value boolean(napi_env env, bool value) {
  napi_value result;
  if (napi_get_boolean(env, value, &result) != napi_ok) throw NodeError("boolean");
  return result;
}

inline void set(napi_env env, napi_value object, const char *name, napi_value value) {
  if (napi_set_named_property(env, object, name, value) != napi_ok) throw NodeError(name);
}

// Makes a function for JavaScript of one that throws.
template <napi_value (*Call)(const Arguments &)>
napi_value guarded(napi_env env, napi_callback_info call) {
  try {
    return Call(Arguments(env, call));
  } catch (const ArgumentError &error) {
    napi_throw_type_error(env, "native/argument", error.what());
  } catch (const std::exception &error) {
    napi_throw_error(env, "native/failed", error.what());
  }
  return nullptr;
}

template <napi_value (*Call)(const Arguments &)>
void add(napi_env env, napi_value exports, const char *name) {
  napi_value function;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, guarded<Call>, nullptr, &function) == napi_ok)
    napi_set_named_property(env, exports, name, function);
}

}  // namespace pinhole
