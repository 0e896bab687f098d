// The dialogs that are open, so that what becomes known meanwhile shows in them too.

import type { Loader } from "../loader.ts";
import type { Owning } from "../owning.ts";
import type { Camera, Moment } from "../story.ts";
import { AboutView } from "./about.ts";
import { ClaimView } from "./claimview.ts";
import { Player } from "./player.ts";

export class Dialogs {
  private player: { moment: Moment; view: Player } | undefined;
  private about: { camera: Camera; view: AboutView } | undefined;
  private claim: ClaimView | undefined;

  constructor(
    private readonly owning: Owning,
    private readonly loader: Loader,
  ) {}

  /** play opens the clip of an event. */
  play(moment: Moment, name: string, closed: () => void): void {
    const view = new Player(moment, name, moment.camera.owner === this.owning.owner.id, this.loader, () => {
      this.player = undefined;
      closed();
    });
    this.player = { moment, view };
    view.open();
  }

  /** showAbout opens what is known of a camera; `find` looks further back for how it was claimed. */
  showAbout(camera: Camera, own: boolean, find: () => Promise<void>): void {
    const view = new AboutView(camera, this.owning.holdings, own, find, () => (this.about = undefined));
    this.about = { camera, view };
    view.open();
  }

  addCamera(): void {
    if (this.claim) return;
    this.claim = new ClaimView(this.owning, () => (this.claim = undefined));
    void this.claim.open();
  }

  /** update writes what is shown of a camera or of an event anew. */
  update(of: Camera | Moment): void {
    if (this.player?.moment === of) this.player.view.update();
    if (this.about?.camera === of) this.about.view.update();
  }

  /** shut closes the clip of an event that is to be seen no more. */
  shut(moment: Moment): void {
    if (this.player?.moment === moment) this.player.view.shut();
  }
}
