// The camera's half of a live view, in a page of its own: coloured frames over a data channel, and an answer that the camera signs.

import type { Page } from "playwright-core";
import { own, sha256 } from "../src/bytes.ts";
import * as decoder from "../src/cbor.ts";
import { fingerprint } from "../src/live.ts";
import { parse } from "../src/statement.ts";
import { cbor, type Item } from "./cbor.ts";
import { signed, type TestCamera } from "./kit.ts";

/** answerLive answers a viewer's request in the name of a camera, whose frames are of that size. */
export async function answerLive(raw: Uint8Array, there: Page, by: TestCamera, width = 320, height = 180): Promise<Uint8Array> {
  const request = decoder.decode(parse(own(raw), 65536).payload, 65536) as Map<number, decoder.Value>;
  const sdp = await there.evaluate(film, { offer: request.get(5) as string, width, height });
  const answer = new Map<Item, Item>([
    [0, 1], [1, by.device], [2, by.epoch], [3, request.get(3) as Uint8Array], [4, await sha256(own(raw))], [5, sdp], [6, fingerprint(sdp)],
  ]);
  return signed(await by.header(), cbor(answer), "signet/v1 viewer-answer", by.key.privateKey);
}

/** film runs in the page. */
async function film({ offer, width, height }: { offer: string; width: number; height: number }): Promise<string> {
  const pc = new RTCPeerConnection();
  pc.ondatachannel = ({ channel }) => {
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const g = canvas.getContext("2d")!;
    let n = 0;
    setInterval(() => {
      g.fillStyle = `hsl(${(n * 20) % 360} 60% 50%)`;
      g.fillRect(0, 0, width, height);
      canvas.toBlob(async (blob) => {
        const jpeg = new Uint8Array(await blob!.arrayBuffer());
        const count = Math.ceil(jpeg.length / 500);
        n++;
        for (let i = 0; i < count; i++) {
          const piece = jpeg.slice(500 * i, 500 * (i + 1));
          const message = new Uint8Array(16 + piece.length);
          const view = new DataView(message.buffer);
          view.setUint32(0, n);
          view.setUint16(4, i);
          view.setUint16(6, count);
          message.set(piece, 16);
          if (channel.readyState === "open") channel.send(message);
        }
      }, "image/jpeg");
    }, 50);
  };
  await pc.setRemoteDescription({ type: "offer", sdp: offer });
  await pc.setLocalDescription(await pc.createAnswer());
  await new Promise<void>((done) => {
    if (pc.iceGatheringState === "complete") done();
    pc.onicegatheringstatechange = () => pc.iceGatheringState === "complete" && done();
    setTimeout(done, 2000);
  });
  return pc.localDescription!.sdp;
}
