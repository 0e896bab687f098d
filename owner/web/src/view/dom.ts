// Making elements. Text always becomes a text node: nothing that anybody has sent is ever read as HTML.

type Attribute = string | number | boolean | undefined | ((event: Event) => void);
export type Child = Node | string | null | undefined | false;

/** el makes an HTML element. Attributes that start with "on" are listeners; `true` is an empty attribute. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Attribute> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  dress(element, attributes);
  element.append(...present(children));
  return element;
}

const svgNamespace = "http://www.w3.org/2000/svg";

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, Attribute> = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(svgNamespace, tag);
  dress(element, attributes);
  element.append(...present(children));
  return element;
}

/** icon draws one path in a box of 24. */
export function icon(path: string): SVGElement {
  return svg("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true" }, svg("path", { d: path }));
}

export const icons = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  close: "M6 6l12 12M18 6L6 18",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  shield: "M12 3l7 3v5c0 4.5-3 8-7 10-4-2-7-5.5-7-10V6z",
  seal: "M12 3l7 3v5c0 4.5-3 8-7 10-4-2-7-5.5-7-10V6zM8.5 12l2.5 2.5L15.5 10",
  key: "M12 15a4 4 0 1 1-8 0 4 4 0 0 1 8 0zM11 12l8-8M15 8l3 3",
  boxes: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M9 9h6v6H9z",
  down: "M12 4v11M7 11l5 5 5-5M5 20h14",
  live: "M4 7h11v10H4zM15 11l5-3v8l-5-3",
  stop: "M7 7h10v10H7z",
  add: "M12 5v14M5 12h14",
  zones: "M4 8l9-4 7 6-3 10-11-2z",
  undo: "M9 6L4 11l5 5M4 11h10a5 5 0 0 1 0 10h-2",
  shot: "M4 8h4l2-3h4l2 3h4v11H4zM12 10.2a3.2 3.2 0 1 0 0 6.4 3.2 3.2 0 0 0 0-6.4z",
  bin: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13",
  done: "M5 13l4 4L19 7",
  about: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 7.5v.5",
} as const;

/** everyFrame calls back with each frame that a video shows, or a few times a second where the browser cannot tell. */
export function everyFrame(video: HTMLVideoElement, call: () => void, signal?: AbortSignal): void {
  if (!("requestVideoFrameCallback" in video)) {
    (video as HTMLVideoElement).addEventListener("timeupdate", call, signal ? { signal } : {});
    return;
  }
  const step = (): void => {
    if (signal?.aborted) return;
    call();
    video.requestVideoFrameCallback(step);
  };
  video.requestVideoFrameCallback(step);
}

/** setText writes only what changed, so that a screen reader is not told twice. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

function dress(element: Element, attributes: Record<string, Attribute>): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function present(children: Child[]): (Node | string)[] {
  return children.filter((c): c is Node | string => c !== null && c !== undefined && c !== false);
}
