// Types of events: short names of what is on the wire, such as streetcase.case.confirmed.v1.

import type { components } from "../api/schema";

export type EventType = components["schemas"]["EventType"];

const keys = {
  "streetcase.case.confirmed.v1": "confirmed",
  "streetcase.case.returned.v1": "returned",
  "streetcase.case.status_changed.v1": "status_changed",
  "streetcase.case.supplemented.v1": "supplemented",
  "streetcase.case.withdrawn.v1": "withdrawn",
  "streetcase.test.v1": "test",
} as const satisfies Record<EventType, string>;

export const eventTypes = Object.keys(keys) as EventType[];

export const eventKey = (type: EventType) => keys[type];
