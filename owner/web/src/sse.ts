// Server-sent events (WHATWG HTML, section 9.2), read from a fetch: EventSource cannot send an Authorization header.

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
  readonly id: string;
}

const maxEvent = 1 << 20; // characters of one event

/** EventReader turns pieces of text into events. It throws when an event grows beyond what the cloud ever sends. */
export class EventReader {
  private rest = "";
  private event = "";
  private data: string[] = [];
  private id = "";
  private size = 0;

  push(piece: string): ServerEvent[] {
    const text = this.rest + piece;
    // A CR at the very end may be half of a CRLF: it waits for the next piece.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop()!;
    if (this.rest.length > maxEvent) throw new Error("event stream: endless line");
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const event = this.line(line);
      if (event) events.push(event);
    }
    return events;
  }

  private line(line: string): ServerEvent | null {
    if (line === "") {
      const event = this.data.length > 0 ? { event: this.event || "message", data: this.data.join("\n"), id: this.id } : null;
      this.event = "";
      this.data = [];
      this.size = 0;
      return event;
    }
    this.size += line.length;
    if (this.size > maxEvent) throw new Error("event stream: endless event");
    const colon = line.indexOf(":");
    if (colon === 0) return null; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") this.event = value;
    else if (field === "data") this.data.push(value);
    else if (field === "id") this.id = value;
    return null;
  }
}
