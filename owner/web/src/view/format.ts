// How times, lengths and sizes are told.

import type { CameraFacts } from "../facts.ts";
import type { VideoFormat } from "../lenses.ts";

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const fullDate = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric" });
const shortDate = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });

export function timeOfDay(ms: number): string {
  return safe(ms, (d) => clock.format(d));
}

export function date(ms: number): string {
  return safe(ms, (d) => fullDate.format(d));
}

const shortTime = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });

export function dateAndTime(ms: number): string {
  return safe(ms, (d) => shortTime.format(d));
}

export function isoTime(ms: number): string {
  return safe(ms, (d) => d.toISOString());
}

/** dayKey orders and groups days of the reader's time zone. */
export function dayKey(ms: number): string {
  return safe(ms, (d) => `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`);
}

export function dayName(ms: number, now = Date.now()): string {
  if (dayKey(ms) === dayKey(now)) return "Today";
  if (dayKey(ms) === dayKey(now - 86_400_000)) return "Yesterday";
  return safe(ms, (d) => (d.getFullYear() === new Date(now).getFullYear() ? shortDate : fullDate).format(d));
}

/** length tells a duration: "4 s", "1 min 12 s", "2 h 5 min". */
export function length(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return s % 60 === 0 ? `${s / 60} min` : `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** playTime tells a place in a clip: "0:07"; rounded as lengths are, so that the two agree. */
export function playTime(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}

const formats: Record<string, string> = { MJPG: "MJPEG", H264: "H.264" }; // by FourCC

/** pictureOf tells what a camera records. Its facts are of the stream in which motion is looked for; H.264 is one beside. */
export function pictureOf(facts: CameraFacts | undefined, video: VideoFormat | undefined): string {
  if (!facts) return video ?? "";
  const size = `${facts.width}×${facts.height}`;
  const rate = facts.fps > 0 ? `${Math.round(facts.fps * 10) / 10}\u00a0frames/s` : "";
  const own = formats[facts.format] ?? facts.format;
  if (video === "H.264" && own !== video) return `${video} · motion looked for in ${[size, rate].filter(Boolean).join(", ")}`;
  return [size, video ?? own, rate].filter(Boolean).join(" · ");
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

export function sentence(text: string): string {
  return text === "" ? text : text[0]!.toUpperCase() + text.slice(1);
}

export function shortId(hex: string): string {
  return hex.slice(0, 12);
}

/** safe keeps a camera's nonsense from throwing: dates end at 8.64e15 ms. */
function safe(ms: number, format: (d: Date) => string): string {
  const d = new Date(ms);
  return Number.isNaN(d.getTime()) ? "at an unknown time" : format(d);
}
