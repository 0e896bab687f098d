// The live view: a request that the owner key signs, an answer that the camera's event key signs, and between the two
// a WebRTC connection whose DTLS certificates both have named. The cloud relays and can neither change nor authorise it.

import { type Bytes, equal, fromHex, hex, sha256, uuid } from "./bytes.ts";
import * as cbor from "./cbor.ts";
import type { Issuer } from "./certificate.ts";
import { FrameAssembler, type LiveFrame } from "./chunks.ts";
import type { OwnerKeys } from "./owner.ts";
import { check, maxStatement, parse, sign } from "./statement.ts";
import type { Gate } from "./verify.ts";

const maxSdp = 16384; // bytes
const gatheringMs = 3000;

export interface Camera {
  readonly device: Bytes;
  readonly issuer?: Issuer; // of its event certificate, if that is not who asks
  readonly epoch: bigint;
  readonly number: number; // of the device's cameras, from 0
}

/** ViewerRequest is what the answer has to fit. */
export interface ViewerRequest {
  readonly raw: Bytes;
  readonly nonce: Bytes;
  readonly camera: Camera;
}

export interface ViewerAnswer {
  readonly sdp: string;
}

/** Refused is the camera's own signed word that it does not show itself. */
export class Refused extends Error {}

/** fingerprint returns the one SHA-256 that an SDP names for its DTLS certificate (RFC 8122). */
export function fingerprint(sdp: string): Bytes {
  const found = [...sdp.matchAll(/^a=fingerprint:(\S+) (\S+)\r?$/gim)];
  const values = new Set(found.map((m) => `${m[1]!.toLowerCase()} ${m[2]!.toLowerCase()}`));
  const only = [...values][0];
  if (values.size !== 1 || !only?.startsWith("sha-256 ")) throw new Error("live: the SDP does not name exactly one SHA-256 fingerprint");
  const digest = fromHex(only.slice("sha-256 ".length).replaceAll(":", ""));
  if (digest.length !== 32) throw new Error("live: the fingerprint is not a SHA-256");
  return digest;
}

/** makeRequest signs an SDP offer for one camera and one ownership; it is valid for 30 s from `now`. */
export async function makeRequest(keys: OwnerKeys, camera: Camera, sdp: string, now = Date.now()): Promise<ViewerRequest> {
  if (new TextEncoder().encode(sdp).length > maxSdp) throw new Error("live: the SDP is too long");
  const nonce = crypto.getRandomValues(new Uint8Array(16));
  const body = new Map<cbor.Value, cbor.Value>([
    [0, 1],
    [1, camera.device],
    [2, camera.epoch],
    [3, nonce],
    [4, now],
    [5, sdp],
    [6, fingerprint(sdp)],
    [7, keys.spki],
    [8, camera.number],
  ]);
  return { raw: await sign(body, "signet/v1 viewer-request", keys.id, keys.signing), nonce, camera };
}

interface AnswerBody {
  readonly device: Bytes;
  readonly epoch: bigint;
  readonly nonce: Bytes;
  readonly request: Bytes;
  readonly connection?: { readonly sdp: string; readonly fingerprint: Bytes };
  readonly refusal?: string;
}

/** parseAnswer returns what the event key of the certificate that the answer names has signed. */
export async function parseAnswer(raw: Bytes, gate: Pick<Gate, "certificate">, issuer?: Issuer): Promise<AnswerBody> {
  const statement = parse(raw, maxStatement);
  if (statement.signer.by !== "x5t") throw new Error("live: the answer does not name its event certificate");
  const certificate = await gate.certificate(hex(statement.signer.x5t), issuer);
  if (!(await check(statement, "signet/v1 viewer-answer", certificate.key)))
    throw new Error("live: the answer's signature does not verify");
  const f = cbor.fields(cbor.decode(statement.payload, maxStatement), "answer", [0, 1, 2, 3, 4], [5, 6, 7]);
  if (f.get(0) !== 1) throw new Error("live: the answer's format is not spoken here");
  const device = cbor.bytes(f.get(1), "device", 16);
  const epoch = cbor.uint(f.get(2), "epoch");
  if (!equal(device, certificate.device) || epoch !== certificate.epoch) throw new Error("live: the answer is not its certificate's");
  const body = { device, epoch, nonce: cbor.bytes(f.get(3), "nonce", 16), request: cbor.bytes(f.get(4), "request", 32) };
  if (f.has(7)) {
    if (f.has(5) || f.has(6)) throw new Error("live: both an answer and a refusal");
    return { ...body, refusal: cbor.someWords(f.get(7), "refusal") };
  }
  const sdp = cbor.text(f.get(5), "SDP", maxSdp);
  if (sdp === "") throw new Error("live: neither an answer nor a refusal");
  return { ...body, connection: { sdp, fingerprint: cbor.bytes(f.get(6), "fingerprint", 32) } };
}

/** readAnswer believes an answer only from the very camera, to the very request, with the certificate that its SDP names. */
export async function readAnswer(raw: Bytes, request: ViewerRequest, gate: Pick<Gate, "certificate">): Promise<ViewerAnswer> {
  const answer = await parseAnswer(raw, gate, request.camera.issuer);
  if (!equal(answer.device, request.camera.device) || answer.epoch !== request.camera.epoch) {
    throw new Error(`live: camera ${uuid(answer.device)} answered instead`);
  }
  if (!equal(answer.nonce, request.nonce) || !equal(answer.request, await sha256(request.raw))) {
    throw new Error("live: the answer is to another request");
  }
  if (answer.refusal !== undefined) throw new Refused(answer.refusal);
  const { sdp, fingerprint: signed } = answer.connection!;
  if (!equal(fingerprint(sdp), signed)) throw new Error("live: the SDP names another DTLS certificate than the answer");
  return { sdp };
}

export interface LiveHandlers {
  frame(frame: LiveFrame): void; // MJPEG
  track(stream: MediaStream): void; // H.264
  state(state: RTCPeerConnectionState): void;
}

/** connect opens the connection; aborting the signal closes it. */
export async function connect(
  keys: OwnerKeys,
  gate: Gate,
  camera: Camera,
  post: (request: Bytes) => Promise<Bytes>,
  on: LiveHandlers,
  signal: AbortSignal,
): Promise<void> {
  const pc = new RTCPeerConnection();
  signal.addEventListener("abort", () => pc.close());
  pc.addEventListener("connectionstatechange", () => on.state(pc.connectionState));
  pc.addEventListener("track", (event) => on.track(event.streams[0] ?? new MediaStream([event.track])));
  const channel = pc.createDataChannel("mjpeg", { ordered: false, maxRetransmits: 0 });
  channel.binaryType = "arraybuffer";
  const assembler = new FrameAssembler();
  channel.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (!(event.data instanceof ArrayBuffer)) return;
    const frame = assembler.push(new Uint8Array(event.data));
    if (frame) on.frame(frame);
  });
  pc.addTransceiver("video", { direction: "recvonly" });
  try {
    await pc.setLocalDescription(await pc.createOffer());
    await gathered(pc);
    const request = await makeRequest(keys, camera, pc.localDescription!.sdp);
    const answer = await readAnswer(await post(request.raw), request, gate);
    await pc.setRemoteDescription({ type: "answer", sdp: answer.sdp });
  } catch (err) {
    pc.close();
    throw err;
  }
}

/** gathered waits until all candidates are in the description, or for long enough. */
function gathered(pc: RTCPeerConnection): Promise<void> {
  return new Promise((resolve) => {
    if (pc.iceGatheringState === "complete") return resolve();
    const timer = setTimeout(resolve, gatheringMs);
    pc.addEventListener("icegatheringstatechange", () => {
      if (pc.iceGatheringState !== "complete") return;
      clearTimeout(timer);
      resolve();
    });
  });
}
