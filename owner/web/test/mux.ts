// Writes clip parts as the camera does: fragmented MP4 with one MJPEG track (ISO/IEC 14496-12 and -1), by hand, so that
// the page's reader is not tested against itself.

const text = (s: string) => Buffer.from(s, "latin1");
const u8 = (...n: number[]) => Buffer.from(n);
const u16 = (n: number) => u8(n >> 8, n & 255);
const u32 = (n: number) => u8(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
const u64 = (n: number) => Buffer.concat([u32(Math.floor(n / 2 ** 32)), u32(n % 2 ** 32)]);
const zeros = (n: number) => Buffer.alloc(n);

export function box(type: string, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([u32(8 + body.length), text(type), body]);
}

const matrix = Buffer.concat([u32(0x10000), zeros(12), u32(0x10000), zeros(12), u32(0x40000000)]);

function esds(): Buffer {
  const config = Buffer.concat([u8(0x6c, 0x11), zeros(3), u32(1000000), u32(1000000)]);
  const decoder = Buffer.concat([u8(4, 0x80, 0x80, 0x80, config.length), config]);
  const stream = Buffer.concat([u16(1), u8(0), decoder, u8(6, 0x80, 0x80, 0x80, 1, 2)]);
  return box("esds", zeros(4), u8(3, 0x80, 0x80, 0x80, stream.length), stream);
}

export function header(width: number, height: number, timescale: number): Buffer {
  const entry = box("mp4v", zeros(6), u16(1), zeros(16), u16(width), u16(height), u32(0x480000), u32(0x480000), zeros(4), u16(1), zeros(32), u16(24), u16(0xffff), esds());
  const stbl = box("stbl", box("stsd", zeros(4), u32(1), entry), box("stts", zeros(8)), box("stsc", zeros(8)), box("stsz", zeros(12)), box("stco", zeros(8)));
  const minf = box("minf", box("vmhd", u32(1), zeros(8)), box("dinf", box("dref", zeros(4), u32(1), box("url ", u32(1)))), stbl);
  const mdia = box("mdia", box("mdhd", zeros(12), u32(timescale), zeros(4), u16(0x55c4), zeros(2)), box("hdlr", zeros(8), text("vide"), zeros(12), text("VideoHandler\0")), minf);
  const tkhd = box("tkhd", u32(3), zeros(8), u32(1), zeros(20), zeros(4), matrix, u32(width << 16), u32(height << 16));
  const mvhd = box("mvhd", zeros(12), u32(1000), zeros(4), u32(0x10000), u16(0x100), zeros(10), matrix, zeros(24), u32(2));
  return Buffer.concat([
    box("ftyp", text("mp42"), u32(1), text("mp41mp42isomhlsf")),
    box("moov", mvhd, box("trak", tkhd, mdia), box("mvex", box("trex", zeros(4), u32(1), u32(1), zeros(12)))),
  ]);
}

/** part makes a self-contained part of frames that last `frameMs` each. */
export function part(frames: Uint8Array[], frameMs: number, baseMs: number, size = { width: 640, height: 360 }): Uint8Array<ArrayBuffer> {
  const timescale = 90000;
  const duration = (frameMs * timescale) / 1000;
  const moof = (offset: number) =>
    box(
      "moof",
      box("mfhd", zeros(4), u32(1)),
      box(
        "traf",
        box("tfhd", u32(0x020000), u32(1)),
        box("tfdt", u32(0x01000000), u64((baseMs * timescale) / 1000)),
        box("trun", u32(0x01000301), u32(frames.length), u32(offset), ...frames.flatMap((f) => [u32(duration), u32(f.length)])),
      ),
    );
  const offset = moof(0).length + 8;
  return new Uint8Array(Buffer.concat([header(size.width, size.height, timescale), moof(offset), box("mdat", ...frames)]));
}
