// Pictures on their way to the server, a megabyte at a time, so that a large one neither gets lost nor stalls others.

import { get, part, post, put, remove } from "./api.js";

const CHUNK_BYTES = 1 << 20;
const TRIES = 4;
const STEP_MS = 600;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Sends a part again where the connection broke; what was received already is passed over there. */
async function putLasting(path, bytes) {
  for (let i = 1; ; i += 1) {
    try {
      return await put(path, bytes);
    } catch (error) {
      if (!error.isNoConnection || i === TRIES) throw error;
      await pause(400 * 2 ** i);
    }
  }
}

/**
 * Sends a picture; what the server has of it already is not sent again, and what it has lost is.
 *
 * @param {string} watchlistId
 * @param {File} file
 * @param {object} given
 * @param {string} [given.uploadId] of an upload that was broken off
 * @param {boolean} [given.isAnew] whether the server had lost it once
 * @param {(uploadId: string) => void} given.onBegun
 * @param {(share: number) => void} given.onProgress
 * @param {AbortSignal} given.signal ends it; what was received is let go
 */
export async function uploaded(watchlistId, file, given) {
  const begun = (await underWay(given.uploadId)) || (await post(`api/watchlists/${part(watchlistId)}/uploads`, { name: file.name, size: file.size }));
  given.onBegun(begun.upload_id);
  try {
    await sendRest(begun, file, given);
  } catch (error) {
    if (error.status !== 404 || given.isAnew || given.signal.aborted) throw error;
    await uploaded(watchlistId, file, { ...given, uploadId: "", isAnew: true });
  }
}

/** How far an upload is; null where the server knows none, or no longer. */
async function underWay(uploadId) {
  if (!uploadId) return null;
  return get(`api/uploads/${part(uploadId)}`).catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });
}

async function sendRest(begun, file, { onProgress, signal }) {
  const chunk = begun.chunk_bytes || CHUNK_BYTES;
  for (let offset = begun.received || 0; offset < file.size && !signal.aborted; offset += chunk) {
    await putLasting(`api/uploads/${part(begun.upload_id)}?offset=${offset}`, file.slice(offset, offset + chunk));
    onProgress(Math.min(1, (offset + chunk) / file.size));
  }
  if (signal.aborted) forgotten(begun.upload_id);
}

/** Lets a picture go that is not wanted any more; where that is not heard, it goes after ten minutes. */
export function forgotten(uploadId) {
  return remove(`api/uploads/${part(uploadId)}`).catch(() => {});
}

/** Has an uploaded picture imported: the answer comes when it is, meanwhile the upload tells what is being done. */
export async function imported(uploadId, fields, onStep) {
  let isDone = false;
  const asking = post(`api/uploads/${part(uploadId)}/finish`, { fields }).finally(() => {
    isDone = true;
  });
  const watch = async () => {
    while (!isDone) {
      await pause(STEP_MS);
      const told = isDone ? {} : await get(`api/uploads/${part(uploadId)}`).catch(() => ({}));
      if (!isDone && told.state) onStep(`Being added: ${told.step || "waiting"}`);
    }
  };
  watch();
  return (await asking).report;
}
