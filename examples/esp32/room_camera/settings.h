#pragma once

// Your network.
const char WIFI_NAME[] = "";
const char WIFI_PASSWORD[] = "";

// Where Pinhole runs, with `rooms: { mode: compatible }` or `strict`. TLS as its web page has it.
const char SERVER[] = "192.168.1.10";
const uint16_t PORT = 8080;
const bool TLS = false;

// Which room this camera joins, and how it is called there: letters, digits, - and _.
const char ROOM[] = "cctv";
const char CAMERA_ID[] = "yard";

// Of a strict room: `pinhole token create --cameras yard --rights publish`. Empty: none.
const char TOKEN[] = "";

// Pictures: 0 is the best quality and the most bytes, 63 the least.
const framesize_t FRAME_SIZE = FRAMESIZE_VGA;
const uint16_t FRAME_WIDTH = 640;
const uint16_t FRAME_HEIGHT = 480;
const uint8_t JPEG_QUALITY = 12;
const uint8_t FRAMES_PER_SECOND = 12;
