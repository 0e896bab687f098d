// A camera that its owner has claimed, for tests: with its policy, its certificate and the offer in which its settings key is.

import { decode } from "../src/cbor.ts";
import { hex, uuid } from "../src/bytes.ts";
import { grant } from "../src/grant.ts";
import { parseOffer } from "../src/offer.ts";
import { type Policy, signPolicy } from "../src/policy.ts";
import { recipientOf, toX25519 } from "../src/recipient.ts";
import { type CameraSettings, sealSettings } from "../src/settings.ts";
import { parse } from "../src/statement.ts";
import type { FakeCloud } from "./cloud.ts";
import { type Offered, TestDevice, type TestFleet } from "./device.ts";
import { random, type TestCamera, type TestOwner } from "./kit.ts";
import type { Stage } from "./stage.ts";

export interface Claimed {
  readonly device: TestDevice;
  readonly camera: TestCamera;
  readonly offered: Offered;
  readonly policy: Policy;
}

/** openHouse gives the cloud its fleet. */
export function openHouse(cloud: FakeCloud, fleet: TestFleet): void {
  cloud.fleet = hex(fleet.hash);
  cloud.office.fleet = fleet.der;
}

/** claim has a new device be claimed by the owner, and its cameras tell their names. */
export async function claim(stage: Stage, fleet: TestFleet, owner: TestOwner, name: string | string[], level?: string): Promise<Claimed> {
  const { cloud } = stage;
  const device = await TestDevice.make(fleet, random(16), level);
  const offered = await device.offer({ owner: owner.keys.id }, random(16));
  const { raw, policy } = await grant({ keys: owner.keys, root: owner.rootDer }, await parseOffer(offered.raw, fleet.fleet), { recipients: [owner.recipient], viewers: [] });
  const certificate = new Uint8Array((decode(parse(raw, 65536).payload, 65536) as Map<number, Uint8Array<ArrayBuffer>>).get(5)!);
  const camera = device.camera(owner, 1n, offered, certificate);
  cloud.certificates.set(hex(await camera.x5t()), certificate);
  cloud.office.policies.push(policy.raw);
  cloud.deliver(await device.claimed(camera, offered));
  await stage.send(camera, await camera.online(name, false));
  cloud.setPresence(uuid(device.id), true);
  return { device, camera, offered, policy };
}

/** setCamera signs a policy that sets the first camera of a device. */
export async function setCamera({ offered, policy, camera: { owner } }: Claimed, settings: CameraSettings, version: bigint): Promise<Uint8Array<ArrayBuffer>> {
  const sealed = await sealSettings({ cameras: new Map([[0, settings]]), viewers: new Map() }, toX25519(await recipientOf(offered.settings.privateKey)), owner.recipient);
  return signPolicy({ ...policy, version, settings: sealed! }, owner.keys);
}
