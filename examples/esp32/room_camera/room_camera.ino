// An ESP32-CAM that joins a room of Pinhole and shows its pictures there, as JPEG, while somebody watches.
//
// Libraries, by the Library Manager: WebSockets (Markus Sattler) 2.4 or newer, ArduinoJson (Benoit Blanchon) 7.
// Board: AI Thinker ESP32-CAM, of the esp32 core 2.0.14 or newer. What is yours goes into settings.h.

#include <ArduinoJson.h>
#include <WebSocketsClient.h>
#include <WiFi.h>
#include <esp_camera.h>

#include "camera_pins.h"
#include "messages.h"
#include "settings.h"

const uint32_t STATUS_EVERY_MS = 10000;
const uint32_t FRAME_INFO_EVERY_MS = 1000;
const uint32_t WIFI_PATIENCE_MS = 20000;
const uint32_t FRAME_EVERY_MS = 1000 / FRAMES_PER_SECOND;
const uint32_t RESTART_AFTER_FAILED_FRAMES = 20;
const uint8_t MAX_VIEWERS = 8;
const size_t MAX_PICTURE_BYTES = 512 * 1024; // the server takes no larger one
const size_t MAX_MESSAGE_BYTES = 512;

WebSocketsClient socket;
String viewers[MAX_VIEWERS];
bool joined = false;
uint32_t frameAt = 0;
uint32_t statusAt = 0;
uint32_t frameInfoAt = 0;
uint32_t failedFrames = 0;

void setup() {
  Serial.begin(115200);
  if (!isPlain(ROOM) || !isPlain(CAMERA_ID)) halt("ROOM and CAMERA_ID: only letters, digits, - and _, 64 at most");
  if (WIFI_NAME[0] == '\0') halt("settings.h: the name of your network is missing");
  startCamera();
  joinWifi();
  if (TLS) socket.beginSSL(SERVER, PORT, "/");
  else socket.begin(SERVER, PORT, "/");
  socket.onEvent(onSocket);
  socket.setReconnectInterval(3000);
  // The server asks every 20 s; this notices a server that is gone.
  socket.enableHeartbeat(15000, 5000, 2);
}

void loop() {
  if (WiFi.status() != WL_CONNECTED) joinWifi();
  socket.loop();
  if (!joined) return;
  const uint32_t now = millis();
  if (countViewers() > 0 && now - frameAt >= FRAME_EVERY_MS) {
    frameAt = now;
    sendPicture(now);
  }
  if (now - statusAt >= STATUS_EVERY_MS) {
    statusAt = now;
    say(CAMERA_STATUS, CAMERA_ID, countViewers() > 0 ? "true" : "false", countViewers(), (unsigned long)now);
  }
}

void onSocket(WStype_t kind, uint8_t *payload, size_t length) {
  if (kind == WStype_CONNECTED) {
    forgetViewers();
    if (TOKEN[0] != '\0') say(AUTH, TOKEN);
    say(JOIN, ROOM, CAMERA_ID, FRAME_WIDTH, FRAME_HEIGHT, FRAMES_PER_SECOND);
  } else if (kind == WStype_DISCONNECTED) {
    if (joined) Serial.println("the server is gone; trying again");
    joined = false;
    forgetViewers();
  } else if (kind == WStype_TEXT) {
    onMessage(payload, length);
  }
}

void onMessage(const uint8_t *payload, size_t length) {
  // Only what this camera understands is kept: the list of a room's members may be larger than the memory.
  JsonDocument wanted;
  for (const char *field : {"type", "viewerId", "code", "message"}) wanted[field] = true;
  JsonDocument message;
  if (deserializeJson(message, payload, length, DeserializationOption::Filter(wanted))) return;
  const String type = message["type"] | "";
  const String viewer = message["viewerId"] | "";
  if (type == "joined") {
    joined = true;
    statusAt = millis() - STATUS_EVERY_MS; // tell at once
    Serial.printf("in room %s as %s\n", ROOM, CAMERA_ID);
  } else if (type == "viewerRequest") {
    addViewer(viewer);
  } else if (type == "viewerLeft") {
    removeViewer(viewer);
  } else if (type == "error") {
    Serial.printf("%s: %s\n", message["code"] | "error", message["message"] | "");
  }
}

void sendPicture(uint32_t now) {
  camera_fb_t *picture = esp_camera_fb_get();
  if (picture == nullptr) {
    // The sensor hangs now and then; only a new start helps.
    if (++failedFrames >= RESTART_AFTER_FAILED_FRAMES) ESP.restart();
    return;
  }
  failedFrames = 0;
  if (picture->len <= MAX_PICTURE_BYTES) socket.sendBIN(picture->buf, picture->len);
  if (now - frameInfoAt >= FRAME_INFO_EVERY_MS) {
    frameInfoAt = now;
    say(FRAME_INFO, CAMERA_ID, (unsigned)picture->len, (unsigned)picture->width, (unsigned)picture->height);
  }
  esp_camera_fb_return(picture);
}

// Sends one of the messages of messages.h.
void say(const char *message, ...) {
  char text[MAX_MESSAGE_BYTES];
  va_list values;
  va_start(values, message);
  const int length = vsnprintf(text, sizeof text, message, values);
  va_end(values);
  if (length > 0 && (size_t)length < sizeof text) socket.sendTXT((uint8_t *)text, length);
}

void addViewer(const String &viewer) {
  if (!isPlain(viewer.c_str())) return;
  removeViewer(viewer);
  for (String &place : viewers) {
    if (place.isEmpty()) {
      place = viewer;
      return;
    }
  }
  say(REJECT_STREAM, viewer.c_str());
}

void removeViewer(const String &viewer) {
  for (String &place : viewers)
    if (place == viewer) place = "";
}

void forgetViewers() {
  for (String &place : viewers) place = "";
}

unsigned countViewers() {
  unsigned count = 0;
  for (const String &place : viewers) count += place.isEmpty() ? 0 : 1;
  return count;
}

// Whether a text may stand in a message as it is.
bool isPlain(const char *text) {
  const size_t length = strlen(text);
  if (length == 0 || length > 64) return false;
  for (size_t i = 0; i < length; i++)
    if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_') return false;
  return true;
}

void joinWifi() {
  joined = false;
  WiFi.mode(WIFI_STA);
  WiFi.setSleep(false); // saves power at the price of up to 300 ms a picture
  WiFi.begin(WIFI_NAME, WIFI_PASSWORD);
  const uint32_t since = millis();
  while (WiFi.status() != WL_CONNECTED) {
    if (millis() - since > WIFI_PATIENCE_MS) ESP.restart();
    delay(100);
  }
  Serial.printf("network: %s\n", WiFi.localIP().toString().c_str());
}

void startCamera() {
  camera_config_t camera = {};
  camera.ledc_channel = LEDC_CHANNEL_0;
  camera.ledc_timer = LEDC_TIMER_0;
  camera.pin_d0 = PIN_D0;
  camera.pin_d1 = PIN_D1;
  camera.pin_d2 = PIN_D2;
  camera.pin_d3 = PIN_D3;
  camera.pin_d4 = PIN_D4;
  camera.pin_d5 = PIN_D5;
  camera.pin_d6 = PIN_D6;
  camera.pin_d7 = PIN_D7;
  camera.pin_xclk = PIN_XCLK;
  camera.pin_pclk = PIN_PCLK;
  camera.pin_vsync = PIN_VSYNC;
  camera.pin_href = PIN_HREF;
  camera.pin_sccb_sda = PIN_SIOD;
  camera.pin_sccb_scl = PIN_SIOC;
  camera.pin_pwdn = PIN_PWDN;
  camera.pin_reset = PIN_RESET;
  camera.xclk_freq_hz = 20000000;
  camera.pixel_format = PIXFORMAT_JPEG;
  camera.frame_size = FRAME_SIZE;
  camera.jpeg_quality = JPEG_QUALITY;
  camera.fb_count = psramFound() ? 2 : 1;
  camera.fb_location = psramFound() ? CAMERA_FB_IN_PSRAM : CAMERA_FB_IN_DRAM;
  camera.grab_mode = psramFound() ? CAMERA_GRAB_LATEST : CAMERA_GRAB_WHEN_EMPTY; // the newest, not the oldest
  const esp_err_t failed = esp_camera_init(&camera);
  if (failed != ESP_OK) halt("the camera does not answer: check its ribbon cable and camera_pins.h");
}

void halt(const char *why) {
  for (;;) {
    Serial.println(why);
    delay(5000);
  }
}
