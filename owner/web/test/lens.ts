// Reads a QR code off the page, for tests: from a picture of it, with the decoder of the library that has drawn it.

import decodeQR from "qr/decode.js";
import type { Locator } from "playwright-core";

/** readCode photographs an element and returns the text of the code in it. */
export async function readCode(element: Locator): Promise<string> {
  const png = await element.screenshot();
  const { width, height, data } = await element.page().evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const g = canvas.getContext("2d")!;
    g.drawImage(bitmap, 0, 0);
    const { data: pixels } = g.getImageData(0, 0, bitmap.width, bitmap.height);
    let text = ""; // a string is passed on much faster than numbers
    for (let i = 0; i < pixels.length; i += 4) text += pixels[i]! > 127 ? "1" : "0";
    return { width: bitmap.width, height: bitmap.height, data: text };
  }, png.toString("base64"));
  const rgb = new Uint8Array(3 * data.length);
  for (let i = 0; i < data.length; i++) rgb.fill(data[i] === "1" ? 255 : 0, 3 * i, 3 * i + 3);
  return decodeQR({ width, height, data: rgb });
}
