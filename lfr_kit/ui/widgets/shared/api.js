// What the browser asks of the server, with the visitor's own session.

/** Where the server's routes begin. */
export function root() {
  return `${document.body.dataset.baseUrl || "/"}lfr/`;
}

/** Why the server did not do what it was asked. */
export class Refusal extends Error {
  constructor(status, { kind = "", message = "", findings = [] }) {
    super(message || `The server answered ${status}.`);
    this.status = status;
    this.kind = kind;
    this.findings = findings || [];
  }

  get isSignedOut() {
    return this.status === 401;
  }

  get isConflict() {
    return this.status === 409;
  }

  get isNoConnection() {
    return this.status === 0;
  }
}

function csrf() {
  const found = document.cookie.match(/(?:^|; )_xsrf=([^;]*)/);
  return found ? decodeURIComponent(found[1]) : "";
}

async function refusalOf(answer) {
  const told = await answer.json().catch(() => ({}));
  return new Refusal(answer.status, told.error || {});
}

let reason = "";
/** Why the visitor looks, where they are not on duty: sent with each request, kept by the audit log. */
export function setReason(text) {
  reason = text;
}

async function ask(path, request) {
  const headers = { ...request.headers, ...(reason && { "X-LFR-Reason": encodeURIComponent(reason) }) };
  let answer;
  try {
    answer = await fetch(root() + path, { credentials: "same-origin", cache: "no-store", ...request, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refusal(0, { kind: "NoConnection", message: "The server cannot be reached. Nothing was sent; try again." });
  }
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

async function read(answer) {
  return answer.status === 204 ? {} : answer.json();
}

export async function get(path) {
  return read(await ask(path, { headers: { Accept: "application/json" } }));
}

export async function post(path, given = {}) {
  const headers = { "Content-Type": "application/json", "X-XSRFToken": csrf() };
  return read(await ask(path, { method: "POST", headers, body: JSON.stringify(given) }));
}

export async function put(path, bytes) {
  const headers = { "Content-Type": "application/octet-stream", "X-XSRFToken": csrf() };
  return read(await ask(path, { method: "PUT", headers, body: bytes }));
}

export async function remove(path) {
  return read(await ask(path, { method: "DELETE", headers: { "X-XSRFToken": csrf() } }));
}

/** A picture as an address within this page; `URL.revokeObjectURL` lets it go. */
export async function picture(path) {
  const answer = await ask(path, { headers: { Accept: "image/*" } });
  return URL.createObjectURL(await answer.blob());
}

/** Asks for something to be made, and takes what comes as a blob: kept by this page only. */
export async function take(path, given) {
  const headers = { "Content-Type": "application/json", "X-XSRFToken": csrf() };
  const answer = await ask(path, { method: "POST", headers, body: JSON.stringify(given) });
  const named = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "");
  return { blob: await answer.blob(), name: named ? named[1] : "" };
}

/** A part of an address. */
export function part(text) {
  return encodeURIComponent(text);
}
