// Pictures for tests, drawn in the browser: a room in which somebody walks by.

import type { Page } from "playwright-core";

/** drawScene returns `n` JPEGs; the walker crosses the picture from the first to the last. */
export async function drawScene(page: Page, n: number, width = 640, height = 360): Promise<Uint8Array<ArrayBuffer>[]> {
  const frames = await page.evaluate(
    async ([n, width, height]) => {
      const canvas = document.createElement("canvas");
      canvas.width = width!;
      canvas.height = height!;
      const g = canvas.getContext("2d")!;
      const out: string[] = [];
      for (let i = 0; i < n!; i++) {
        g.setTransform(width! / 640, 0, 0, height! / 360, 0, 0);
        const wall = g.createLinearGradient(0, 0, 0, 250);
        wall.addColorStop(0, "#b9b2a2");
        wall.addColorStop(1, "#d8d2c2");
        g.fillStyle = wall;
        g.fillRect(0, 0, 640, 250);
        const floor = g.createLinearGradient(0, 250, 0, 360);
        floor.addColorStop(0, "#8a6f52");
        floor.addColorStop(1, "#6b543d");
        g.fillStyle = floor;
        g.fillRect(0, 250, 640, 110);
        g.fillStyle = "#4c6a7a";
        g.fillRect(70, 60, 150, 110);
        g.fillStyle = "#c9dbe2";
        g.fillRect(76, 66, 66, 98);
        g.fillRect(148, 66, 66, 98);
        g.fillStyle = "#7b5f45";
        g.fillRect(440, 70, 100, 186);
        g.fillStyle = "#5d4632";
        g.fillRect(448, 78, 84, 178);
        g.fillStyle = "#d9b45a";
        g.beginPath();
        g.arc(460, 168, 4, 0, 7);
        g.fill();
        const x = -40 + (720 * i) / Math.max(1, n! - 1);
        const swing = Math.sin(i * 0.9) * 14;
        g.fillStyle = "rgba(30,20,10,.25)";
        g.beginPath();
        g.ellipse(x, 318, 40, 9, 0, 0, 7);
        g.fill();
        g.strokeStyle = "#27323f";
        g.lineWidth = 16;
        g.lineCap = "round";
        g.beginPath();
        g.moveTo(x, 240);
        g.lineTo(x - swing, 314);
        g.moveTo(x, 240);
        g.lineTo(x + swing, 314);
        g.stroke();
        g.fillStyle = "#8c3f38";
        g.beginPath();
        g.roundRect(x - 24, 150, 48, 96, 18);
        g.fill();
        g.fillStyle = "#d9a57f";
        g.beginPath();
        g.arc(x, 126, 22, 0, 7);
        g.fill();
        const blob = await new Promise<Blob>((done) => canvas.toBlob((b) => done(b!), "image/jpeg", 0.8));
        const bytes = new Uint8Array(await blob.arrayBuffer());
        out.push(btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join("")));
      }
      return out;
    },
    [n, width, height],
  );
  return frames.map((f) => new Uint8Array(Buffer.from(f, "base64")));
}

/** walkerBox is where the walker of frame `i` stands, of 10000. */
export function walkerBox(i: number, n: number, atMs: number): [number, number, number, number, number] {
  const x = -40 + (720 * i) / Math.max(1, n - 1);
  const left = Math.max(0, x - 40);
  const right = Math.min(640, x + 40);
  return [atMs, Math.round((left / 640) * 10000), 2700, Math.max(0, Math.round(((right - left) / 640) * 10000)), 6100];
}
