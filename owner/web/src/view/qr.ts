// QR codes (ISO/IEC 18004) to be shown or printed: black on white whatever the theme, with the quiet zone that readers want.

import encodeQR from "qr";
import { svg } from "./dom.ts";

const quietZone = 4; // modules, as the standard has it
const alphanumeric = /^[0-9A-Z $%*+\-./:]*$/;

export type Correction = "low" | "medium" | "quartile" | "high"; // 7, 15, 25, 30 % of the code may be damaged

/** qrCode draws text as one path, as large as its box. Text in capitals and digits gives a smaller code than other text. */
export function qrCode(text: string, label: string, ecc: Correction = "medium"): SVGSVGElement {
  const encoding = alphanumeric.test(text) ? "alphanumeric" : "byte";
  const modules = encodeQR(text, "raw", { ecc, encoding, border: quietZone });
  const size = modules.length;
  let path = "";
  for (const [y, row] of modules.entries()) {
    for (let x = 0; x < size; x++) {
      const from = x;
      while (row[x]) x++;
      if (x > from) path += `M${from} ${y}h${x - from}v1H${from}z`;
    }
  }
  return svg(
    "svg",
    { class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    svg("rect", { width: size, height: size, fill: "#fff" }),
    svg("path", { d: path, fill: "#000" }),
  );
}
