// The dialogs that are open, so that what becomes known meanwhile shows in them too.

import type { Loader } from "../loader.ts";
import type { Owning } from "../owning.ts";
import type { Camera, Moment } from "../story.ts";
import type { Zone } from "../zone.ts";
import { AboutView } from "./about.ts";
import { ClaimView } from "./claimview.ts";
import { Player } from "./player.ts";
import type { Sights } from "./sight.ts";
import { WatchingView } from "./watching.ts";

export class Dialogs {
  private player: { moment: Moment; view: Player } | undefined;
  private about: { camera: Camera; view: AboutView } | undefined;
  private watching: { camera: Camera; view: WatchingView } | undefined;
  private claim: ClaimView | undefined;

  constructor(
    private readonly owning: Owning,
    private readonly sights: Sights & { readonly loader: Loader },
  ) {}

  /** play opens the clip of an event. */
  play(moment: Moment, name: string, closed: () => void): void {
    const own = moment.camera.owner === this.owning.owner.id;
    const zones = (): readonly Zone[] => (own && this.owning.holdings.of(moment.camera.device)?.settings.cameras.get(moment.lens ?? -1)?.zones) || [];
    const view = new Player(moment, name, own, this.sights.loader, zones, () => {
      this.player = undefined;
      closed();
    });
    this.player = { moment, view };
    view.open();
  }

  /** showAbout opens what is known of a camera; `find` looks further back for how it was claimed. */
  showAbout(camera: Camera, own: boolean, find: () => Promise<void>): void {
    const view = new AboutView(camera, this.owning.holdings, own, find, (lens) => this.showWatching(camera, lens), () => (this.about = undefined));
    this.about = { camera, view };
    view.open();
  }

  /** showWatching opens what one lens of a camera watches. */
  private showWatching(camera: Camera, lens: number): void {
    const view = new WatchingView(camera, lens, this.owning.holdings, this.sights, () => (this.watching = undefined));
    this.watching = { camera, view };
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
    if (this.watching?.camera === of) this.watching.view.update();
  }

  /** shut closes the clip of an event that is to be seen no more. */
  shut(moment: Moment): void {
    if (this.player?.moment === moment) this.player.view.shut();
  }
}
