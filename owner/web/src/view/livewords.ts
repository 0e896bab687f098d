// What is said where a camera cannot be seen live.

import { Refused } from "../live.ts";
import { CloudError } from "../session.ts";

export const patienceMs = 15_000; // for the first picture
export const noPicture = "The camera answered, but no picture came. Is it in another network?";
export const noConnection = "The connection to the camera failed. Is it in another network?";

export function explain(err: unknown): string {
  if (err instanceof Refused) return `The camera refuses: ${err.message}`;
  if (err instanceof CloudError && err.status === 404) return "The camera is not connected to the cloud.";
  if (err instanceof CloudError && err.status === 504) return "The camera does not answer.";
  return err instanceof Error ? err.message : String(err);
}
